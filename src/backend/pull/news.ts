/** Waiting for something to become true, for a limited time. */

import type { Clock } from "../clock.ts";

export class News {
  readonly #clock: Clock;
  #next = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something has changed: whoever waits is to look. */
  tell(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** Resolves once `isTrue`, or after so long. */
  async until(isTrue: () => boolean, ms: number): Promise<void> {
    let isLate = false;
    const cancel = this.#clock.timer(ms, () => {
      isLate = true;
      this.tell();
    });
    while (!isLate && !isTrue()) await this.#next.promise;
    cancel();
  }
}
