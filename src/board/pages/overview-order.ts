/** Which queues the overview shows, and in which order. */

import { STATUSES } from "../status.tsx";
import type { QueueInfo } from "../types.ts";
import { billedRows } from "./cost.ts";

type Status = (typeof STATUSES)[number];

const COLUMNS = ["name", ...STATUSES, "pushed", "done", "due", "wait", "workers", "cost", "activity"] as const;
export type Column = (typeof COLUMNS)[number];

export const columnOf = (text: string | null): Column => COLUMNS.find((column) => column === text) ?? "name";

const numberOf = (queue: QueueInfo, column: Exclude<Column, "name">): number => {
  switch (column) {
    case "pushed":
      return queue.rates.pushed;
    case "done":
      return queue.rates.done;
    case "due":
      return queue.oldestDueAgeMs ?? -1;
    case "workers":
      return queue.workers;
    case "wait":
      return queue.waitMs?.p99 ?? -1;
    case "cost":
      return billedRows(queue);
    case "activity":
      return queue.activity.reduce((sum, day) => sum + day, 0);
    default:
      return queue.counts[column satisfies Status];
  }
};

/** Numbers stand largest first, names from A on; queues that are equal keep the order of their names. */
export function arranged(
  queues: Iterable<QueueInfo>,
  { name, column, isTurned }: { readonly name: string; readonly column: Column; readonly isTurned: boolean },
): QueueInfo[] {
  const wanted = name.toLowerCase();
  const shown = [...queues].filter((queue) => queue.name.toLowerCase().includes(wanted));
  const byName = (a: QueueInfo, b: QueueInfo) => (a.name < b.name ? -1 : 1);
  const turn = isTurned ? -1 : 1;
  return shown.sort((a, b) => {
    if (column === "name") return turn * byName(a, b);
    const difference = numberOf(b, column) - numberOf(a, column);
    return difference === 0 ? byName(a, b) : turn * difference;
  });
}
