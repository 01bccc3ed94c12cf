import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BUCKETS, emptyHistogram, percentiles, record } from "../../../src/task/histogram.ts";

function histogramOf(durations: readonly number[]): number[] {
  const histogram = emptyHistogram();
  for (const duration of durations) record(histogram, duration);
  return histogram;
}

const counted = (durations: readonly number[]) =>
  histogramOf(durations).flatMap((count, bucket) => (count === 0 ? [] : [[bucket, count]]));

describe("a duration", () => {
  test("is counted in a bucket that ends below a power of two", () => {
    expect(counted([0])).toEqual([[0, 1]]);
    expect(counted([1])).toEqual([[1, 1]]);
    expect(counted([2, 3])).toEqual([[2, 2]]);
    expect(counted([4, 7, 8])).toEqual([
      [3, 2],
      [4, 1],
    ]);
  });

  test("at every power of two begins a bucket, and one below it ends the one before", () => {
    for (let power = 1; power < BUCKETS - 1; power++) {
      expect(counted([2 ** power - 1, 2 ** power])).toEqual([
        [power, 1],
        [power + 1, 1],
      ]);
    }
  });

  test("longer than all is counted in the last bucket", () => {
    expect(counted([2 ** (BUCKETS - 2), 2 ** 40, Number.MAX_SAFE_INTEGER])).toEqual([[BUCKETS - 1, 3]]);
  });
});

describe("percentiles", () => {
  test("of nothing are null", () => {
    expect(percentiles(emptyHistogram())).toBeNull();
  });

  test("are exact where the bucket is", () => {
    expect(percentiles(histogramOf([0, 0, 0]))).toEqual({ p50: 0, p90: 0, p99: 0 });
    expect(percentiles(histogramOf([1, 1, 1]))).toEqual({ p50: 1, p90: 1, p99: 1 });
  });

  test("are interpolated within their bucket", () => {
    const even = Array.from({ length: 512 }, (_, index) => 512 + index);
    expect(percentiles(histogramOf(even))).toEqual({ p50: 768, p90: 972, p99: 1_018 });
  });

  test("take the rare and long for what they are", () => {
    const most = Array<number>(95).fill(1);
    expect(percentiles(histogramOf([...most, ...Array<number>(5).fill(70_000)]))).toMatchObject({ p50: 1, p90: 1 });
    const p99 = percentiles(histogramOf([...most, ...Array<number>(5).fill(70_000)]))?.p99;
    expect(p99).toBeGreaterThanOrEqual(65_536);
    expect(p99).toBeLessThan(131_072);
  });

  test("lie in the bucket of the true value, and in order", () => {
    const duration = fc.oneof(fc.nat(20), fc.nat(100_000), fc.nat(2 ** (BUCKETS - 1) - 1));
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 60 }), (durations) => {
        const sorted = durations.toSorted((a, b) => a - b);
        const found = percentiles(histogramOf(durations));
        for (const [share, value = -1] of [
          [0.5, found?.p50],
          [0.9, found?.p90],
          [0.99, found?.p99],
        ] as const) {
          const truth = sorted[Math.ceil(sorted.length * share) - 1] ?? -1;
          expect(counted([value])).toEqual(counted([truth]));
        }
        expect(found?.p50).toBeLessThanOrEqual(found?.p90 ?? -1);
        expect(found?.p90).toBeLessThanOrEqual(found?.p99 ?? -1);
      }),
    );
  });

  test("of two histograms added up are those of all durations", () => {
    const [left, right] = [histogramOf([1, 5, 900]), histogramOf([7, 7, 100_000])];
    const sum = left.map((count, bucket) => count + (right[bucket] ?? 0));
    expect(percentiles(sum)).toEqual(percentiles(histogramOf([1, 5, 900, 7, 7, 100_000])));
  });
});
