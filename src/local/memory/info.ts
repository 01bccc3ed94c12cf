/** The numbers of a queue, as the world sees them. */

import type { QueueInfo, QueueStats } from "../../backend/expose.ts";
import { activityAt, ratesAt } from "../../task/activity.ts";
import { percentiles } from "../../task/histogram.ts";
import type { Memory } from "./work.ts";

export function infoOf({ queue, numbers, places, sessions, config }: Memory, now: number): QueueInfo {
  const oldest = places.oldestDueAt(now);
  return {
    name: queue,
    partitions: 1,
    counts: { ...numbers.counts },
    workers: sessions.list(queue, config.orphanAfterMs, now).filter((worker) => worker.alive).length,
    oldestDueAgeMs: oldest === null ? null : Math.max(0, now - oldest),
    rates: ratesAt(numbers, now),
    activity: activityAt(numbers, now),
    config,
  };
}

export const statsOf = (memory: Memory, now: number): QueueStats => ({
  ...infoOf(memory, now),
  waitMs: percentiles(memory.numbers.waits),
  runMs: percentiles(memory.numbers.runs),
});
