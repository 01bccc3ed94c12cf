/**
 * The line: tasks that were pushed in the order in which they run, which are nearly all. They have no priority, were due as
 * they came, and none is due before one that came earlier. They need no index: the first that waits has the lowest sequence,
 * and the tally knows from where on to look. A task that is changed, or comes back, leaves the line for an index.
 */

import { IN_LINE } from "./place.ts";
import { ROW_BYTES } from "./rows.ts";
import type { Tx } from "./tx.ts";

/** Whether a new task may join. The tally is told of it, so ask for each, in the order of their sequences. */
export function joinsLine({ tally, now }: Pick<Tx, "tally" | "now">, priority: number, runAt: number): boolean {
  if (priority !== 0 || runAt > now || runAt < tally.lineRunAt) return false;
  tally.lineRunAt = runAt;
  return true;
}

/** One that stands in line: since when it is due, ms, and about how large it is. What all have in common is not asked. */
export interface InLine {
  readonly seq: number;
  readonly run_at: number;
  readonly bytes: number;
}

const NEXT = `
  SELECT seq, run_at, ${ROW_BYTES} AS bytes FROM task NOT INDEXED WHERE place = ${IN_LINE} AND seq >= ?1
  ORDER BY seq LIMIT ?2`;

/** The next in line, so many at most. What was walked over to the first of them is not walked over again. */
export function nextInLine({ sql, tally }: Pick<Tx, "sql" | "tally">, count: number): readonly InLine[] {
  if (tally.lineFrom >= tally.nextSeq) return [];
  const next = sql.all<InLine>(NEXT, tally.lineFrom, count);
  tally.lineFrom = next[0]?.seq ?? tally.nextSeq;
  return next;
}

/** The first in line; nothing when nobody stands there. */
export const firstInLine = (tx: Pick<Tx, "sql" | "tally">): InLine | undefined => nextInLine(tx, 1)[0];

/** After a claim: all that stood in line before this sequence is claimed. */
export function lineMoved({ tally }: Pick<Tx, "tally">, before: number): void {
  tally.lineFrom = Math.max(tally.lineFrom, before);
}
