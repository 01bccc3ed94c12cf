/** One stream of ticks for any number of workers. */

import { unlessAborted } from "./unless-aborted.ts";

interface Listener {
  isDue: boolean;
}

/**
 * The stream is asked for its next tick only while somebody waits for one. A tick that comes when all have left is kept
 * for who comes next.
 */
export class SharedTicks {
  readonly #source: AsyncIterable<unknown>;
  readonly #listeners = new Set<Listener>();
  #iterator: AsyncIterator<unknown> | undefined;
  #pending: Promise<void> | undefined;
  #isKept = false;

  constructor(source: AsyncIterable<unknown>) {
    this.#source = source;
  }

  async *ticks(signal: AbortSignal): AsyncGenerator<undefined, void> {
    const listener: Listener = { isDue: this.#isKept };
    this.#isKept = false;
    this.#listeners.add(listener);
    try {
      for (;;) {
        if (!listener.isDue && !(await unlessAborted(this.#next(), signal))) return;
        if (!listener.isDue) return;
        listener.isDue = false;
        yield undefined;
      }
    } finally {
      this.#listeners.delete(listener);
      if (listener.isDue && this.#listeners.size === 0) this.#isKept = true;
    }
  }

  /** Resolves once there is a tick, for all who listen, or the stream has ended. */
  #next(): Promise<void> {
    this.#pending ??= this.#ask().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #ask(): Promise<void> {
    this.#iterator ??= this.#source[Symbol.asyncIterator]();
    try {
      const { done } = await this.#iterator.next();
      if (!done) return this.#tick();
    } catch (error) {
      this.#iterator = undefined;
      throw error;
    }
    // One that can be read anew is, by the next who comes.
    this.#iterator = undefined;
  }

  #tick(): void {
    for (const listener of this.#listeners) listener.isDue = true;
    this.#isKept = this.#listeners.size === 0;
  }
}
