/** Signs of life, as a stream: of several that nobody asked for yet, one is kept. */

export class Beats {
  #isOpen = true;
  #isDue = false;
  #failure: { readonly error: unknown } | undefined;
  #wanting: PromiseWithResolvers<void> | undefined;

  beat(): void {
    this.#isDue = true;
    this.#wake();
  }

  close(): void {
    this.#isOpen = false;
    this.#wake();
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
    while (this.#isOpen && !this.#isDue) {
      this.#wanting ??= Promise.withResolvers();
      await this.#wanting.promise;
    }
    if (this.#failure) throw this.#failure.error;
    if (!this.#isOpen) return { done: true, value: undefined };
    this.#isDue = false;
    return { done: false, value: undefined };
  }

  #wake(): void {
    this.#wanting?.resolve();
    this.#wanting = undefined;
  }
}
