/**
 * Where the leases are. Tasks of the line are leased one after the other, so that their leases lie within a short span of
 * the sequence, which the tally knows: they are found by a walk through it, and cost no row in an index. A lease outside the
 * span, and one that stays behind while it moves on, is listed in an index.
 */

import { MAX_SPAN } from "../limits.ts";
import type { SqlValue } from "./driver.ts";
import { LISTED } from "./place.ts";
import type { Tx } from "./tx.ts";

type Reading = Pick<Tx, "sql" | "tally">;

/** Within the span and not listed. */
const UNLISTED = "seq >= ?1 AND seq < ?2 AND lease IS NOT NULL AND place IS NULL";

/** A table of all leases, with these columns of `task`. Its statement has the span as `?1` and `?2`, see `readLeases`. */
const leasesWith = (columns: string): string => `(
  SELECT ${columns} FROM task INDEXED BY task_leased WHERE place = ${LISTED}
  UNION ALL SELECT ${columns} FROM task NOT INDEXED WHERE ${UNLISTED})`;

/**
 * Asks something of the leases.
 *
 * @param columns of `task` that the question needs
 * @param question makes the statement from the table of all leases; its own parameters are `?3` and so on
 */
export function readLeases<R extends object>(
  { sql, tally }: Reading,
  columns: string,
  question: (leases: string) => string,
  ...parameters: readonly SqlValue[]
): R[] {
  return sql.all<R>(question(leasesWith(columns)), tally.leasedFrom, tally.leasedTo, ...parameters);
}

/** Widens the span, so that it holds these: tasks of the line, or the newest. */
export function spanOver(tx: Tx, first: number, last: number): void {
  const { tally } = tx;
  const isEmpty = tally.leasedFrom >= tally.leasedTo;
  tally.leasedFrom = isEmpty ? first : Math.min(tally.leasedFrom, first);
  tally.leasedTo = Math.max(tally.leasedTo, last + 1);
  if (tally.leasedTo - tally.leasedFrom > MAX_SPAN) {
    shorten(tx);
    // These are no leases yet.
    tally.leasedFrom = Math.min(tally.leasedFrom, first);
  }
}

/** Whether a lease of this task is found by the span. */
export const isSpanned = ({ tally }: Pick<Tx, "tally">, seq: number): boolean =>
  seq >= tally.leasedFrom && seq < tally.leasedTo;

/** Leaves out what holds no lease any more; if that is not enough, lists those that stay behind. */
function shorten(tx: Tx): void {
  const { sql, tally } = tx;
  advance(tx);
  const leased = tally.counts.Queued + tally.counts.Running;
  // As long as it is mostly leases, it is as good as an index.
  const longest = MAX_SPAN + 2 * leased;
  if (tally.leasedTo - tally.leasedFrom <= longest) return;
  const from = tally.leasedTo - Math.floor(longest / 2);
  sql.all(`UPDATE task SET place = ${LISTED} WHERE ${UNLISTED}`, tally.leasedFrom, from);
  tally.leasedFrom = from;
  advance(tx);
}

/** Begins the span with its first lease. */
function advance({ sql, tally }: Reading): void {
  const statement = `SELECT seq FROM task NOT INDEXED WHERE ${UNLISTED} ORDER BY seq LIMIT 1`;
  const [first] = sql.all<{ seq: number }>(statement, tally.leasedFrom, tally.leasedTo);
  tally.leasedFrom = first?.seq ?? tally.leasedTo;
}
