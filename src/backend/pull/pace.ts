/** When a feed polls next. */

import { RETRY_PAUSE_MS } from "../../limits.ts";
import type { Clock } from "../clock.ts";
import type { WorkerContext } from "../context.ts";
import type { PollStrategy } from "../poll-strategy.ts";

export interface Pace {
  /** Whether a poll may be sent now. */
  readonly isReady: boolean;
  /** Whether polls are held until there is a task. */
  readonly holds: boolean;
  /** Begins. */
  start(): void;
  /** A poll was answered with so many tasks; `wasHeld`: it could have been held for longer than it took. */
  polled(count: number, wasHeld: boolean, tookMs: number): void;
  stop(): void;
}

export interface PacePorts {
  readonly worker: WorkerContext;
  readonly clock: Clock;
  /** It is ready. */
  readonly ready: () => void;
  /** There will be no more polls: the strategy has ended, or failed. */
  readonly over: (failure?: { readonly error: unknown }) => void;
}

export const paceOf = (strategy: PollStrategy | undefined, ports: PacePorts): Pace =>
  strategy ? new Ticked(strategy, ports) : new Held(ports);

/** Poll after poll, each held by the queue. */
class Held implements Pace {
  readonly #ports: PacePorts;
  readonly holds = true;
  isReady = true;
  #cancel: (() => void) | undefined;

  constructor(ports: PacePorts) {
    this.#ports = ports;
  }

  start(): void {}

  /** A queue that does not hold a poll must not be asked all the time. */
  polled(count: number, wasHeld: boolean, tookMs: number): void {
    if (count > 0 || !wasHeld || tookMs >= RETRY_PAUSE_MS) return;
    this.isReady = false;
    this.#cancel = this.#ports.clock.timer(RETRY_PAUSE_MS, () => {
      this.isReady = true;
      this.#ports.ready();
    });
  }

  stop(): void {
    this.#cancel?.();
  }
}

/** A poll at each tick of a strategy. A tick that cannot be followed at once waits. */
class Ticked implements Pace {
  readonly #strategy: PollStrategy;
  readonly #ports: PacePorts;
  readonly #controller = new AbortController();
  readonly holds = false;
  isReady = false;
  #ticks: AsyncIterator<unknown> | undefined;
  #prevCount = 0;

  constructor(strategy: PollStrategy, ports: PacePorts) {
    this.#strategy = strategy;
    this.#ports = ports;
  }

  start(): void {
    const { worker, clock } = this.#ports;
    const count = () => this.#prevCount;
    const context = {
      worker,
      clock,
      signal: this.#controller.signal,
      get prevCount() {
        return count();
      },
    };
    void this.#guarded(() => {
      this.#ticks = this.#strategy.ticks(context)[Symbol.asyncIterator]();
    }).then(() => this.#ask());
  }

  polled(count: number): void {
    this.#prevCount = count;
    this.isReady = false;
    void this.#ask();
  }

  /** Nobody waits for the strategy to end: it may be in the middle of something that never does. */
  stop(): void {
    this.#controller.abort();
    void this.#guarded(() => this.#ticks?.return?.());
  }

  async #ask(): Promise<void> {
    await this.#guarded(async () => {
      const tick = await this.#ticks?.next();
      if (!tick || this.#controller.signal.aborted) return;
      if (tick.done) this.#ports.over();
      else {
        this.isReady = true;
        this.#ports.ready();
      }
    });
  }

  async #guarded(work: () => unknown): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#controller.signal.aborted) this.#ports.over({ error });
    }
  }
}
