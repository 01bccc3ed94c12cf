/** The numbers of a queue, as the world sees them. */

import { activityAt, ratesAt } from "../task/activity.ts";
import { type AddedStats, statsOf } from "../task/meters.ts";
import type { Counts } from "../task/status.ts";
import type { QueueConfig } from "../task/task.ts";
import { oldestDueAt } from "./backlog.ts";
import type { Tx } from "./tx.ts";
import { listWorkers } from "./workers.ts";

export interface QueueView {
  readonly name: string;
  readonly partitions: number;
  readonly counts: Counts;
  /** Workers that are alive. */
  readonly workers: number;
  /** How long the oldest due task has waited, ms; `null` when none is due. */
  readonly oldestDueAgeMs: number | null;
  /** Per second, over the last minute. */
  readonly rates: { readonly pushed: number; readonly done: number; readonly failed: number; readonly killed: number };
  /** Pushes of the last seven UTC days, oldest first. */
  readonly activity: number[];
  readonly config: QueueConfig;
}

export type StatsView = QueueView & AddedStats;

type Reading = Pick<Tx, "sql" | "presence" | "now" | "config" | "queue" | "tally">;

export function queueView(tx: Reading): QueueView {
  const oldest = oldestDueAt(tx);
  return {
    name: tx.queue,
    partitions: 1,
    counts: { ...tx.tally.counts },
    workers: listWorkers(tx).filter((worker) => worker.alive).length,
    oldestDueAgeMs: oldest === null ? null : Math.max(0, tx.now - oldest),
    rates: ratesAt(tx.tally, tx.now),
    activity: activityAt(tx.tally, tx.now),
    config: tx.config,
  };
}

export const statsView = (tx: Reading): StatsView => ({ ...queueView(tx), ...statsOf(tx.tally) });
