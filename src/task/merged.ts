/** Partitions of one queue put together: numbers are added up, workers are one entry a name. */

import type { Histogram } from "./histogram.ts";
import { type Numbers, totalsOf } from "./totals.ts";

/** A worker as one partition knows it. */
interface Worker {
  readonly id: string;
  readonly startedAt: number;
  readonly heardAt: number;
  readonly leases: number;
  readonly alive: boolean;
}

/** The session that began last says what the worker is; leases are added up, and one sign of life is enough. */
export function mergedWorkers<W extends Worker>(workers: readonly W[]): W[] {
  const byName = new Map<string, W>();
  for (const worker of workers) {
    const before = byName.get(worker.id);
    byName.set(worker.id, before ? both(before, worker) : worker);
  }
  return [...byName.values()];
}

function both<W extends Worker>(a: W, b: W): W {
  return {
    ...(b.startedAt > a.startedAt ? b : a),
    heardAt: Math.max(a.heardAt, b.heardAt),
    leases: a.leases + b.leases,
    alive: a.alive || b.alive,
  };
}

/** The sums; a worker that is on several partitions is one. */
export function mergedNumbers(
  all: readonly Numbers[],
  workers: readonly Worker[],
): Numbers & { readonly activity: number[] } {
  const { queues: _, ...sums } = totalsOf(all);
  return { ...sums, workers: mergedWorkers(workers).filter(({ alive }) => alive).length };
}

/** Counts of each bucket added up: percentiles of the sum are those of all that was measured. */
export const mergedHistogram = (all: readonly Histogram[]): Histogram =>
  (all[0] ?? []).map((_, bucket) => all.reduce((sum, histogram) => sum + (histogram[bucket] ?? 0), 0));
