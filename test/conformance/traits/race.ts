/** Cases that run side by side: many of those that wait, a few of the others. */

import type { Case } from "./bench.ts";

/** So many more of those that wait: they cost next to nothing. */
const WAITING_FACTOR = 5;

export class Race {
  readonly #run: (one: Case) => Promise<void>;
  readonly #atATime: number;
  readonly #results = new Map<Case, Promise<void>>();
  #hasBegun = false;

  /** @param atATime 0: each case runs when its result is asked for */
  constructor(run: (one: Case) => Promise<void>, atATime: number) {
    this.#run = run;
    this.#atATime = atATime;
  }

  /**
   * What became of a case. One that is asked for again, by a retry, runs anew, once it has the machine to itself.
   *
   * @param all are the cases that run together; they begin when the first result is asked for
   */
  result(one: Case, all: () => readonly Case[]): Promise<void> {
    if (!this.#hasBegun && this.#atATime > 0) this.#begin(all());
    const result = this.#results.get(one) ?? this.#alone(one);
    this.#results.delete(one);
    return result;
  }

  async #alone(one: Case): Promise<void> {
    await Promise.allSettled(this.#results.values());
    await this.#run(one);
  }

  #begin(cases: readonly Case[]): void {
    this.#hasBegun = true;
    this.#inLanes(
      cases.filter(({ waits }) => waits),
      WAITING_FACTOR * this.#atATime,
    );
    this.#inLanes(
      cases.filter(({ waits }) => !waits),
      this.#atATime,
    );
  }

  #inLanes(cases: readonly Case[], lanes: number): void {
    const queue = cases.map((one) => ({ one, turn: Promise.withResolvers<void>() }));
    for (const { one, turn } of queue) {
      this.#keep(
        one,
        turn.promise.then(() => this.#run(one)),
      );
    }
    const lane = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const result = this.#results.get(next.one);
        next.turn.resolve();
        await result?.catch(() => {});
      }
    };
    for (let i = 0; i < lanes; i++) void lane();
  }

  #keep(one: Case, result: Promise<void>): void {
    this.#results.set(one, result);
    // Whoever asks for the result hears of it.
    result.catch(() => {});
  }
}
