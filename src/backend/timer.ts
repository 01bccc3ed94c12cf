/** One timer: set, set anew, cleared. */

import { type Clock, systemClock } from "./clock.ts";

export class Timer {
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  get isSet(): boolean {
    return this.#cancel !== undefined;
  }

  /** Runs `task` after so long, instead of what it was set to before. */
  set(ms: number, task: () => void): void {
    this.clear();
    this.#cancel = this.#clock.timer(ms, () => {
      this.#cancel = undefined;
      task();
    });
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
