/** Polls by a strategy, and remembers when. */

import type { PollContext, PollStrategy } from "../../../src/backend/poll-strategy.ts";
import type { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { FakeWorker } from "../../support/fake-worker.ts";

/** Polls as a feed does: asks for the next tick once a poll was answered. */
export class Poller {
  readonly at: number[] = [];
  /** What the next polls bring; nothing when it is used up. */
  readonly brings: number[];
  ended: "no" | "yes" | { readonly error: unknown } = "no";
  readonly #stop = new AbortController();
  readonly #ticks: AsyncIterator<unknown>;
  readonly #clock: VirtualClock;
  #prevCount = 0;

  constructor(strategy: PollStrategy, clock: VirtualClock, brings: number[] = []) {
    this.#clock = clock;
    this.brings = brings;
    const prevCount = () => this.#prevCount;
    const context: PollContext = {
      ...{ worker: new FakeWorker(), clock, signal: this.#stop.signal },
      get prevCount() {
        return prevCount();
      },
    };
    this.#ticks = strategy.ticks(context)[Symbol.asyncIterator]();
    void this.#run();
  }

  /** What a stopping feed does. */
  stop(): void {
    this.#stop.abort();
    void this.#ticks.return?.();
  }

  /** The waits between the polls. */
  get waits(): number[] {
    return this.at.slice(1).map((at, before) => at - (this.at[before] ?? 0));
  }

  async #run(): Promise<void> {
    try {
      while (!(await this.#ticks.next()).done) {
        this.at.push(this.#clock.now());
        this.#prevCount = this.brings.shift() ?? 0;
      }
      this.ended = "yes";
    } catch (error) {
      this.ended = { error };
    }
  }
}

/** A stream that is told when to tick. */
export function byHand() {
  const ticks: (() => void)[] = [];
  let isOver = false;
  let wanting = Promise.withResolvers<void>();
  const source: AsyncIterableIterator<number> = {
    next: async () => {
      asked.count++;
      while (ticks.length === 0) {
        if (isOver) return { done: true, value: undefined };
        await wanting.promise;
      }
      ticks.shift();
      return { done: false, value: 0 };
    },
    [Symbol.asyncIterator]: () => source,
  };
  const wake = () => {
    wanting.resolve();
    wanting = Promise.withResolvers();
  };
  const asked = { count: 0 };
  const tick = () => {
    ticks.push(() => undefined);
    wake();
  };
  const end = () => {
    isOver = true;
    wake();
  };
  return { source, tick, end, asked };
}
