/** The numbers of a queue: those of its partitions, put together. */

import type { PartitionNumbers } from "../object/api.ts";
import type { QueueInfo, QueueStats } from "../protocol/types.ts";
import { countsOf } from "../task/layout.ts";
import { mergedHistogram, mergedNumbers } from "../task/merged.ts";
import { statsOf } from "../task/meters.ts";
import { queueNotFound } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import { askAll, sum } from "./fan-out.ts";
import { callPartition, FIRST_PARTITION, layoutOf, type Reach } from "./objects.ts";

/** @returns `queue_not_found` when no partition was ever used */
export async function queueInfo(reach: Reach, queue: string): Promise<Result<QueueInfo>> {
  if (layoutOf(reach, queue).partitions === 1) {
    return callPartition(reach, queue, FIRST_PARTITION, (stub) => stub.info());
  }
  const parts = await askAll(reach, queue, (stub) => stub.numbers());
  if (!parts.ok) return parts;
  if (parts.value.every(({ used }) => !used)) return queueNotFound(queue);
  const {
    waitMs: _,
    runMs: __,
    rowsWritten: ___,
    alarmsSet: ____,
    commits: _____,
    ...info
  } = merged(reach, queue, parts.value);
  return ok(info);
}

export async function queueStats(reach: Reach, queue: string): Promise<Result<QueueStats>> {
  if (layoutOf(reach, queue).partitions === 1) {
    return callPartition(reach, queue, FIRST_PARTITION, (stub) => stub.stats());
  }
  const parts = await askAll(reach, queue, (stub) => stub.numbers());
  return parts.ok ? ok(merged(reach, queue, parts.value)) : parts;
}

function merged(reach: Reach, queue: string, parts: readonly PartitionNumbers[]): QueueStats {
  const all = parts.map(({ stats }) => stats);
  const layout = layoutOf(reach, queue);
  const workers = parts.flatMap((part) => part.workers);
  return {
    name: queue,
    ...countsOf(layout, parts[0]?.used ? parts[0].keyed : layout.keyed),
    ...mergedNumbers(all, workers),
    // Partition 0 has the settings that are true.
    config: (all[0] as QueueStats).config,
    ...statsOf({
      waits: mergedHistogram(parts.map(({ waits }) => waits)),
      runs: mergedHistogram(parts.map(({ runs }) => runs)),
      rowsWritten: sum(all.map(({ rowsWritten }) => rowsWritten)),
      alarmsSet: sum(all.map(({ alarmsSet }) => alarmsSet)),
      commits: sum(all.map(({ commits }) => commits)),
    }),
  };
}
