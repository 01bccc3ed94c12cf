/** What a queue did of late, as lines to draw: the server leaves out the spans in which nothing happened. */

interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** A minute or an hour: counts within it, and how things stood at its end. */
export interface Point {
  /** Its beginning, ms. */
  readonly at: number;
  readonly pushed: number;
  readonly done: number;
  readonly failed: number;
  readonly killed: number;
  readonly waitMs: Percentiles | null;
  readonly runMs: Percentiles | null;
  readonly waiting: number;
  readonly oldestDueAgeMs: number | null;
}

export interface History {
  readonly minutes: readonly Point[];
  readonly hours: readonly Point[];
}

export const SPANS = {
  hour: { points: "minutes", count: 60, stepMs: 60_000, per: "a minute" },
  week: { points: "hours", count: 168, stepMs: 3_600_000, per: "an hour" },
} as const;
export type Span = keyof typeof SPANS;

/**
 * The points of a span with its gaps filled in, oldest first. Where nothing happened, nothing was counted, nothing was
 * measured, and as many waited as before.
 */
export function filled(history: History, span: Span, now: number): Point[] {
  const { points, count, stepMs } = SPANS[span];
  const known = new Map(history[points].map((point) => [point.at, point]));
  const last = Math.floor(now / stepMs) * stepMs;
  const first = last - (count - 1) * stepMs;
  let waiting = history[points].findLast(({ at }) => at < first)?.waiting ?? 0;
  return Array.from({ length: count }, (_, place) => {
    const at = first + place * stepMs;
    const point = known.get(at) ?? { ...NOTHING, at, waiting };
    waiting = point.waiting;
    return point;
  });
}

const NOTHING = { pushed: 0, done: 0, failed: 0, killed: 0, waitMs: null, runMs: null, oldestDueAgeMs: null };

/** A line of a chart. */
interface Line {
  readonly name: string;
  /** A custom property with its colour. */
  readonly colour: string;
  /** Drawn beneath the others, which often lie on it. */
  readonly isBroad?: true;
  readonly of: (point: Point) => number | null;
}

export interface Chart {
  readonly title: string;
  readonly unit: "count" | "ms";
  readonly lines: readonly Line[];
}

export const CHARTS: readonly Chart[] = [
  {
    title: "Throughput",
    unit: "count",
    lines: [
      { name: "Pushed", colour: "--running", isBroad: true, of: ({ pushed }) => pushed },
      { name: "Done", colour: "--done", of: ({ done }) => done },
      { name: "Failed", colour: "--failed", of: ({ failed }) => failed },
      { name: "Killed", colour: "--killed", of: ({ killed }) => killed },
    ],
  },
  {
    title: "Wait, from due to claimed",
    unit: "ms",
    lines: [
      { name: "p50", colour: "--done", of: ({ waitMs }) => waitMs?.p50 ?? null },
      { name: "p90", colour: "--failed", of: ({ waitMs }) => waitMs?.p90 ?? null },
      { name: "p99", colour: "--killed", of: ({ waitMs }) => waitMs?.p99 ?? null },
    ],
  },
  {
    title: "Run, from started to ended",
    unit: "ms",
    lines: [
      { name: "p50", colour: "--done", of: ({ runMs }) => runMs?.p50 ?? null },
      { name: "p90", colour: "--failed", of: ({ runMs }) => runMs?.p90 ?? null },
      { name: "p99", colour: "--killed", of: ({ runMs }) => runMs?.p99 ?? null },
    ],
  },
  {
    title: "Backlog, age of the oldest due task",
    unit: "ms",
    lines: [{ name: "Oldest due", colour: "--queued", of: ({ oldestDueAgeMs }) => oldestDueAgeMs }],
  },
];
