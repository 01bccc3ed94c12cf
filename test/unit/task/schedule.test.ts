import { assert, constantFrom, integer, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { LATE_TICK_MS } from "../../../src/limits.ts";
import {
  checkRule,
  dueTicks,
  nextTick,
  nextTicks,
  type ScheduleRule,
  type Timed,
  tickKey,
} from "../../../src/task/schedule.ts";

const at = (iso: string) => Date.parse(iso);
const iso = (ticks: readonly number[]) => ticks.map((tick) => new Date(tick).toISOString().replace(".000Z", "Z"));

const rule = (more: Partial<ScheduleRule>): ScheduleRule => ({
  missed: "one",
  overlap: "allow",
  paused: false,
  ...more,
});
const timed = (more: Partial<ScheduleRule>, createdAt = 0): Timed => ({ rule: rule(more), createdAt });
const ticks = (cron: string, timeZone: string, from: string, most = 3) =>
  iso(nextTicks(timed({ cron, timeZone }), at(from), most));

describe("a tick by the clock on the wall", () => {
  test("is at the hour of its zone, in summer and in winter", () => {
    expect(ticks("0 9 * * 1-5", "Europe/Berlin", "2026-10-23T00:00:00Z")).toEqual([
      "2026-10-23T07:00:00Z",
      "2026-10-26T08:00:00Z",
      "2026-10-27T08:00:00Z",
    ]);
    expect(ticks("0 9 * * *", "America/New_York", "2026-03-07T00:00:00Z", 2)).toEqual([
      "2026-03-07T14:00:00Z",
      "2026-03-08T13:00:00Z",
    ]);
  });

  test("of an hour that is left out in spring comes once, when the clock has been put forward", () => {
    expect(ticks("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2)).toEqual([
      "2026-03-29T01:00:00Z",
      "2026-03-30T00:30:00Z",
    ]);
    expect(ticks("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2)).toEqual([
      "2026-03-08T07:00:00Z",
      "2026-03-09T06:30:00Z",
    ]);
    // Half an hour there.
    expect(ticks("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2)).toEqual([
      "2026-10-03T15:30:00Z",
      "2026-10-04T15:15:00Z",
    ]);
  });

  test("of an hour that comes twice in autumn comes once, in the first of the two", () => {
    expect(ticks("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2)).toEqual([
      "2026-10-25T00:30:00Z",
      "2026-10-26T01:30:00Z",
    ]);
    expect(ticks("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2)).toEqual([
      "2026-11-01T05:30:00Z",
      "2026-11-02T06:30:00Z",
    ]);
  });

  test("of every hour comes each hour that passes, however the clock is put", () => {
    expect(ticks("0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 4)).toEqual([
      "2026-10-25T00:00:00Z",
      "2026-10-25T01:00:00Z",
      "2026-10-25T02:00:00Z",
      "2026-10-25T03:00:00Z",
    ]);
    expect(ticks("0 * * * *", "Europe/Berlin", "2026-03-28T23:30:00Z", 3)).toEqual([
      "2026-03-29T00:00:00Z",
      "2026-03-29T01:00:00Z",
      "2026-03-29T02:00:00Z",
    ]);
  });

  test("is in UTC unless a zone is named, and may be told by the second", () => {
    expect(iso(nextTicks(timed({ cron: "*/20 0 12 * * *" }), at("2026-05-01T11:00:00Z"), 3))).toEqual([
      "2026-05-01T12:00:00Z",
      "2026-05-01T12:00:20Z",
      "2026-05-01T12:00:40Z",
    ]);
  });
});

describe("a tick by an interval", () => {
  test("is counted from the making of its schedule, whose own moment is none", () => {
    expect(nextTicks(timed({ everyMs: 1_500 }, 10_000), 10_000, 3)).toEqual([11_500, 13_000, 14_500]);
  });

  test("is counted from `startAt` where there is one, which is the first", () => {
    const one = timed({ everyMs: 1_500, startAt: 20_000, endAt: 23_000 }, 10_000);
    expect(nextTicks(one, 10_000, 9)).toEqual([20_000, 21_500, 23_000]);
    expect(nextTicks(one, 21_400, 1)).toEqual([21_500]);
  });
});

test("a cron expression keeps to its span, both ends included", () => {
  const one = timed({ cron: "0 * * * *", startAt: at("2026-05-01T10:00:00Z"), endAt: at("2026-05-01T11:00:00Z") });
  expect(iso(nextTicks(one, 0, 9))).toEqual(["2026-05-01T10:00:00Z", "2026-05-01T11:00:00Z"]);
});

describe("ticks that are due", () => {
  const hourly = (more: Partial<ScheduleRule>) => timed({ cron: "0 * * * *", ...more });
  const due = (more: Partial<ScheduleRule>, now: string, most = 100) => {
    const { ticks: told, nextAt } = dueTicks(hourly(more), at("2026-05-01T10:00:00Z"), at(now), most);
    return { told: iso(told), next: iso(nextAt === null ? [] : [nextAt]) };
  };

  test("in time are told, whatever becomes of missed ones", () => {
    for (const missed of ["skip", "one", "all"] as const) {
      expect(due({ missed }, "2026-05-01T10:00:05Z")).toEqual({
        told: ["2026-05-01T10:00:00Z"],
        next: ["2026-05-01T11:00:00Z"],
      });
    }
  });

  test("and were missed become one task, the last of them", () => {
    expect(due({ missed: "one" }, "2026-05-01T13:30:00Z")).toEqual({
      told: ["2026-05-01T13:00:00Z"],
      next: ["2026-05-01T14:00:00Z"],
    });
  });

  test("and were missed become nothing, but for the last where that is not late", () => {
    expect(due({ missed: "skip" }, "2026-05-01T13:30:00Z")).toEqual({ told: [], next: ["2026-05-01T14:00:00Z"] });
    const last = at("2026-05-01T13:00:00Z");
    const inTime = new Date(last + LATE_TICK_MS).toISOString();
    const late = new Date(last + LATE_TICK_MS + 1).toISOString();
    expect(due({ missed: "skip" }, inTime).told).toEqual(["2026-05-01T13:00:00Z"]);
    expect(due({ missed: "skip" }, late).told).toEqual([]);
  });

  test("and were missed become a task each, a slice at a time", () => {
    expect(due({ missed: "all" }, "2026-05-01T13:30:00Z", 3)).toEqual({
      told: ["2026-05-01T10:00:00Z", "2026-05-01T11:00:00Z", "2026-05-01T12:00:00Z"],
      next: ["2026-05-01T13:00:00Z"],
    });
  });

  test("end where the schedule ends", () => {
    const endAt = at("2026-05-01T11:30:00Z");
    for (const [missed, told] of [
      ["one", ["2026-05-01T11:00:00Z"]],
      ["all", ["2026-05-01T10:00:00Z", "2026-05-01T11:00:00Z"]],
    ] as const) {
      expect(due({ missed, endAt }, "2026-05-01T15:00:00Z")).toEqual({ told, next: [] });
    }
  });
});

describe("for any rule and any times of looking", () => {
  const rules = record({
    how: constantFrom<Partial<ScheduleRule>>(
      { everyMs: 1_000 },
      { everyMs: 7_919_000 },
      { everyMs: 3_600_000, startAt: at("2026-03-28T20:00:00Z") },
      { cron: "*/10 * * * * *" },
      { cron: "*/17 * * * *", timeZone: "Europe/Berlin" },
      { cron: "30 2 * * *", timeZone: "Europe/Berlin" },
      { cron: "15 2,3 * * *", timeZone: "Australia/Lord_Howe" },
      { cron: "0 1-3 * 3,10,11 *", timeZone: "America/New_York" },
      { cron: "0 0 L * *", timeZone: "Asia/Kathmandu" },
    ),
    missed: constantFrom("skip", "one", "all" as const),
    from: constantFrom("2026-03-07T20:00:00Z", "2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z", "2026-10-31T20:00:00Z"),
    steps: constantFrom([1, 400, 90_000], [3_600_000, 86_400_000], [50, 7_200_000, 10], [40_000, 40_000, 40_000]),
    jump: integer({ min: 0, max: 40_000_000 }),
  });

  test("no tick is told twice, all are told in order, each is one, and none is told before its time", () => {
    assert(
      property(rules, ({ how, missed, from, steps, jump }) => {
        const one = timed({ ...how, missed }, at(from) - 5_000);
        let now = at(from);
        let next = nextTick(one, now);
        let last = 0;
        for (const step of [...steps, jump, ...steps]) {
          now += step;
          if (next === null || next > now) continue;
          const due = dueTicks(one, next, now, 20);
          for (const tick of due.ticks) {
            expect(tick).toBeGreaterThan(last);
            expect(tick).toBeGreaterThanOrEqual(next);
            expect(tick).toBeLessThanOrEqual(now);
            expect(nextTick(one, tick - 1)).toBe(tick);
            last = tick;
          }
          if (missed !== "all") expect(due.nextAt === null || due.nextAt > now).toBe(true);
          if (missed === "one") expect(due.ticks).toHaveLength(1);
          expect(due.nextAt === null || due.nextAt > Math.max(last, next)).toBe(true);
          next = due.nextAt;
        }
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  test("the last that was missed is the last of all that a walk finds", () => {
    assert(
      property(rules, integer({ min: 1, max: 100_000_000 }), ({ how, from }, later) => {
        const one = timed({ ...how, missed: "one" }, at(from) - 5_000);
        const first = nextTick(one, at(from));
        if (first === null) return;
        const now = first + (how.everyMs === 1_000 || how.cron?.startsWith("*/10") ? later / 10_000 : later);
        let last = first;
        for (let tick: number | null = first; tick !== null && tick <= now; tick = nextTick(one, tick)) last = tick;
        expect(dueTicks(one, first, now, 1).ticks).toEqual([last]);
      }),
      { numRuns: 40, seed: 7 },
    );
  });
});

describe("a rule that makes no sense is refused at its field", () => {
  test.each<[string, Partial<ScheduleRule>, string, string]>([
    ["too few fields", { cron: "* * *" }, "cron", "five"],
    ["a year", { cron: "0 0 0 1 1 * 2030" }, "cron", "five"],
    ["a minute that is none", { cron: "61 * * * *" }, "cron", "61"],
    ["a day that never comes", { cron: "0 0 30 2 *" }, "cron", "never|ever"],
    ["words", { cron: "whenever you like it to" }, "cron", "five"],
    ["a zone that is none", { cron: "0 0 * * *", timeZone: "Mars/Base" }, "timeZone", "IANA"],
    ["an end before its start", { everyMs: 1_000, startAt: 2, endAt: 1 }, "endAt", "startAt"],
  ])("%s", (_, more, path, words) => {
    const checked = checkRule(rule(more), at("2026-05-01T00:00:00Z"));
    expect(checked).toMatchObject({ ok: false, error: { code: "bad_request", path } });
    expect(checked.ok ? "" : checked.error.detail).toMatch(new RegExp(words));
  });

  test("and one that does is not", () => {
    for (const more of [{ cron: "@daily" }, { cron: "0 0 29 2 *" }, { everyMs: 1_000 }, { cron: "0 0 * * MON#2" }])
      expect(checkRule(rule(more), at("2026-05-01T00:00:00Z")).ok, JSON.stringify(more)).toBe(true);
  });
});

test("the key of a tick names its schedule and its moment", () => {
  expect(tickKey("nightly", at("2026-05-01T00:30:00Z"))).toBe("schedule/nightly/2026-05-01T00:30:00.000Z");
});
