/**
 * The line: tasks that were pushed in the order in which they run, which are nearly all. They have no priority, were due as
 * they came, and none is due before one that came earlier. They need no index: the first that waits has the lowest sequence,
 * and the tally knows from where on to look. A task that is changed, or comes back, leaves the line for an index.
 */

import { IN_LINE } from "./place.ts";
import type { Tx } from "./tx.ts";

/** Whether a new task may join. The tally is told of it, so ask for each, in the order of their sequences. */
export function joinsLine({ tally, now }: Pick<Tx, "tally" | "now">, priority: number, runAt: number): boolean {
  if (priority !== 0 || runAt > now || runAt < tally.lineRunAt) return false;
  tally.lineRunAt = runAt;
  return true;
}

/** The first in line: its sequence, and since when it is due, ms. Nothing when nobody stands there. */
export function firstInLine({ sql, tally }: Pick<Tx, "sql" | "tally">): { seq: number; run_at: number } | undefined {
  if (tally.lineFrom >= tally.nextSeq) return undefined;
  const [first] = sql.all<{ seq: number; run_at: number }>(
    `SELECT seq, run_at FROM task NOT INDEXED WHERE place = ${IN_LINE} AND seq >= ?1 ORDER BY seq LIMIT 1`,
    tally.lineFrom,
  );
  // What was walked over is not walked over again.
  tally.lineFrom = first?.seq ?? tally.nextSeq;
  return first;
}

/** After a claim: all that stood in line before this sequence is claimed. */
export function lineMoved({ tally }: Pick<Tx, "tally">, before: number): void {
  tally.lineFrom = Math.max(tally.lineFrom, before);
}
