/** Signs of life, as a stream: of several that nobody asked for yet, one is kept. */

import { Bell } from "../bell.ts";

export class Beats {
  readonly #bell = new Bell();
  #isOpen = true;
  #isDue = false;
  #failure: { readonly error: unknown } | undefined;

  beat(): void {
    this.#isDue = true;
    this.#bell.ring();
  }

  close(): void {
    this.#isOpen = false;
    this.#bell.ring();
  }

  /** The worker is refused: one whose slots are full hears it here. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.close();
  }

  /** @param leaving what `return()` does */
  stream(leaving: () => Promise<void>): AsyncIterableIterator<void> {
    const stream: AsyncIterableIterator<void> = {
      next: () => this.#next(),
      return: async () => {
        await leaving();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => stream,
    };
    return stream;
  }

  async #next(): Promise<IteratorResult<void, undefined>> {
    while (this.#isOpen && !this.#isDue) await this.#bell.rung();
    if (this.#failure) throw this.#failure.error;
    if (!this.#isOpen) return { done: true, value: undefined };
    this.#isDue = false;
    return { done: false, value: undefined };
  }
}
