/** Sums over queues, from their snapshots. */

import { mergedNumbers, mergedWorkers } from "../task/merged.ts";
import { totalsOf as sumsOf } from "../task/totals.ts";
import type { Snapshot, Totals } from "./api.ts";
import { mergedMeasures } from "./measures.ts";

/** The snapshot of a queue, from those of its partitions; the settings are those of the first. */
export function oneOf(parts: readonly Snapshot[]): Snapshot {
  const [first] = parts;
  if (first === undefined) throw new Error("a queue has at least one partition");
  if (parts.length === 1) return first;
  const workers = parts.flatMap((part) => part.workers);
  const measures = parts.flatMap((part) => part.measures ?? []);
  return {
    info: {
      ...first.info,
      ...mergedNumbers(
        parts.map(({ info }) => info),
        workers,
      ),
    },
    workers: mergedWorkers(workers),
    at: asOf(parts, first.at),
    ...(measures.length === 0 ? {} : { measures: mergedMeasures(measures) }),
  };
}

/** The oldest reading among the snapshots, or now when there is none. */
export const asOf = (snapshots: readonly Snapshot[], now: number): number =>
  snapshots.reduce((oldest, { at }) => Math.min(oldest, at), now);

export const totalsOf = (snapshots: readonly Snapshot[], now: number): Totals => ({
  ...sumsOf(snapshots.map(({ info }) => info)),
  asOf: asOf(snapshots, now),
});
