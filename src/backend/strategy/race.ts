/** The ticks of several streams, as they come. */

interface Arrived {
  readonly runner: AsyncIterator<unknown>;
  readonly result: IteratorResult<unknown> | { readonly error: unknown };
}

/**
 * Each stream is asked for its next tick once, and its answer is kept until it is its turn: none is skipped. That is done
 * by hand since `Promise.race` would leave something behind, at each round, on every promise that did not win.
 */
export class Race implements AsyncIterableIterator<unknown> {
  /** Those that were asked, and whether they are. */
  readonly #runners = new Map<AsyncIterator<unknown>, boolean>();
  readonly #arrived: Arrived[] = [];
  #wanting: PromiseWithResolvers<void> | undefined;

  constructor(runners: readonly AsyncIterator<unknown>[]) {
    for (const runner of runners) this.#runners.set(runner, false);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<unknown>> {
    while (this.#runners.size > 0) {
      for (const [runner, isAsked] of this.#runners) if (!isAsked) this.#ask(runner);
      const { runner, result } = await this.#first();
      if ("error" in result) {
        await this.return();
        throw result.error;
      }
      if (!result.done) {
        this.#runners.set(runner, false);
        return result;
      }
      this.#runners.delete(runner);
    }
    return { done: true, value: undefined };
  }

  /** Lets all go, and waits for none: each may be in the middle of something that never ends. */
  async return(): Promise<IteratorResult<unknown>> {
    for (const runner of this.#runners.keys()) void Promise.resolve(runner.return?.()).catch(() => undefined);
    this.#runners.clear();
    return { done: true, value: undefined };
  }

  #ask(runner: AsyncIterator<unknown>): void {
    this.#runners.set(runner, true);
    const arrive = (result: Arrived["result"]) => {
      this.#arrived.push({ runner, result });
      this.#wanting?.resolve();
      this.#wanting = undefined;
    };
    runner.next().then(arrive, (error: unknown) => arrive({ error }));
  }

  async #first(): Promise<Arrived> {
    for (;;) {
      const first = this.#arrived.shift();
      if (first) return first;
      this.#wanting = Promise.withResolvers();
      await this.#wanting.promise;
    }
  }
}
