import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HISTORY_HOURS, HISTORY_MINUTES, MAX_INSTANT_MS } from "../../../src/limits.ts";
import { BUCKETS, emptyHistogram, type Histogram, record } from "../../../src/task/histogram.ts";
import {
  closed,
  type Grown,
  HOUR_MS,
  type MergedPoint,
  MINUTE_MS,
  mergedPoints,
  newHistory,
  type Point,
  type QueueHistory,
  type Standing,
} from "../../../src/task/queue-history.ts";

const NOTHING_WAITS: Standing = { waiting: 0, nextAt: null };

/** What has grown, with one wait and one run of that many ms for each task done. */
function grown(counts: Partial<Grown["meters"]> = {}, durations: readonly number[] = []): Grown {
  const [waits, runs] = [emptyHistogram(), emptyHistogram()];
  for (const duration of durations) {
    record(waits, duration);
    record(runs, duration * 2);
  }
  return { meters: { pushed: 0, done: 0, failed: 0, killed: 0, ...counts }, waits, runs };
}

describe("a minute that ends", () => {
  test("is a point of what has grown since the one before, and so is its hour", () => {
    const first = closed(newHistory(), 61, grown({ pushed: 3 }, [4]), { waiting: 2, nextAt: 7 });
    const second = closed(first, 119, grown({ pushed: 5, done: 1 }, [4, 4, 9]), NOTHING_WAITS);
    const third = closed(second, 120, grown({ pushed: 6, done: 1, killed: 1 }, [4, 4, 9]), NOTHING_WAITS);
    const counts = { pushed: 0, done: 0, failed: 0, killed: 0, waits: [], runs: [], ...NOTHING_WAITS };
    const [early, late] = [
      { ...counts, at: 61 * MINUTE_MS, pushed: 3, waits: [[3, 1]], runs: [[4, 1]], waiting: 2, nextAt: 7 },
      { ...counts, at: 120 * MINUTE_MS, pushed: 1, killed: 1 },
    ];
    const both = [
      [3, 1],
      [4, 1],
    ];
    const more = { pushed: 2, done: 1, waits: both, runs: both.map(([bucket = 0, n = 0]) => [bucket + 1, n]) };
    expect(third.minutes).toEqual([early, { ...counts, at: 119 * MINUTE_MS, ...more }, late]);
    const sum = both.map(([bucket, n = 0]) => [bucket, bucket === 3 ? n + 1 : n]);
    expect(third.hours).toEqual([
      { ...counts, at: HOUR_MS, pushed: 5, done: 1, waits: sum, runs: sum.map(([bucket = 0, n]) => [bucket + 1, n]) },
      { ...late, at: 2 * HOUR_MS },
    ]);
    expect(first.minutes).toEqual([early]);
  });

  test("leaves no point when nothing happened in it", () => {
    const history = closed(newHistory(), 1, grown({ pushed: 1 }), { waiting: 1, nextAt: 5 });
    expect(closed(newHistory(), 1, grown(), NOTHING_WAITS)).toEqual(newHistory());
    expect(closed(history, 2, grown({ pushed: 1 }), { waiting: 1, nextAt: 5 })).toBe(history);
    const moved = [
      { waiting: 0, nextAt: null },
      { waiting: 1, nextAt: 6 },
    ];
    for (const standing of moved) {
      expect(closed(history, 2, grown({ pushed: 1 }), standing).minutes).toMatchObject([{ at: MINUTE_MS }, standing]);
    }
  });

  test("goes on from what had grown then, whatever becomes of the numbers that it was given", () => {
    const numbers = grown({ pushed: 1 }, [4]);
    const history = closed(newHistory(), 1, numbers, NOTHING_WAITS);
    record(numbers.waits, 4);
    expect(history.last.waits).toEqual(grown({}, [4]).waits);
    expect(closed(history, 2, numbers, NOTHING_WAITS).minutes.at(-1)?.waits).toEqual([[3, 1]]);
  });
});

test("a history is bounded: with every bucket used in every minute of a fortnight it stays below 400 KB", () => {
  const minutes = 14 * 24 * 60;
  let history = newHistory();
  for (let minute = 0; minute < minutes; minute++) {
    const many = 1_000_000 * (minute + 1);
    const all: Histogram = Array<number>(BUCKETS).fill(many);
    const meters = { pushed: many, done: many, failed: many, killed: many };
    history = closed(history, minute, { meters, waits: all, runs: all }, { waiting: many, nextAt: MAX_INSTANT_MS });
  }
  expect(history.minutes.map(({ at }) => at / MINUTE_MS)).toEqual(
    Array.from({ length: HISTORY_MINUTES + 1 }, (_, i) => minutes - HISTORY_MINUTES - 1 + i),
  );
  expect(history.hours).toHaveLength(HISTORY_HOURS + 1);
  expect(history.hours.at(-1)).toMatchObject({ at: (minutes / 60 - 1) * HOUR_MS, pushed: 60_000_000 });
  expect(JSON.stringify(history).length).toBeLessThan(400_000);
});

