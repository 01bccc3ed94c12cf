/** Many at once: resume, cancel, reschedule or delete what is named, or what a filter finds, in bounded slices. */

import { MAX_SLICE } from "../limits.ts";
import { type BulkVerb, bulkEvent } from "../task/bulk.ts";
import { Journal } from "./journal.ts";
import { save } from "./save.ts";
import { isAbandoned } from "./tasks.ts";
import type { Tx } from "./tx.ts";
import { type Filter, walk } from "./walk.ts";
import { apply, type Item, itemsById, itemsBySeq } from "./work.ts";

export interface BulkOrder {
  readonly verb: BulkVerb;
  readonly ids?: readonly string[] | undefined;
  readonly filter?: Filter | undefined;
  readonly dryRun: boolean;
  /** For reschedule, ms. */
  readonly runAt: number;
}

export interface BulkSlice {
  /** Named, or found, and there. */
  readonly matched: number;
  /** Changed; in a dry run, what would be. */
  readonly changed: number;
  /** Where to go on; `null` at the end. */
  readonly cursor: number | null;
}

/**
 * One slice. Tasks that the verb does not apply to are passed over: a Done task is not resumed, a leased one not deleted.
 *
 * @param cursor where the slice before ended: a sequence for a filter, an index for ids
 */
export function bulkSlice(tx: Tx, order: BulkOrder, cursor: number | null, limit: number): BulkSlice {
  const size = Math.min(limit, MAX_SLICE);
  const { items, next } = order.ids
    ? named(tx, order.ids, cursor ?? 0, size)
    : found(tx, order.filter ?? {}, cursor, size);
  // A dry run goes through the same rules, only that nobody is told and nothing is written. The settings are a getter where
  // they may change on the way, and would not be copied.
  const scope: Tx = order.dryRun ? { ...tx, config: tx.config, journal: new Journal() } : tx;
  let changed = 0;
  for (const item of items) {
    const event = bulkEvent(order.verb, order.runAt, () => isAbandoned(tx, item));
    const outcome = apply(scope, item, event);
    if (outcome.ok && outcome.value.changed) changed++;
  }
  if (!order.dryRun) save(tx, items);
  return { matched: items.length, changed, cursor: next };
}

interface Found {
  readonly items: Item[];
  readonly next: number | null;
}

function named(tx: Tx, ids: readonly string[], from: number, size: number): Found {
  const unique = [...new Set(ids)];
  const slice = unique.slice(from, from + size);
  const next = from + size < unique.length ? from + size : null;
  return { items: [...itemsById(tx, slice).values()], next };
}

function found(tx: Tx, filter: Filter, cursor: number | null, size: number): Found {
  const walked = walk(tx, filter, false, cursor, size);
  const seqs = walked.steps.map((step) => step.seq);
  return { items: itemsBySeq(tx, seqs), next: walked.cursor };
}
