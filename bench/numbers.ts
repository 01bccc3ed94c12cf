/** Medians, quantiles, and how they are written. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @param share in [0, 1] */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

export const quantiles = (values: readonly number[]): { p50: number; p99: number } => ({
  p50: quantile(values, 0.5),
  p99: quantile(values, 0.99),
});

/** `undefined` of nothing. */
export function spreadOf(values: readonly (number | undefined)[]): Spread | undefined {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return undefined;
  return { median: quantile(known, 0.5), min: Math.min(...known), max: Math.max(...known) };
}

/** Three digits are as much as such a measurement tells, and whole numbers above. */
export function show(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 0.1 ? 2 : 3;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

/** `median [min – max]` */
export const showSpread = (spread: Spread | undefined): string =>
  spread === undefined ? "" : `${show(spread.median)} [${show(spread.min)} – ${show(spread.max)}]`;
