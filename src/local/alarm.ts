/** The one timer of a queue. */

import type { Clock } from "../backend/clock.ts";

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #at: number | null = null;
  #background = false;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** By how much it is late, ms; 0 or less when it is not. */
  lateBy(now: number): number {
    return this.#at === null ? 0 : now - this.#at;
  }

  /**
   * Sees to it that it rings at this instant or earlier; `null` is never.
   *
   * @param background whether it may be left undone should the process have nothing else to do
   */
  setBy(at: number | null, now: number, background: boolean): void {
    const isSoonEnough = this.#at !== null && this.#at > now && at !== null && this.#at <= at;
    if (this.#cancel && isSoonEnough && background === this.#background) return;
    this.clear();
    if (at === null) return;
    this.#at = at;
    this.#background = background;
    this.#cancel = this.#clock.timer(at - now, () => this.#fire(), { background });
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#at = null;
  }

  /** While it rings it still knows when it should have. */
  #fire(): void {
    this.#cancel = undefined;
    this.#ring();
  }
}
