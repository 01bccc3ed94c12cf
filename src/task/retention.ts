/** How long terminal tasks are kept, and how often the queue looks for those whose time is over. */

import { MIN_PASS_MS } from "../limits.ts";
import type { QueueConfig } from "./task.ts";

type Retention = QueueConfig["retention"];

/** When a terminal task may go, or `null` for never. */
export function keptUntil(status: "Done" | "Killed", doneAt: number, retention: Retention): number | null {
  const keptMs = status === "Done" ? retention.doneMs : retention.killedMs;
  return keptMs === null ? null : doneAt + keptMs;
}

/** Terminal for longer than `olderThanMs`; by the queue's retention when it is left out. 0 is every terminal task. */
export interface Age {
  readonly olderThanMs?: number | undefined;
}

/** When a vacuum may take a terminal task, or `null` for never. */
export function removableAt(
  { olderThanMs }: Age,
  status: "Done" | "Killed",
  doneAt: number,
  retention: Retention,
): number | null {
  if (olderThanMs === undefined) return keptUntil(status, doneAt, retention);
  return olderThanMs === 0 ? 0 : doneAt + olderThanMs;
}

/**
 * The least time between two passes over the rows: a tenth of the shortest retention, so that no task outstays its time
 * by more, and a second at least, so that a retention of nothing does not keep the object busy. So it is when all is
 * kept for ever: a pass that began under other settings may still ask.
 */
export function passIntervalMs({ doneMs, killedMs }: Retention): number {
  const shortest = Math.min(doneMs ?? Number.POSITIVE_INFINITY, killedMs ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(shortest) ? Math.max(MIN_PASS_MS, Math.floor(shortest / 10)) : MIN_PASS_MS;
}
