/** How many leases each session holds at most: an upper bound, so that a claim need not count them. */

import { MAX_LEASES } from "../limits.ts";
import { openLeases } from "../store/sessions.ts";
import type { Tx } from "../store/tx.ts";

export class OpenLeases {
  /** Leases that end are not taken off: it is counted again once the bound says that there is no room. */
  readonly #most = new Map<number, number>();

  /** How many more a session may be given. */
  room(tx: Pick<Tx, "sql" | "tally">, session: number): number {
    const most = this.#most.get(session) ?? MAX_LEASES;
    if (most < MAX_LEASES) return MAX_LEASES - most;
    const counted = openLeases(tx, session);
    this.#most.set(session, counted);
    return Math.max(0, MAX_LEASES - counted);
  }

  /** It was given so many. That the transaction may yet fail does not matter to a bound. */
  add(session: number, count: number): void {
    const most = this.#most.get(session);
    if (most !== undefined) this.#most.set(session, most + count);
  }

  clear(): void {
    this.#most.clear();
  }
}
