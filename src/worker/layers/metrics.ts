/** A layer: counts what is done, and how long it takes. */

import { type Clock, systemClock } from "../../backend/clock.ts";
import type { Layer } from "../../backend/layer.ts";
import { emptyHistogram, type Percentiles, percentiles, record } from "../../task/histogram.ts";
import { layer } from "../compose.ts";
import { ENDINGS, type Ending, observed } from "./ending.ts";

export interface MetricsSnapshot {
  /** Executions that are under way. */
  readonly running: number;
  /** Executions that ended, by how they did. */
  readonly endings: Readonly<Record<Ending, number>>;
  /** How long they took, ms; `null` when none has ended. */
  readonly durationMs: Percentiles | null;
  /** The same, counted in buckets that double: the first holds 0 ms, bucket i from 2^(i-1) to below 2^i. */
  readonly histogram: readonly number[];
}

export type MetricsLayer = Layer & {
  /** The numbers since it was made. */
  readonly snapshot: () => MetricsSnapshot;
};

/**
 * Counts. Workers that are given the same layer count together.
 *
 * @example
 * const counted = metrics();
 * new Worker("mailer", emails, send, { layers: [counted] });
 * counted.snapshot().endings.failed;
 */
export function metrics({ clock = systemClock }: { readonly clock?: Clock } = {}): MetricsLayer {
  const histogram = emptyHistogram();
  const endings = Object.fromEntries(ENDINGS.map((ending) => [ending, 0])) as Record<Ending, number>;
  let running = 0;
  const counting = layer("metrics", (next) => (args, context) => {
    const began = clock.now();
    running++;
    return observed(
      () => next(args, context),
      context.signal,
      (ending) => {
        running--;
        endings[ending]++;
        record(histogram, clock.now() - began);
      },
    );
  });
  const snapshot = (): MetricsSnapshot => ({
    ...{ running, endings: { ...endings }, durationMs: percentiles(histogram), histogram: [...histogram] },
  });
  return Object.assign(counting, { snapshot });
}
