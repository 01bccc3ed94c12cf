/** The tally: the numbers of one partition, in one row, written once per commit and never recounted. */

import { emptyHistogram, type Histogram } from "../task/histogram.ts";
import { type Counts, noCounts } from "../task/status.ts";
import type { SqlDriver } from "./driver.ts";

/** Events of ten seconds. */
export interface Slot {
  /** Which ten seconds: ms since the epoch / 10,000. */
  readonly slot: number;
  pushed: number;
  done: number;
  failed: number;
  killed: number;
}

export interface Tally {
  counts: Counts;
  /** The sequence of the next task; never given twice. */
  nextSeq: number;
  /** The number of the next session; never given twice, or a stranger would inherit leases and signs of life. */
  nextSession: number;
  /** The time in the last id: ids never go back, whatever the clock does. */
  lastMs: number;
  /** The last minute, oldest first. */
  recent: Slot[];
  /** Pushes per UTC day, oldest first, days without any left out. */
  days: { readonly day: number; pushed: number }[];
  /** From due to claimed. */
  waits: Histogram;
  /** From started to ended. */
  runs: Histogram;
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
    lastMs: 0,
    recent: [],
    days: [],
    waits: emptyHistogram(),
    runs: emptyHistogram(),
    rowsWritten: 0,
    alarmsSet: 0,
    commits: 0,
    retentionAt: null,
    retentionCursor: 0,
    retentionNext: null,
    vacuumCursor: 0,
    reportedAt: 0,
    reportAt: null,
  };
}

/** Reads the tally, or a new one. Fields that an older version did not have get their first value. */
export function loadTally(sql: SqlDriver): Tally {
  const [row] = sql.all<{ body: string }>("SELECT body FROM state WHERE name = 'tally'");
  return { ...newTally(), ...(row ? (JSON.parse(row.body) as Partial<Tally>) : {}) };
}

export function saveTally(sql: SqlDriver, tally: Tally): void {
  sql.all(
    "INSERT INTO state (name, body) VALUES ('tally', ?1) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
    JSON.stringify(tally),
  );
}

const SLOT_MS = 10_000;
const SLOTS = 6;
const DAY_MS = 86_400_000;
const DAYS = 7;

/** The slot of the present ten seconds, which pushes the oldest out. */
export function slotAt(tally: Tally, now: number): Slot {
  const slot = Math.floor(now / SLOT_MS);
  const last = tally.recent.at(-1);
  // After a clock that went back, the last slot stands in until time has caught up.
  if (last && last.slot >= slot) return last;
  const fresh: Slot = { slot, pushed: 0, done: 0, failed: 0, killed: 0 };
  tally.recent = [...tally.recent.filter((old) => old.slot > slot - SLOTS), fresh];
  return fresh;
}

export function countDay(tally: Tally, now: number, pushed: number): void {
  const day = Math.floor(now / DAY_MS);
  const last = tally.days.at(-1);
  if (last && last.day >= day) last.pushed += pushed;
  else tally.days = [...tally.days.filter((old) => old.day > day - DAYS), { day, pushed }];
}

/** Per second, over the last minute. */
export function ratesAt(tally: Tally, now: number): { pushed: number; done: number; failed: number; killed: number } {
  const slot = Math.floor(now / SLOT_MS);
  const live = tally.recent.filter((one) => one.slot > slot - SLOTS);
  const rate = (of: (one: Slot) => number) => live.reduce((sum, one) => sum + of(one), 0) / ((SLOTS * SLOT_MS) / 1000);
  return {
    pushed: rate((one) => one.pushed),
    done: rate((one) => one.done),
    failed: rate((one) => one.failed),
    killed: rate((one) => one.killed),
  };
}

/** Pushes of the last seven UTC days, oldest first, today last. */
export function activityAt(tally: Tally, now: number): number[] {
  const today = Math.floor(now / DAY_MS);
  return Array.from(
    { length: DAYS },
    (_, i) => tally.days.find((one) => one.day === today - (DAYS - 1) + i)?.pushed ?? 0,
  );
}
