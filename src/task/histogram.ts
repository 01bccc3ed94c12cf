/** Durations counted in buckets that double: bounded, mergeable, and exact to a factor of two up to twelve days. */

/** Bucket i holds whole ms from 2^(i-1) to below 2^i, the first zero alone; the last holds all from about six days on. */
export const BUCKETS = 31;

export type Histogram = number[];

export const emptyHistogram = (): Histogram => new Array<number>(BUCKETS).fill(0);

export function record(histogram: Histogram, durationMs: number): void {
  const bucket = durationMs < 1 ? 0 : Math.min(BUCKETS - 1, Math.floor(Math.log2(durationMs)) + 1);
  histogram[bucket] = (histogram[bucket] ?? 0) + 1;
}

export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** Percentiles in ms, interpolated within their bucket, or `null` when nothing was measured. */
export function percentiles(histogram: Histogram): Percentiles | null {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  return {
    p50: quantile(histogram, total * 0.5),
    p90: quantile(histogram, total * 0.9),
    p99: quantile(histogram, total * 0.99),
  };
}

function quantile(histogram: Histogram, rank: number): number {
  let below = 0;
  for (const [bucket, count] of histogram.entries()) {
    if (count > 0 && below + count >= rank) {
      const [low, high] = bucket === 0 ? [0, 0] : [2 ** (bucket - 1), 2 ** bucket - 1];
      return Math.round(low + ((high - low) * (rank - below)) / count);
    }
    below += count;
  }
  return 2 ** (BUCKETS - 1);
}
