import { expect, test } from "vitest";
import { type Duration, durationMs, instantMs } from "../../../src/task/duration.ts";
import { PriniaError } from "../../../src/task/errors.ts";

test.each<[Duration, number]>([
  [0, 0],
  [1.4, 1],
  ["250ms", 250],
  ["30s", 30_000],
  ["10m", 600_000],
  ["2h", 7_200_000],
  ["1.5d", 129_600_000],
])("%j is %d ms", (duration, ms) => {
  expect(durationMs(duration)).toBe(ms);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e13, "", "10", "10 m", "-1s", "1w", "m", null, {}])(
  "%j is no duration, and the error says what it was for",
  (duration) => {
    const refused = () => durationMs(duration as Duration, "delay");
    expect(refused).toThrow(PriniaError);
    expect(refused).toThrow(expect.objectContaining({ code: "bad_request", path: "delay" }));
    expect(refused).toThrow(/"30s", "10m", "2h"/);
  },
);

test("an instant is a Date, or milliseconds", () => {
  expect(instantMs(new Date(5))).toBe(5);
  expect(instantMs(1_750_000_000_000.4)).toBe(1_750_000_000_000);
  for (const instant of [new Date("no"), Number.NaN, -1, 8.64e15 + 1]) {
    expect(() => instantMs(instant, "runAt")).toThrow(expect.objectContaining({ code: "bad_request", path: "runAt" }));
  }
});
