/** vacuum, retention and purge: tasks that go. */

import { MAX_SLICE, MAX_SLICES } from "../../limits.ts";
import type { VacuumInput } from "../../protocol/types.ts";
import { earliest } from "../../task/instant.ts";
import { passIntervalMs, removableAt } from "../../task/retention.ts";
import type { MemoryTask } from "./task.ts";
import type { Memory, Work } from "./work.ts";

type Terminal = "Done" | "Killed";
const TERMINAL = ["Done", "Killed"] as const satisfies Terminal[];

/** Removed by one call before it answers `more`. */
const MOST = MAX_SLICE * MAX_SLICES;

export function vacuum(work: Work, order: VacuumInput): { vacuumed: number; more: boolean } {
  const limit = Math.min(order.limit ?? MOST, MOST);
  const statuses = order.status === undefined ? TERMINAL : [order.status];
  let vacuumed = 0;
  for (const status of statuses) {
    for (let task = due(work, status, order); task; task = due(work, status, order)) {
      if (vacuumed === limit) return { vacuumed, more: true };
      work.apply(task, { type: "vacuum", doneBy: Number.MAX_SAFE_INTEGER });
      vacuumed++;
    }
  }
  return { vacuumed, more: false };
}

/** The task of this status that ended first, if it may go. */
function due({ memory, on }: Work, status: Terminal, order: VacuumInput): MemoryTask | undefined {
  const task = memory.places.ended[status].first;
  const at = task && removableAt(order, status, task.state.doneAt ?? 0, memory.config.retention);
  return at !== undefined && at !== null && at <= on.now ? task : undefined;
}

/** When retention is to be seen to, ms, or `null`: not more often than its passes may come. */
export function nextRetentionAt({ places, config, retainedAt }: Memory): number | null {
  const instants = TERMINAL.map((status) => {
    const doneAt = places.ended[status].first?.state.doneAt ?? null;
    return doneAt === null ? null : removableAt({}, status, doneAt, config.retention);
  });
  const at = earliest(...instants);
  return at === null ? null : Math.max(at, retainedAt + passIntervalMs(config.retention));
}

/** Removes a slice of what the retention does not keep any longer, when it is time. */
export function retain(work: Work): void {
  const at = nextRetentionAt(work.memory);
  if (at === null || at > work.on.now) return;
  if (!vacuum(work, { limit: MAX_SLICE }).more) work.memory.retainedAt = work.on.now;
}

/** Removes all that is not leased. */
export function purge(work: Work): { purged: number; more: boolean } {
  let purged = 0;
  for (const task of work.memory.tasks.walk({}, false, null)) {
    if (task.holder !== null) continue;
    if (purged === MOST) return { purged, more: true };
    work.apply(task, { type: "delete" });
    purged++;
  }
  return { purged, more: false };
}
