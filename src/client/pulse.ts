/** One timer that makes the hearts of many sockets beat. */

import { Timer } from "../backend/timer.ts";

export class Pulse {
  /** How often each wants to beat, ms. */
  readonly #hearts = new Map<() => void, number>();
  readonly #timer = new Timer();
  #due = Number.POSITIVE_INFINITY;

  /**
   * Beats at least so often: all of them beat together, as often as the fastest needs it.
   *
   * @returns what ends it
   */
  join(everyMs: number, beat: () => void): () => void {
    this.#hearts.set(beat, everyMs);
    this.#set();
    return () => {
      if (this.#hearts.delete(beat) && this.#hearts.size === 0) this.#clear();
    };
  }

  /** The next beat is never put off: who joins and leaves does not disturb the others. */
  #set(): void {
    const now = performance.now();
    const due = Math.min(this.#due, now + Math.min(...this.#hearts.values()));
    if (due === this.#due) return;
    this.#due = due;
    this.#timer.set(due - now, () => this.#beat());
  }

  #beat(): void {
    this.#due = Number.POSITIVE_INFINITY;
    this.#set();
    for (const beat of this.#hearts.keys()) beat();
  }

  #clear(): void {
    this.#due = Number.POSITIVE_INFINITY;
    this.#timer.clear();
  }
}
