// The pure parts of the overview and the charts: numbers in words, the order of queues, gaps filled in, reading anew.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { formatAgo, formatCompact, formatCount, formatMs, formatRate } from "../../../src/board/format.ts";
import { filled, type Point } from "../../../src/board/history.ts";
import { costText } from "../../../src/board/pages/cost.ts";
import { arranged, columnOf } from "../../../src/board/pages/overview-order.ts";
import { refresher } from "../../../src/board/refresh.ts";
import type { QueueInfo } from "../../../src/board/types.ts";

describe("numbers", () => {
  test("are counts with their thousands apart, or short", () => {
    expect([formatCount(1_234_567), formatCompact(1_234_567), formatCompact(999)]).toEqual([
      "1,234,567",
      "1.2M",
      "999",
    ]);
  });

  test.each([
    [0, "0/s"],
    [120.4, "120/s"],
    [4.16, "4.2/s"],
    [0.25, "15/min"],
    [1 / 3_600, "1/h"],
  ])("are rates in the unit in which they say something: %d", (rate, text) => {
    expect(formatRate(rate)).toBe(text);
  });

  test.each([
    [0, "0 ms"],
    [45, "45 ms"],
    [1_234, "1.2 s"],
    [9_960, "10 s"],
    [5_400_000, "1.5 h"],
    [172_800_000, "2 d"],
  ])("are spans: %d", (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  test.each([
    [1_000_500, "now"],
    [940_000, "1 min ago"],
    [1_012_345, "in 12 s"],
  ])("are distances from now: %d", (at, text) => {
    expect(formatAgo(at, 1_000_000)).toBe(text);
  });
});

describe("queues", () => {
  const queue = (name: string, failed: number, oldestDueAgeMs: number | null): QueueInfo =>
    ({
      ...{ name, oldestDueAgeMs, workers: 0, activity: [0, 0, 0, 0, 0, 0, 0] },
      rates: { pushed: 0, done: 0, failed: 0, killed: 0 },
      counts: { Pending: 0, Queued: 0, Running: 0, Done: 0, Failed: failed, Killed: 0 },
    }) as unknown as QueueInfo;
  const queues = [queue("b", 2, null), queue("A", 2, 5), queue("c", 7, 0)];
  const names = (order: Parameters<typeof arranged>[1]) => arranged(queues, order).map(({ name }) => name);

  test("stand by name, largest first by a number, and equal ones by name", () => {
    expect(names({ name: "", column: "name", isTurned: false })).toEqual(["A", "b", "c"]);
    expect(names({ name: "", column: "Failed", isTurned: false })).toEqual(["c", "A", "b"]);
    expect(names({ name: "", column: "Failed", isTurned: true })).toEqual(["A", "b", "c"]);
    expect(names({ name: "", column: "due", isTurned: false })).toEqual(["A", "c", "b"]);
  });

  test("stand by what they cost and how long their tasks wait, those that nothing was told of last", () => {
    const told = [
      queue("none", 0, null),
      { ...queue("cheap", 0, null), rowsWritten: 10, alarmsSet: 0, waitMs: { p50: 1, p90: 5, p99: 900 } },
      { ...queue("dear", 0, null), rowsWritten: 8, alarmsSet: 3, waitMs: null },
    ];
    const by = (column: "cost" | "wait") =>
      arranged(told, { name: "", column, isTurned: false }).map(({ name }) => name);
    expect(by("cost")).toEqual(["dear", "cheap", "none"]);
    expect(by("wait")).toEqual(["cheap", "dear", "none"]);
    expect([costText(0), costText(1_234_567), costText(21)]).toEqual(["$0", "$1.23", "$0.000021"]);
  });

  test("are found by a part of their name, in any case", () => {
    expect(names({ name: "a", column: "name", isTurned: false })).toEqual(["A"]);
  });

  test("stand by name where an address asks for what is no column", () => {
    expect([columnOf("Killed"), columnOf("size"), columnOf(null)]).toEqual(["Killed", "name", "name"]);
  });
});

describe("history", () => {
  const point = (at: number, waiting: number): Point => ({
    ...{ at, waiting, pushed: 3, done: 2, failed: 1, killed: 0, waitMs: null, runMs: null, oldestDueAgeMs: 4 },
  });
  const minute = 60_000;

  test("has all 60 minutes up to now: nothing was counted in a gap, and as many waited as before it", () => {
    const points = filled(
      { minutes: [point(10 * minute, 5), point(58 * minute, 1)], hours: [] },
      "hour",
      59.5 * minute,
    );
    expect(points.map(({ at }) => at)).toEqual(Array.from({ length: 60 }, (_, at) => at * minute));
    expect(points[9]).toMatchObject({ pushed: 0, waiting: 0 });
    expect(points[10]).toMatchObject({ pushed: 3, waiting: 5, oldestDueAgeMs: 4 });
    expect(points[57]).toMatchObject({ pushed: 0, done: 0, waiting: 5, oldestDueAgeMs: null });
    expect(points[59]).toMatchObject({ waiting: 1 });
  });

  test("has all 168 hours of a week", () => {
    expect(filled({ minutes: [], hours: [] }, "week", 1_000 * 60 * minute)).toHaveLength(168);
  });
});

describe("reading anew", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test("happens once for all that changes while it is under way and while it rests", async () => {
    const { reading, ends } = held();
    const { ask, end } = refresher(reading, 1_000);
    ask();
    ask();
    ask();
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(999);
    expect(ends).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(ends).toHaveLength(2);
    ends[1]?.();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ends).toHaveLength(2);
    end();
  });

  test("waits until somebody looks", async () => {
    const page = Object.assign(new EventTarget(), { visibilityState: "hidden" });
    vi.stubGlobal("document", page);
    const { reading, ends } = held();
    const { ask, end } = refresher(reading, 1_000);
    ask();
    expect(ends).toHaveLength(0);
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    expect(ends).toHaveLength(1);
    end();
  });

  test("is over when it is ended, whatever was asked for", async () => {
    const { reading, ends } = held();
    const { ask, end } = refresher(reading, 1_000);
    ask();
    ask();
    end();
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ends).toHaveLength(1);
  });
});

/** Readings that end when the test says so. */
function held() {
  const ends: (() => void)[] = [];
  return { ends, reading: () => new Promise<void>((resolve) => ends.push(resolve)) };
}
