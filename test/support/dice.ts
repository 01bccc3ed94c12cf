/** Chance that repeats: the store's port to it, from a seed. */

import type { Chance } from "../../src/task/chance.ts";

export class Dice implements Chance {
  #state: number;
  /** What `uniform` answers; `null` draws. The middle is a backoff without jitter. */
  fixed: number | null = 0.5;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  reseed(seed: number): void {
    this.#state = seed >>> 0;
  }

  /** Mulberry32: 32 well-mixed bits. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (bits ^ (bits >>> 14)) >>> 0;
  }

  /** An integer below `end`. */
  below(end: number): number {
    return this.next() % end;
  }

  uniform(): number {
    return this.fixed ?? this.next() / 2 ** 32;
  }

  bits30(count: number): number[] {
    return Array.from({ length: count }, () => this.next() >>> 2);
  }

  token(): number {
    return (this.next() >>> 12) * 2 ** 32 + this.next();
  }

  secret(): string {
    return Array.from({ length: 26 }, () => this.below(32).toString(32)).join("");
  }
}
