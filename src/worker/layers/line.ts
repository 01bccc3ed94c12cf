/** Those who wait for their turn, in order. */

interface Waiter {
  readonly enter: () => void;
}

export class Line {
  #waiters: Waiter[] = [];

  get isEmpty(): boolean {
    return this.#waiters.length === 0;
  }

  /** Resolves when it is one's turn; rejects with the signal's reason as soon as that fires, and leaves the line. */
  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      this.#waiters = this.#waiters.filter((one) => one !== waiter);
      reject(signal.reason);
    };
    const waiter: Waiter = {
      enter: () => {
        signal.removeEventListener("abort", leave);
        resolve();
      },
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#waiters.push(waiter);
    return promise;
  }

  /** It is the turn of the first. @returns whether somebody was there */
  enter(): boolean {
    const first = this.#waiters.shift();
    first?.enter();
    return first !== undefined;
  }
}