describe("partitions put together", () => {
  const point = (at: number, more: Partial<Point> = {}): Point => ({
    at,
    ...{ pushed: 0, done: 0, failed: 0, killed: 0, waits: [], runs: [], ...NOTHING_WAITS },
    ...more,
  });

  test("add up what happened, and stand as each stood last", () => {
    const a = [point(1, { pushed: 1, waiting: 4, nextAt: 40 }), point(3, { done: 1, waits: [[2, 1]] })];
    const b = [
      point(2, { pushed: 5, waiting: 5, nextAt: 30 }),
      point(3, { done: 2, waits: [[2, 1]], waiting: 3, nextAt: 35 }),
    ];
    const merged = mergedPoints([a, [], b], 0);
    expect(merged.map(({ at, pushed, done, waiting, nextAt }) => ({ at, pushed, done, waiting, nextAt }))).toEqual([
      { at: 1, pushed: 1, done: 0, waiting: 4, nextAt: 40 },
      { at: 2, pushed: 5, done: 0, waiting: 9, nextAt: 30 },
      { at: 3, pushed: 0, done: 3, waiting: 3, nextAt: 35 },
    ]);
    expect(merged.map(({ waits }) => waits[2])).toEqual([0, 0, 2]);
  });

  test("count a partition whose last point is older than the span among those that wait", () => {
    const parts = [[point(1, { waiting: 7, nextAt: 1 })], [point(9, { pushed: 1, waiting: 1, nextAt: 9 })]];
    expect(mergedPoints(parts, 5)).toMatchObject([{ at: 9, waiting: 8, nextAt: 1 }]);
    expect(mergedPoints(parts, 9)).toEqual([]);
  });
});

/** Something that happens to a partition, some time after the one before. */
const happening = fc.record({
  afterMs: fc.oneof(fc.nat(90_000), fc.nat(3 * HOUR_MS), fc.nat(200 * HOUR_MS)),
  partition: fc.nat(2),
  what: fc.constantFrom("pushed" as const, "done" as const, "failed" as const, "killed" as const, "nothing" as const),
  count: fc.integer({ min: 1, max: 5 }),
  durationMs: fc.nat(2_000_000),
  waiting: fc.nat(4),
});

type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

test("a history is what one finds who keeps everything and counts it at the end, in one partition or in three", () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (steps) => {
      const parts = [new Noted(), new Noted(), new Noted()];
      const all: Happened[] = [];
      let now = 1_750_000_000_000;
      for (const step of steps) {
        now += step.afterMs;
        all.push({ ...step, at: now });
        parts[step.partition]?.take(step, now);
      }
      for (const [of, span, count] of [
        ["minutes", MINUTE_MS, HISTORY_MINUTES],
        ["hours", HOUR_MS, HISTORY_HOURS],
      ] as const) {
        const after = now - (now % span) - count * span;
        const series = parts.map((part) => part.read()[of]);
        expect(mergedPoints(series, after)).toEqual(counted(all, span, after));
      }
    }),
    { numRuns: 200 },
  );
});

/** A partition that notes as it goes: a minute is closed once something happens after it. */
class Noted {
  #history: QueueHistory = newHistory();
  #minute: number | null = null;
  readonly #waits = emptyHistogram();
  readonly #runs = emptyHistogram();
  readonly #meters = { pushed: 0, done: 0, failed: 0, killed: 0 };
  #standing = NOTHING_WAITS;

  take({ what, count, durationMs, waiting }: Happening, now: number): void {
    const minute = Math.floor(now / MINUTE_MS);
    if (minute !== this.#minute) this.#history = this.read();
    this.#minute = minute;
    this.#standing = standingOf(waiting);
    if (what === "nothing") return;
    this.#meters[what] += count;
    record(this.#waits, durationMs);
    record(this.#runs, durationMs + 1);
  }

  read(): QueueHistory {
    if (this.#minute === null) return this.#history;
    const grown = { meters: this.#meters, waits: this.#waits, runs: this.#runs };
    return closed(this.#history, this.#minute, grown, this.#standing);
  }
}

const standingOf = (waiting: number): Standing => ({ waiting, nextAt: waiting === 0 ? null : 1_000 - waiting });

type Happened = Happening & { readonly at: number };

/** The same, from everything that happened. */
function counted(all: readonly Happened[], span: number, after: number): MergedPoint[] {
  const begins = (at: number) => at - (at % span);
  const instants = new Set(all.filter((one) => isShown(all, one)).map(({ at }) => begins(at)));
  return [...instants]
    .filter((at) => at > after)
    .map((at) => {
      const [meters, waits, runs] = [{ pushed: 0, done: 0, failed: 0, killed: 0 }, emptyHistogram(), emptyHistogram()];
      for (const { what, count, durationMs } of all.filter((one) => begins(one.at) === at && one.what !== "nothing")) {
        meters[what as keyof typeof meters] += count;
        record(waits, durationMs);
        record(runs, durationMs + 1);
      }
      const stood = [0, 1, 2].map((k) =>
        standingOf(all.findLast((one) => one.partition === k && begins(one.at) <= at)?.waiting ?? 0),
      );
      const waiting = stood.reduce((sum, one) => sum + one.waiting, 0);
      const nextAt = waiting === 0 ? null : Math.min(...stood.flatMap((one) => one.nextAt ?? []));
      return { ...meters, at, waits, runs, waiting, nextAt };
    });
}

/** What counted is shown; and so is the last of a minute, if it left the partition otherwise than the minute before did. */
function isShown(all: readonly Happened[], one: Happened): boolean {
  if (one.what !== "nothing") return true;
  const minute = Math.floor(one.at / MINUTE_MS);
  const own = all.filter(({ partition }) => partition === one.partition);
  const before = own.findLast(({ at }) => Math.floor(at / MINUTE_MS) < minute)?.waiting ?? 0;
  return own.findLast(({ at }) => Math.floor(at / MINUTE_MS) === minute)?.waiting !== before;
}
