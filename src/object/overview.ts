/** Sums over queues. */

import type { QueueInfo } from "../protocol/types.ts";
import { noCounts, STATUSES } from "../task/status.ts";
import type { Snapshot, Totals } from "./api.ts";

/** The oldest reading among the snapshots, or now when there is none. */
export const asOf = (snapshots: readonly Snapshot[], now: number): number =>
  snapshots.reduce((oldest, { at }) => Math.min(oldest, at), now);

export function totalsOf(snapshots: readonly Snapshot[], now: number): Totals {
  const infos = snapshots.map(({ info }) => info);
  const counts = noCounts();
  for (const info of infos) for (const status of STATUSES) counts[status] += info.counts[status];
  const ages = infos.flatMap((info) => info.oldestDueAgeMs ?? []);
  return {
    queues: infos.length,
    counts,
    workers: sum(infos, (info) => info.workers),
    oldestDueAgeMs: ages.length === 0 ? null : Math.max(...ages),
    rates: {
      pushed: sum(infos, (info) => info.rates.pushed),
      done: sum(infos, (info) => info.rates.done),
      failed: sum(infos, (info) => info.rates.failed),
      killed: sum(infos, (info) => info.rates.killed),
    },
    activity: Array.from({ length: 7 }, (_, day) => sum(infos, (info) => info.activity[day] ?? 0)),
    asOf: asOf(snapshots, now),
  };
}

const sum = (infos: readonly QueueInfo[], of: (info: QueueInfo) => number): number =>
  infos.reduce((total, info) => total + of(info), 0);
