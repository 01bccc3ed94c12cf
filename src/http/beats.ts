/**
 * Signs of life for the partitions that a request did not go to. Any request of a worker is one, wherever it holds leases;
 * so now and then the others are told.
 */

import { MAX_REMEMBERED_BEATS } from "../limits.ts";
import type { Reach } from "./objects.ts";
import { layoutOf } from "./objects.ts";
import type { Arrival } from "./route.ts";
import { heartbeat } from "./workers.ts";

interface Named {
  readonly worker: string;
  readonly session: string;
}

/** Until it is known how long the worker may be silent, ms. */
const FIRST_INTERVAL_MS = 1_000;

export class Beats {
  /** When the next is due, ms, by queue and session. A process knows of its own: several tell more often, not less. */
  readonly #due = new Map<string, number>();

  /** Tells all partitions, in the background, at most three times in the time that the worker may be silent. */
  tell(call: Reach & Pick<Arrival, "background">, queue: string, named: Named): void {
    if (layoutOf(call, queue).partitions === 1) return;
    const key = `${queue}\n${named.session}`;
    const now = call.timing.now();
    if (now < (this.#due.get(key) ?? 0)) return;
    this.#remember(key, now + FIRST_INTERVAL_MS);
    call.background(
      heartbeat(call, queue, named).then((heard) => {
        if (heard.ok) this.#remember(key, now + heard.value.orphanAfterMs / 3);
      }),
    );
  }

  /** Those told longest ago are forgotten first. */
  #remember(key: string, due: number): void {
    this.#due.delete(key);
    this.#due.set(key, due);
    const [oldest] = this.#due.keys();
    if (this.#due.size > MAX_REMEMBERED_BEATS && oldest !== undefined) this.#due.delete(oldest);
  }
}
