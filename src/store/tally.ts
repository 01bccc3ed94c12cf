/** The tally: the numbers of one partition, in one row, written once per commit and never recounted. */

import type { Activity } from "../task/activity.ts";
import { emptyHistogram, type Histogram } from "../task/histogram.ts";
import { type Meters, noMeters } from "../task/meters.ts";
import { type Counts, noCounts } from "../task/status.ts";
import type { SqlDriver } from "./driver.ts";
import type { FeedMark } from "./feed.ts";

export interface Tally extends Activity {
  counts: Counts;
  /** The sequence of the next task; never given twice. */
  nextSeq: number;
  /** The number of the next session; never given twice, or a stranger would inherit leases and signs of life. */
  nextSession: number;
  /** No task of a lower sequence stands in line. */
  lineFrom: number;
  /** When the last that joined the line was due, ms. */
  lineRunAt: number;
  /** The span of the sequence in which leases are that no index lists, its end not included. */
  leasedFrom: number;
  leasedTo: number;
  /** The time in the last id: ids never go back, whatever the clock does. */
  lastMs: number;
  /** From due to claimed. */
  waits: Histogram;
  /** From started to ended. */
  runs: Histogram;
  meters: Meters;
  /** The minute that the history notes, since the epoch; `null` before the first commit. */
  minute: number | null;
  /** The log of changes; `null` while none is kept. */
  feed: FeedMark | null;
  /** What this partition cost so far: rows, alarms, commits. */
  rowsWritten: number;
  alarmsSet: number;
  commits: number;
  /** When the next pass of retention begins; `null` while nothing terminal may go. */
  retentionAt: number | null;
  /** Where the pass under way goes on. */
  retentionCursor: number;
  /** The earliest end of a retention that the pass under way has left behind it. */
  retentionNext: number | null;
  /** Where a vacuum that ran out of its slices goes on. */
  vacuumCursor: number;
  /** Which vacuum that was: one of another order begins at the beginning. */
  vacuumOrder: string;
  /** When the next tick of a schedule is due; `null` while there is none. */
  tickAt: number | null;
  /** When the directory was told of this queue; 0 for never. */
  reportedAt: number;
  /** When the directory is to hear of what happened since; `null` when it knows all. */
  reportAt: number | null;
}

export function newTally(): Tally {
  return {
    counts: noCounts(),
    nextSeq: 1,
    nextSession: 1,
    lineFrom: 1,
    lineRunAt: 0,
    leasedFrom: 1,
    leasedTo: 1,
    lastMs: 0,
    recent: [],
    days: [],
    waits: emptyHistogram(),
    runs: emptyHistogram(),
    meters: noMeters(),
    minute: null,
    feed: null,
    rowsWritten: 0,
    alarmsSet: 0,
    commits: 0,
    retentionAt: null,
    retentionCursor: 0,
    retentionNext: null,
    vacuumCursor: 0,
    vacuumOrder: "",
    tickAt: null,
    reportedAt: 0,
    reportAt: null,
  };
}

/**
 * Marks that operations move themselves, while all else is added up from their journals once they have succeeded: as they
 * stand, to be put back with `Object.assign` when the operation that moved them is undone.
 */
export function marksOf(tally: Tally): Partial<Tally> {
  const { lineFrom, lineRunAt, leasedFrom, leasedTo } = tally;
  const { retentionAt, retentionCursor, retentionNext, vacuumCursor, vacuumOrder, feed, tickAt } = tally;
  return {
    feed,
    tickAt,
    lineFrom,
    lineRunAt,
    leasedFrom,
    leasedTo,
    retentionAt,
    retentionCursor,
    retentionNext,
    vacuumCursor,
    vacuumOrder,
  };
}

/** Reads the tally, or a new one. Fields that an older version did not have get their first value. */
export function loadTally(sql: SqlDriver): Tally {
  const [row] = sql.all<{ body: string }>("SELECT body FROM state WHERE name = 'tally'");
  return { ...newTally(), ...(row ? (JSON.parse(row.body) as Partial<Tally>) : {}) };
}

/** Whether anything was ever written down: the tables may be there before. */
export const isUsed = (sql: SqlDriver): boolean => sql.all("SELECT 1 FROM state WHERE name = 'tally'").length > 0;

export function saveTally(sql: SqlDriver, tally: Tally): void {
  sql.all(
    "INSERT INTO state (name, body) VALUES ('tally', ?1) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
    JSON.stringify(tally),
  );
}
