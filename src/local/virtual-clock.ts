/** A clock that stands still until it is told to go on: for tests of what takes hours. */

import type { Clock } from "../backend/clock.ts";
import { type Duration, durationMs, type Instant, instantMs } from "../task/duration.ts";
import { Heap, type Slotted } from "./heap.ts";

interface VirtualTimer extends Slotted {
  /** In the time that has passed on this clock, whatever it shows. */
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

/** Where a clock begins that is not told: New Year of 2025, UTC. */
const START = Date.UTC(2025, 0, 1);

/** Taken when this is loaded: a test may replace the global by one that stands still, too. */
const turn: (task: () => void) => unknown =
  (globalThis as { setImmediate?: (task: () => void) => unknown }).setImmediate ?? ((task) => setTimeout(task, 0));

/** A store that gathers what one turn of the event loop does takes a few turns to answer. */
const TURNS = 4;

/** Lets every promise that can settle do so, with all that follows from it. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < TURNS; turns++) await new Promise<void>((resolve) => turn(resolve));
}

/**
 * Time by hand. Give it to a backend and to its worker, then let it go on.
 *
 * @example
 * const clock = new VirtualClock();
 * const emails = new MemoryStorage<Email>("emails", { clock });
 * await emails.pushTask(task(email).runIn("10m"));
 * await clock.advance("10m");
 */
export class VirtualClock implements Clock {
  readonly #timers = new Heap<VirtualTimer>((a, b) => a.at - b.at || a.order - b.order);
  #passed = 0;
  /** What it shows when nothing has passed. */
  #start: number;
  #order = 0;
  #running: Promise<unknown> = Promise.resolve();

  /** @param start what it shows at first */
  constructor(start: Instant = START) {
    this.#start = instantMs(start, "start");
  }

  now(): number {
    return this.#start + this.#passed;
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  timer(ms: number, task: () => void): () => void {
    const at = this.#passed + (Math.max(0, ms) || 0);
    const timer: VirtualTimer = { at, order: this.#order++, task, slot: -1 };
    this.#timers.add(timer);
    return () => {
      if (timer.slot >= 0) this.#timers.remove(timer);
    };
  }

  /**
   * Lets time pass: runs the timers that are due by then, in order, each at its own time, and lets promises settle after
   * each. What takes real time, as a file does, is not waited for.
   */
  advance(duration: Duration): Promise<void> {
    const ms = durationMs(duration, "duration");
    const run = this.#running.then(() => this.#advance(ms));
    this.#running = run.catch(() => undefined);
    return run;
  }

  /**
   * Moves the clock at one stroke, as when a laptop was asleep: timers that were due in between run late, when time goes
   * on. A negative number sets it back, which no timer notices.
   */
  jump(ms: number): void {
    if (ms < 0) this.#start += ms;
    else this.#passed += ms;
  }

  async #advance(ms: number): Promise<void> {
    await settled();
    const end = this.#passed + ms;
    for (let timer = this.#timers.first; timer && timer.at <= end; timer = this.#timers.first) {
      this.#timers.remove(timer);
      this.#passed = Math.max(this.#passed, timer.at);
      timer.task();
      await settled();
    }
    this.#passed = Math.max(this.#passed, end);
    await settled();
  }
}
