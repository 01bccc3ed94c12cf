/** When the next call to a target may begin: what the target asked for, and how many may begin in a second. */

const SECOND_MS = 1_000;

export class Pace {
  /** The target wants to be left alone until then, ms. In memory alone: a new instance asks it again. */
  #restsUntil = 0;
  /** When the calls of the last second began, oldest first. */
  #begun: number[] = [];

  rest(until: number): void {
    this.#restsUntil = Math.max(this.#restsUntil, until);
  }

  began(now: number): void {
    this.#begun.push(now);
  }

  /** How many calls may begin now. */
  allowed(now: number, perSecond = Number.POSITIVE_INFINITY): number {
    if (this.#restsUntil > now) return 0;
    this.#begun = perSecond === Number.POSITIVE_INFINITY ? [] : this.#begun.filter((at) => at + SECOND_MS > now);
    return Math.max(0, perSecond - this.#begun.length);
  }

  /** When that will be one at least, of a moment at which it is none. */
  opensAt(now: number): number {
    return this.#restsUntil > now ? this.#restsUntil : (this.#begun[0] ?? now) + SECOND_MS;
  }

  forget(): void {
    this.#restsUntil = 0;
    this.#begun = [];
  }
}
