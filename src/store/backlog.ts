/** What waits: the one place that says, in SQL, which tasks may be claimed. */

import { MAX_PROMOTED, MAX_UNPROMOTED } from "../limits.ts";
import { ROW_BYTES } from "./rows.ts";
import type { Tx } from "./tx.ts";

/**
 * The eligibility predicate in SQL, as `placeOf` in the rules: a task that waits is marked `ready = 1` once it is due and
 * promoted, `ready = 0` until then. Used by claim, by wake-up and by the numbers.
 */
const READY = "ready = 1";
const DUE = "ready = 0 AND run_at <= ?1";

/** Candidates for a claim in the order of the contract: priority, then runAt, then sequence. ?1 now, ?2 how many. */
export const CANDIDATES = `
  SELECT seq, status, bytes FROM (
    SELECT * FROM (
      SELECT seq, status, priority, run_at, ${ROW_BYTES} AS bytes FROM task WHERE ${READY}
      ORDER BY priority DESC, run_at, seq LIMIT ?2)
    UNION ALL
    SELECT * FROM (
      SELECT seq, status, priority, run_at, ${ROW_BYTES} AS bytes FROM task WHERE ${DUE}
      ORDER BY run_at, seq LIMIT ${MAX_UNPROMOTED}))
  ORDER BY priority DESC, run_at, seq LIMIT ?2`;

const COUNT_DUE = `SELECT count(*) AS n FROM (SELECT 1 FROM task WHERE ${DUE} LIMIT ${MAX_UNPROMOTED + 1})`;

const PROMOTE = `
  UPDATE task SET ready = 1 WHERE seq IN (SELECT seq FROM task WHERE ${DUE} ORDER BY run_at, seq LIMIT ${MAX_PROMOTED})`;

/**
 * Moves due tasks into the ready index, when they are too many to be looked at each time: a promotion costs two rows,
 * and a look costs next to nothing.
 */
export function promote(tx: Tx): void {
  const [due] = tx.sql.all<{ n: number }>(COUNT_DUE, tx.now);
  if ((due?.n ?? 0) > MAX_UNPROMOTED) tx.sql.all(PROMOTE, tx.now);
}

/** Whether a task could be claimed now. */
export function hasBacklog(tx: Pick<Tx, "sql" | "now">): boolean {
  const rows = tx.sql.all(
    `SELECT 1 FROM (SELECT 1 FROM task WHERE ${READY} LIMIT 1) UNION ALL SELECT 1 FROM (SELECT 1 FROM task WHERE ${DUE} LIMIT 1)`,
    tx.now,
  );
  return rows.length > 0;
}

/** When the next scheduled task is due, ms, or `null`. */
export function nextDueAt(tx: Pick<Tx, "sql">): number | null {
  const [row] = tx.sql.all<{ run_at: number }>("SELECT run_at FROM task WHERE ready = 0 ORDER BY run_at LIMIT 1");
  return row?.run_at ?? null;
}

/** The `runAt` of the task that has been due for longest, or `null` when none is due. */
export function oldestDueAt(tx: Pick<Tx, "sql" | "now">): number | null {
  const scheduled = nextDueAt(tx);
  let oldest = scheduled !== null && scheduled <= tx.now ? scheduled : null;
  // The index leads by priority: within each the first is the oldest, so one look a priority is enough.
  for (let above: number | null = 2 ** 31; above !== null; ) {
    const [first]: { priority: number; run_at: number }[] = tx.sql.all(
      `SELECT priority, run_at FROM task WHERE ${READY} AND priority < ?1 ORDER BY priority DESC, run_at LIMIT 1`,
      above,
    );
    if (first && (oldest === null || first.run_at < oldest)) oldest = first.run_at;
    above = first?.priority ?? null;
  }
  return oldest;
}
