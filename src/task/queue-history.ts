/** What a queue did in each of the last minutes and hours: noted as it goes by, bounded, and exact when partitions are put together. */

import { HISTORY_HOURS, HISTORY_MINUTES } from "../limits.ts";
import { BUCKETS, emptyHistogram, type Histogram } from "./histogram.ts";
import { earliest } from "./instant.ts";
import type { Meters } from "./meters.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** Buckets that are not empty, ascending. */
type Sparse = readonly (readonly [bucket: number, count: number])[];

/** How a queue stands at an instant. */
export interface Standing {
  /** Tasks that wait, due or not. */
  readonly waiting: number;
  /** The earliest `runAt` among them, ms; `null` when none waits. Until something changes it tells the age of the backlog. */
  readonly nextAt: number | null;
}

/** A minute or an hour: what happened in it, and how the queue stood at its end. */
export interface Point extends Standing, Counted {
  /** Its beginning, ms. */
  readonly at: number;
  readonly waits: Sparse;
  readonly runs: Sparse;
}

type Counted = Pick<Meters, "pushed" | "done" | "failed" | "killed">;

/** Numbers that only grow, as a tally has them. */
export interface Grown {
  readonly meters: Counted;
  readonly waits: Histogram;
  readonly runs: Histogram;
}

/** Points oldest first, without those in which nothing happened. The first may be older than the span: it tells how that began. */
export interface Series {
  readonly minutes: readonly Point[];
  readonly hours: readonly Point[];
}

export interface QueueHistory extends Series {
  /** What had grown by the end of the last point. */
  readonly last: Grown;
}

export const newHistory = (): QueueHistory => ({
  minutes: [],
  hours: [],
  last: { meters: { pushed: 0, done: 0, failed: 0, killed: 0 }, waits: emptyHistogram(), runs: emptyHistogram() },
});

export const minuteOf = (ms: number): number => Math.floor(ms / MINUTE_MS);

/**
 * Ends the minute noted.
 *
 * @param minute whole minutes since the epoch, later than all before
 * @returns the same history when nothing happened in it
 */
export function closed(history: QueueHistory, minute: number, grown: Grown, standing: Standing): QueueHistory {
  const point = pointOf(minute, history.last, grown, standing);
  if (!isNews(point, history.minutes.at(-1))) return history;
  const { at } = point;
  const hourAt = at - (at % HOUR_MS);
  const hour = history.hours.at(-1);
  const hours =
    hour?.at === hourAt
      ? [...history.hours.slice(0, -1), both(hour, point)]
      : [...history.hours, { ...point, at: hourAt }];
  return {
    minutes: recent([...history.minutes, point], at - HISTORY_MINUTES * MINUTE_MS),
    hours: recent(hours, hourAt - HISTORY_HOURS * HOUR_MS),
    last: markOf(grown),
  };
}

/** A copy of what goes on growing. */
export const markOf = ({ meters: { pushed, done, failed, killed }, waits, runs }: Grown): Grown => ({
  meters: { pushed, done, failed, killed },
  waits: [...waits],
  runs: [...runs],
});

function pointOf(minute: number, from: Grown, to: Grown, { waiting, nextAt }: Standing): Point {
  return {
    at: minute * MINUTE_MS,
    pushed: to.meters.pushed - from.meters.pushed,
    done: to.meters.done - from.meters.done,
    failed: to.meters.failed - from.meters.failed,
    killed: to.meters.killed - from.meters.killed,
    waits: grownBy(from.waits, to.waits),
    runs: grownBy(from.runs, to.runs),
    waiting,
    nextAt,
  };
}

const grownBy = (from: Histogram, to: Histogram): Sparse =>
  to.flatMap((count, bucket) => {
    const grown = count - (from[bucket] ?? 0);
    return grown === 0 ? [] : [[bucket, grown] as const];
  });

/** Signs of life, for one, are written too, and change nothing that a chart shows. */
function isNews(point: Point, before: Standing = { waiting: 0, nextAt: null }): boolean {
  const { pushed, done, failed, killed, waits, runs, waiting, nextAt } = point;
  if (pushed + done + failed + killed + waits.length + runs.length > 0) return true;
  return waiting !== before.waiting || nextAt !== before.nextAt;
}

/** An hour, and a minute more of it. */
const both = (hour: Point, minute: Point): Point => ({
  ...countsOf([hour, minute]),
  at: hour.at,
  waits: sparse(denseOf([hour.waits, minute.waits])),
  runs: sparse(denseOf([hour.runs, minute.runs])),
  waiting: minute.waiting,
  nextAt: minute.nextAt,
});

function countsOf(points: readonly Counted[]): Counted {
  const counts = { pushed: 0, done: 0, failed: 0, killed: 0 };
  for (const { pushed, done, failed, killed } of points) {
    counts.pushed += pushed;
    counts.done += done;
    counts.failed += failed;
    counts.killed += killed;
  }
  return counts;
}

const sparse = (histogram: Histogram): Sparse => grownBy([], histogram);

function denseOf(all: readonly Sparse[]): Histogram {
  const histogram = new Array<number>(BUCKETS).fill(0);
  for (const [bucket, count] of all.flat()) histogram[bucket] = (histogram[bucket] ?? 0) + count;
  return histogram;
}

/** What is later than `before`, and the last that is not. */
function recent(points: readonly Point[], before: number): readonly Point[] {
  const first = points.findIndex(({ at }) => at > before);
  return first <= 0 ? points : points.slice(first - 1);
}

/** A minute or an hour of a whole queue. */
export interface MergedPoint extends Standing, Counted {
  readonly at: number;
  readonly waits: Histogram;
  readonly runs: Histogram;
}

/**
 * Partitions put together: counts are added up, and so are the tasks that wait. A partition in which nothing happened stands
 * as it stood at its last point before.
 *
 * @param after only what is later, ms
 */
export function mergedPoints(parts: readonly (readonly Point[])[], after: number): MergedPoint[] {
  const instants = new Set(parts.flat().map(({ at }) => at));
  const next = parts.map(() => 0);
  return [...instants]
    .sort((a, b) => a - b)
    .map((at) => {
      for (const [k, part] of parts.entries()) if (part[next[k] ?? 0]?.at === at) next[k] = (next[k] ?? 0) + 1;
      const standing = parts.flatMap((part, k) => part[(next[k] ?? 0) - 1] ?? []);
      return mergedPoint(at, standing);
    })
    .filter(({ at }) => at > after);
}

/** @param points the last of each partition at that instant, whenever that was */
function mergedPoint(at: number, points: readonly Point[]): MergedPoint {
  const happened = points.filter((point) => point.at === at);
  return {
    ...countsOf(happened),
    at,
    waits: denseOf(happened.map(({ waits }) => waits)),
    runs: denseOf(happened.map(({ runs }) => runs)),
    waiting: points.reduce((sum, { waiting }) => sum + waiting, 0),
    nextAt: points.reduce<number | null>((first, { nextAt }) => earliest(first, nextAt), null),
  };
}
