/** A stream by hand: it brings what it is told to, and counts how much was asked for. */

export class Source implements AsyncIterable<unknown> {
  /** How often it was asked for the next item. */
  asked = 0;
  wasLeft = false;
  readonly #items: IteratorResult<unknown>[] = [];
  readonly #askers: PromiseWithResolvers<IteratorResult<unknown>>[] = [];
  #failure: { readonly error: unknown } | undefined;

  bring(...items: readonly unknown[]): void {
    for (const value of items) this.#bring({ done: false, value });
  }

  end(): void {
    this.#bring({ done: true, value: undefined });
  }

  fail(error: unknown): void {
    this.#failure = { error };
    for (const asker of this.#askers.splice(0)) asker.reject(error);
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.wasLeft = true;
        this.end();
        return { done: true, value: undefined };
      },
    };
  }

  async #next(): Promise<IteratorResult<unknown>> {
    this.asked++;
    const item = this.#items.shift();
    if (item) return item;
    if (this.#failure) throw this.#failure.error;
    const asker = Promise.withResolvers<IteratorResult<unknown>>();
    this.#askers.push(asker);
    return asker.promise;
  }

  #bring(result: IteratorResult<unknown>): void {
    const asker = this.#askers.shift();
    if (asker) asker.resolve(result);
    else this.#items.push(result);
  }
}
