/** Wakes whoever waits for something to change. */

export class Bell {
  #next: PromiseWithResolvers<void> | undefined;

  ring(): void {
    this.#next?.resolve();
    this.#next = undefined;
  }

  /** Resolves at the next ring. */
  rung(): Promise<void> {
    this.#next ??= Promise.withResolvers();
    return this.#next.promise;
  }
}
