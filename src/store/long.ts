/**
 * Long work in bounded slices, as generators: who runs them decides whether each slice is a transaction of its own, so
 * that nobody waits long behind it.
 */

import { MAX_BULK, MAX_SLICES } from "../limits.ts";
import { type BulkOrder, type BulkSlice, bulkSlice } from "./bulk.ts";
import { sweep } from "./sweep.ts";
import type { Tally } from "./tally.ts";
import type { Tx } from "./tx.ts";
import { purgeSlice, type VacuumOrder, vacuumSlice } from "./vacuum.ts";

/** Work that ends in `R`. What it yields is run in a transaction, and answered with what that returned. */
export type LongWork<R> = Generator<(tx: Tx) => unknown, R, unknown>;

/** One slice, with the type of its answer. */
function* slice<S>(work: (tx: Tx) => S): LongWork<S> {
  return (yield work) as S;
}

interface BulkRequest extends Omit<BulkOrder, "runAt"> {
  readonly limit?: number | undefined;
  readonly delayMs?: number | undefined;
  readonly runAt?: number | undefined;
}

export interface BulkAnswer {
  readonly matched: number;
  readonly changed: number;
  readonly more: boolean;
}

/**
 * A bulk verb. The limit counts what changes, so that a call that is repeated gets on with what the one before has left,
 * and is not held up by tasks that the verb does not apply to. `runAt` is settled at the start, for all slices alike.
 */
export function* bulk(input: BulkRequest, now: number): LongWork<BulkAnswer> {
  const order: BulkOrder = { ...input, runAt: input.runAt ?? now + (input.delayMs ?? 0) };
  const limit = input.limit ?? MAX_BULK;
  let matched = 0;
  let changed = 0;
  let cursor: number | null = null;
  for (let slices = 0; slices < MAX_SLICES; slices++) {
    const from: number | null = cursor;
    const room = limit - changed;
    const done: BulkSlice = yield* slice((tx) => bulkSlice(tx, order, from, room));
    matched += done.matched;
    changed += done.changed;
    cursor = done.cursor;
    if (cursor === null) return { matched, changed, more: false };
    if (changed >= limit) break;
  }
  return { matched, changed, more: true };
}

export interface Cleaned {
  readonly more: boolean;
}

/**
 * Removes terminal tasks, and looks on after the last until it knows whether there is more. A call that runs out of its
 * slices leaves a mark, at which the next of the same order goes on: so whoever calls until there is no more gets there,
 * however many rows stay.
 *
 * @param marks as they stand in the tally
 */
export function* vacuum(
  order: VacuumOrder & { readonly limit?: number | undefined },
  marks: Pick<Tally, "vacuumCursor" | "vacuumOrder">,
  slices = MAX_SLICES,
): LongWork<Cleaned & { readonly vacuumed: number }> {
  const limit = order.limit ?? Number.MAX_SAFE_INTEGER;
  const name = JSON.stringify([order.olderThanMs ?? null, order.status ?? null]);
  const begun = marks.vacuumOrder === name ? marks.vacuumCursor : 0;
  let vacuumed = 0;
  let cursor = begun;
  for (let left = slices; left > 0; left--) {
    const from = cursor;
    const room = limit - vacuumed;
    const done = yield* slice((tx) => vacuumSlice(tx, order, from, room));
    vacuumed += done.removed;
    cursor = done.cursor;
    if (done.full && vacuumed >= limit) return { vacuumed, more: true };
    if (!done.end) continue;
    if (begun > 0) yield* slice((tx) => mark(tx, name, 0));
    return { vacuumed, more: false };
  }
  yield* slice((tx) => mark(tx, name, cursor));
  return { vacuumed, more: true };
}

function mark(tx: Tx, order: string, cursor: number): void {
  tx.tally.vacuumOrder = order;
  tx.tally.vacuumCursor = cursor;
  tx.journal.tallyChanged = true;
}

export function* purge(slices = MAX_SLICES): LongWork<Cleaned & { readonly purged: number }> {
  let purged = 0;
  for (let left = slices; left > 0; left--) {
    const done = yield* slice(purgeSlice);
    purged += done.removed;
    if (!done.more) return { purged, more: false };
  }
  return { purged, more: true };
}

/** The sweep, now, over all that is leased. Answers how many leases it took back. */
export function* sweepAll(): LongWork<number> {
  let taken = 0;
  for (;;) {
    const done = yield* slice(sweep);
    taken += done.taken;
    if (!done.more) return taken;
  }
}
