import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keptUntil, passIntervalMs } from "../../../src/task/retention.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

describe("a terminal task", () => {
  test("is kept for the time of its status, from when it was done", () => {
    const retention = { doneMs: DAY, killedMs: 14 * DAY };
    expect(keptUntil("Done", 1_000, retention)).toBe(1_000 + DAY);
    expect(keptUntil("Killed", 1_000, retention)).toBe(1_000 + 14 * DAY);
  });

  test("is kept for ever where the retention says null, and not at all where it says 0", () => {
    expect(keptUntil("Done", 1_000, { doneMs: null, killedMs: 5 })).toBeNull();
    expect(keptUntil("Killed", 1_000, { doneMs: 5, killedMs: null })).toBeNull();
    expect(keptUntil("Done", 1_000, { doneMs: 0, killedMs: null })).toBe(1_000);
  });
});

describe("the time between two passes", () => {
  test("is a tenth of the shortest retention, and a second at least", () => {
    expect(passIntervalMs({ doneMs: DAY, killedMs: 14 * DAY })).toBe(DAY / 10);
    expect(passIntervalMs({ doneMs: DAY, killedMs: MINUTE })).toBe(MINUTE / 10);
    expect(passIntervalMs({ doneMs: 0, killedMs: DAY })).toBe(1_000);
    expect(passIntervalMs({ doneMs: 9_999, killedMs: null })).toBe(1_000);
    expect(passIntervalMs({ doneMs: null, killedMs: DAY })).toBe(DAY / 10);
  });

  test("lets no task outstay its time by more than a minute or a tenth, and is always a time one can wait", () => {
    const age = fc.option(fc.oneof(fc.nat(20_000), fc.nat(100 * DAY)));
    fc.assert(
      fc.property(age, age, (doneMs, killedMs) => {
        const interval = passIntervalMs({ doneMs, killedMs });
        for (const keptMs of [doneMs, killedMs]) {
          if (keptMs !== null) expect(interval).toBeLessThanOrEqual(Math.max(MINUTE, keptMs / 10));
        }
        expect(Number.isSafeInteger(interval) && interval >= 1_000).toBe(true);
      }),
    );
    expect(Number.isSafeInteger(passIntervalMs({ doneMs: null, killedMs: null }))).toBe(true);
  });
});
