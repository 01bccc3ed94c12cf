/** What waits: the one place that says, in SQL, which tasks may be claimed. */

import { MAX_PROMOTED, MAX_SCANNED, MAX_UNPROMOTED } from "../limits.ts";
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

// The index leads by priority, and within each the first is the oldest: a look for each priority is enough.
const OLDEST_READY = `
  WITH RECURSIVE first (priority, run_at) AS (
    SELECT * FROM (SELECT priority, run_at FROM task WHERE ${READY} ORDER BY priority DESC, run_at LIMIT 1)
    UNION ALL
    SELECT task.priority, task.run_at FROM first CROSS JOIN task
    ON task.seq = (SELECT seq FROM task WHERE ${READY} AND priority < first.priority ORDER BY priority DESC, run_at LIMIT 1)
    LIMIT ${MAX_SCANNED})
  SELECT min(run_at) AS at FROM first`;

/** The `runAt` of the task that has been due for longest, or `null` when none is due. */
export function oldestDueAt(tx: Pick<Tx, "sql" | "now">): number | null {
  const [ready] = tx.sql.all<{ at: number | null }>(OLDEST_READY);
  const scheduled = nextDueAt(tx);
  const instants = [ready?.at ?? null, scheduled].filter((at) => at !== null && at <= tx.now);
  return instants.reduce((a, b) => (a === null || (b !== null && b < a) ? b : a), null);
}
