/** What waits: the one place that says, in SQL, which tasks may be claimed. */

import { MAX_PROMOTED, MAX_SCANNED, MAX_UNPROMOTED } from "../limits.ts";
import { earliest } from "../task/instant.ts";
import { firstInLine, type InLine, nextInLine } from "./line.ts";
import { IN_LINE, READY as READY_PLACE, SCHEDULED } from "./place.ts";
import { codeOf, ROW_BYTES } from "./rows.ts";
import type { Tx } from "./tx.ts";

/**
 * The eligibility predicate in SQL, as `placeOf` in the rules: a task that waits stands in line, or in the ready index, or,
 * until it is due and promoted, among the scheduled. Used by claim, by wake-up and by the numbers.
 */
const READY = `place = ${READY_PLACE}`;
const DUE = `place = ${SCHEDULED} AND run_at <= ?1`;

export interface Candidate {
  readonly seq: number;
  readonly status: number;
  readonly place: number;
  readonly priority: number;
  readonly run_at: number;
  /** About how large it is, as JSON. */
  readonly bytes: number;
}

/** Whether any task waits at all, as far as this operation has come: where none does, no row need be looked for. */
const anyWaits = ({ tally, journal }: Counted): boolean =>
  tally.counts.Pending + tally.counts.Failed + (journal?.waiting ?? 0) > 0;

/** The journal of the operation under way; none where nothing is. */
type Counted = Pick<Tx, "tally"> & Partial<Pick<Tx, "journal">>;

const CANDIDATE = `SELECT seq, status, place, priority, run_at, ${ROW_BYTES} AS bytes FROM task`;

/**
 * The first in each of the indexes. ?1 now, ?2 how many: a limit that is a parameter and nothing else has SQLite prepare the
 * statement anew for each value, which took ten times as long as running it.
 */
const INDEXED = `
  SELECT * FROM (${CANDIDATE} WHERE ${READY} ORDER BY priority DESC, run_at, seq LIMIT ?2 + 0)
  UNION ALL
  SELECT * FROM (${CANDIDATE} WHERE ${DUE} ORDER BY run_at, seq LIMIT ${MAX_UNPROMOTED + 1})`;

/** The next for a claim in the order of the contract: priority, then runAt, then sequence. */
export function candidates(tx: Tx, count: number): readonly Candidate[] {
  if (!anyWaits(tx)) return [];
  const indexed = inIndexes(tx, count);
  const line = nextInLine(tx, count).map(inLine);
  if (indexed.length === 0) return line;
  return [...indexed, ...line].sort(byTurn).slice(0, count);
}

const inLine = ({ seq, run_at, bytes }: InLine): Candidate => ({
  seq,
  status: PENDING,
  place: IN_LINE,
  priority: 0,
  run_at,
  bytes,
});

const PENDING = codeOf("Pending");

const byTurn = (a: Candidate, b: Candidate): number => b.priority - a.priority || a.run_at - b.run_at || a.seq - b.seq;

const PROMOTE = `
  UPDATE task SET place = ${READY_PLACE} WHERE seq IN (SELECT seq FROM task WHERE ${DUE} ORDER BY run_at, seq LIMIT ${MAX_PROMOTED})`;

/**
 * The first in the indexes. Due tasks are moved into the ready index when they are too many to be looked at each time: a
 * promotion costs two rows, and a look costs next to nothing.
 */
function inIndexes({ sql, now }: Tx, count: number): readonly Candidate[] {
  const found = sql.all<Candidate>(INDEXED, now, count);
  const due = found.filter(({ place }) => place === SCHEDULED);
  if (due.length <= MAX_UNPROMOTED) return found;
  sql.all(PROMOTE, now);
  return sql.all<Candidate>(INDEXED, now, count);
}

/** Whether a task could be claimed now. */
export function hasBacklog(tx: Pick<Tx, "sql" | "now"> & Counted): boolean {
  if (!anyWaits(tx)) return false;
  if (firstInLine(tx)) return true;
  const rows = tx.sql.all(
    `SELECT 1 FROM (SELECT 1 FROM task WHERE ${READY} LIMIT 1) UNION ALL SELECT 1 FROM (SELECT 1 FROM task WHERE ${DUE} LIMIT 1)`,
    tx.now,
  );
  return rows.length > 0;
}

/** When the next scheduled task is due, ms, or `null`. */
export function nextDueAt(tx: Pick<Tx, "sql"> & Counted): number | null {
  if (!anyWaits(tx)) return null;
  const [row] = tx.sql.all<{ run_at: number }>(
    `SELECT run_at FROM task WHERE place = ${SCHEDULED} ORDER BY run_at LIMIT 1`,
  );
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

/** The earliest `runAt` of all that wait, due or not, or `null` when none does. */
export function earliestRunAt(tx: Pick<Tx, "sql"> & Counted): number | null {
  if (!anyWaits(tx)) return null;
  const [ready] = tx.sql.all<{ at: number | null }>(OLDEST_READY);
  return earliest(ready?.at ?? null, nextDueAt(tx), firstInLine(tx)?.run_at ?? null);
}

/** The `runAt` of the task that has been due for longest, or `null` when none is due. */
export function oldestDueAt(tx: Pick<Tx, "sql" | "now"> & Counted): number | null {
  const at = earliestRunAt(tx);
  return at !== null && at <= tx.now ? at : null;
}
