import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_DURATION_MS, MAX_INT32 } from "../../../src/limits.ts";
import { backoffMs, completeBackoff } from "../../../src/task/backoff.ts";
import { type Backoff, DEFAULT_BACKOFF, DEFAULT_CONFIG } from "../../../src/task/task.ts";

const plain: Backoff = { ...DEFAULT_BACKOFF, jitter: 0 };
const waits = (backoff: Backoff, attempts: number[], random = 0.5) =>
  attempts.map((attempt) => backoffMs(backoff, attempt, random));
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const anyBackoff: fc.Arbitrary<Backoff> = fc.record({
  type: fc.constantFrom("exponential", "fixed"),
  baseMs: fc.oneof(fc.nat(10_000), fc.integer({ min: 0, max: MAX_DURATION_MS })),
  factor: fc.oneof(fc.double({ min: 1, max: 10, noNaN: true }), fc.constantFrom(1, 2, 1e9, Number.MAX_VALUE)),
  maxMs: fc.oneof(fc.nat(100_000), fc.integer({ min: 0, max: MAX_DURATION_MS })),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
});
const anyAttempt = fc.integer({ min: 1, max: MAX_INT32 });

describe("the wait before the next attempt", () => {
  test("is the base after the first, and grows by the factor", () => {
    expect(waits(plain, [1, 2, 3, 4, 5])).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
    expect(waits({ ...plain, factor: 1.5 }, [1, 2, 3, 4])).toEqual([1_000, 1_500, 2_250, 3_375]);
    expect(waits({ ...plain, factor: 1 }, [1, 9])).toEqual([1_000, 1_000]);
  });

  test("is always the base when fixed", () => {
    expect(waits({ ...plain, type: "fixed", factor: 10 }, [1, 2, 50, MAX_INT32])).toEqual(Array(4).fill(1_000));
  });

  test("does not pass the cap, whatever the attempt", () => {
    expect(waits(plain, [12, 13, 100, 2_000, MAX_INT32])).toEqual([2_048_000, ...Array(4).fill(3_600_000)]);
    expect(waits({ ...plain, type: "fixed", maxMs: 10 }, [1])).toEqual([10]);
    expect(waits({ ...plain, maxMs: 0 }, [1, 2])).toEqual([0, 0]);
  });

  test("of a base of zero is none, however often zero is multiplied", () => {
    expect(waits({ ...plain, baseMs: 0 }, [1, 2, 2_000, MAX_INT32])).toEqual([0, 0, 0, 0]);
    expect(waits({ ...plain, baseMs: 0, factor: Number.MAX_VALUE, jitter: 1 }, [1, 3], 0.9)).toEqual([0, 0]);
  });

  test("varies by the jitter, up and down", () => {
    const varied = { ...plain, jitter: 0.1 };
    expect([0, 0.25, 0.5, 0.75].map((random) => backoffMs(varied, 1, random))).toEqual([900, 950, 1_000, 1_050]);
    expect(backoffMs(varied, 1, 1 - Number.EPSILON)).toBe(1_100);
    expect(backoffMs({ ...plain, type: "fixed", jitter: 0.5 }, 7, 0)).toBe(500);
    expect(backoffMs({ ...plain, jitter: 1 }, 1, 0)).toBe(0);
  });

  test("is capped before the jitter: what waits longest still does not come back all at once", () => {
    const capped = { ...plain, maxMs: 10_000, jitter: 0.1 };
    expect([0, 0.5, 0.75].map((random) => backoffMs(capped, 99, random))).toEqual([9_000, 10_000, 10_500]);
  });

  test("is a whole number of ms within the jitter of the capped wait", () => {
    fc.assert(
      fc.property(anyBackoff, anyAttempt, chance, (backoff, attempt, random) => {
        const wait = backoffMs(backoff, attempt, random);
        const middle = backoffMs({ ...backoff, jitter: 0 }, attempt, random);
        expect(Number.isSafeInteger(wait)).toBe(true);
        expect(middle).toBeLessThanOrEqual(backoff.maxMs);
        // Two roundings, each of half a millisecond.
        expect(Math.abs(wait - middle)).toBeLessThanOrEqual(middle * backoff.jitter + 1.5);
        expect(wait).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("never shrinks from one attempt to the next", () => {
    fc.assert(
      fc.property(anyBackoff, anyAttempt, (backoff, attempt) => {
        const steady = { ...backoff, jitter: 0 };
        expect(backoffMs(steady, attempt + 1, 0.5)).toBeGreaterThanOrEqual(backoffMs(steady, attempt, 0.5));
      }),
    );
  });
});

describe("a backoff given in part", () => {
  test("is filled from the built-in one: 1 s, doubled, up to an hour, a tenth of jitter", () => {
    expect(completeBackoff({})).toEqual({
      type: "exponential",
      baseMs: 1_000,
      factor: 2,
      maxMs: 3_600_000,
      jitter: 0.1,
    });
    expect(completeBackoff({ type: "fixed", baseMs: 5 })).toEqual({ ...DEFAULT_BACKOFF, type: "fixed", baseMs: 5 });
    expect(completeBackoff(plain)).toEqual(plain);
  });

  test("has its cap lifted to a base above it, unless it names the cap", () => {
    expect(completeBackoff({ baseMs: 7_200_000 }).maxMs).toBe(7_200_000);
    expect(completeBackoff({ baseMs: 3_600_000 }).maxMs).toBe(3_600_000);
    expect(completeBackoff({ baseMs: 9, maxMs: 20 }).maxMs).toBe(20);
    expect(completeBackoff({ maxMs: 500 })).toEqual({ ...DEFAULT_BACKOFF, maxMs: 500 });
  });
});

test("a queue has the settings of the contract until it is told otherwise", () => {
  expect(DEFAULT_CONFIG).toEqual({
    paused: false,
    orphanAfterMs: 60_000,
    retention: { doneMs: 24 * 3_600_000, killedMs: 14 * 24 * 3_600_000 },
    defaults: { priority: 0, maxAttempts: 5, backoff: DEFAULT_BACKOFF, timeoutMs: null },
  });
});
