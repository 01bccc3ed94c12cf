/** Sums over queues. */

import { type Counts, noCounts, STATUSES } from "./status.ts";

/** The numbers of a queue that can be added up. */
export interface Numbers {
  readonly counts: Counts;
  readonly workers: number;
  readonly oldestDueAgeMs: number | null;
  readonly rates: { readonly pushed: number; readonly done: number; readonly failed: number; readonly killed: number };
  readonly activity: readonly number[];
}

export function totalsOf(all: readonly Numbers[]): Numbers & { readonly queues: number; readonly activity: number[] } {
  const counts = noCounts();
  for (const one of all) for (const status of STATUSES) counts[status] += one.counts[status];
  const ages = all.flatMap((one) => one.oldestDueAgeMs ?? []);
  const sum = (of: (one: Numbers) => number): number => all.reduce((total, one) => total + of(one), 0);
  return {
    queues: all.length,
    counts,
    workers: sum((one) => one.workers),
    oldestDueAgeMs: ages.length === 0 ? null : Math.max(...ages),
    rates: {
      pushed: sum((one) => one.rates.pushed),
      done: sum((one) => one.rates.done),
      failed: sum((one) => one.rates.failed),
      killed: sum((one) => one.rates.killed),
    },
    activity: Array.from({ length: 7 }, (_, day) => sum((one) => one.activity[day] ?? 0)),
  };
}
