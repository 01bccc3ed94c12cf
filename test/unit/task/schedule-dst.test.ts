// What a schedule does where a zone's clock is put: the table of the docs, each line of it.
import { expect, test } from "vitest";
import { nextTicks } from "../../../src/task/schedule.ts";

const HOUR = 3_600_000;

/** The ticks in the hours about a change, as UTC times of day. */
function about(cron: string, timeZone: string, change: string): string {
  const moment = Date.parse(change);
  const timed = { rule: { cron, timeZone, missed: "one", overlap: "allow", paused: false }, createdAt: 0 } as const;
  return nextTicks(timed, moment - 2.1 * HOUR, 20)
    .filter((at) => at < moment + 2.6 * HOUR)
    .map((at) => new Date(at).toISOString().slice(11, 16))
    .join(" ");
}

const BERLIN_SPRING = ["Europe/Berlin", "2026-03-29T01:00:00Z"] as const;
const BERLIN_AUTUMN = ["Europe/Berlin", "2026-10-25T01:00:00Z"] as const;
const NEW_YORK_SPRING = ["America/New_York", "2026-03-08T07:00:00Z"] as const;
const NEW_YORK_AUTUMN = ["America/New_York", "2026-11-01T06:00:00Z"] as const;
const LORD_HOWE_SPRING = ["Australia/Lord_Howe", "2026-10-03T15:30:00Z"] as const;
const LORD_HOWE_AUTUMN = ["Australia/Lord_Howe", "2026-04-04T15:00:00Z"] as const;

test.each<[string, string, string, string, string]>([
  // One minute of one hour: put off to the change in spring, and told once in autumn.
  ["30 2 * * *", ...BERLIN_SPRING, "01:00", "at the change"],
  ["30 2 * * *", ...BERLIN_AUTUMN, "00:30", "in the first of the two hours"],
  ["30 2 * * *", ...NEW_YORK_SPRING, "07:00", "at the change"],
  ["30 1 * * *", ...NEW_YORK_AUTUMN, "05:30", "in the first of the two hours"],
  ["15 2 * * *", ...LORD_HOWE_SPRING, "15:30", "at the change"],
  ["45 1 * * *", ...LORD_HOWE_AUTUMN, "14:45", "in the first of the two half hours"],
  // More minutes or more hours than one: what is left out stays out, and what comes twice is told twice.
  ["0 2,14 * * *", ...BERLIN_SPRING, "", "not at all"],
  ["0 2,14 * * *", ...BERLIN_AUTUMN, "00:00 01:00", "twice"],
  ["0,30 2 * * *", ...BERLIN_SPRING, "", "not at all"],
  ["*/20 2 * * *", ...BERLIN_AUTUMN, "00:00 00:20 00:40 01:00 01:20 01:40", "twice each"],
  ["0 */2 * * *", ...BERLIN_SPRING, "23:00 02:00", "without the hour that is left out"],
  ["0 */2 * * *", ...BERLIN_AUTUMN, "00:00 01:00 03:00", "twice in the hour that comes twice"],
  // Each hour.
  ["0 * * * *", ...BERLIN_SPRING, "23:00 00:00 01:00 02:00 03:00", "each hour that passes"],
  ["0 * * * *", ...NEW_YORK_AUTUMN, "04:00 05:00 06:00 07:00 08:00", "each hour that passes"],
  ["0 * * * *", ...LORD_HOWE_SPRING, "13:30 14:30 16:00 17:00 18:00", "after an hour and a half, once"],
  ["0 * * * *", ...LORD_HOWE_AUTUMN, "13:00 14:00 15:30 16:30 17:30", "after an hour and a half, once"],
])("%s in %s about %s is told at %s UTC: %s", (cron, timeZone, change, told) => {
  expect(about(cron, timeZone, change)).toBe(told);
});
