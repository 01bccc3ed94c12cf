/** The numbers of a divided queue from those of its partitions. */

import { STATUSES } from "../status.tsx";
import type { QueueStats } from "../types.ts";

type Percentiles = QueueStats["waitMs"];

/**
 * Sums, where numbers can be added up. Of percentiles and of the oldest due task the worst partition's is told. A worker
 * is at all partitions: so as many are told as the partition with the most has.
 *
 * @param parts one at least
 */
export function mergedStats(parts: readonly QueueStats[]): QueueStats {
  const [first] = parts;
  if (first === undefined) throw new RangeError("A queue has a partition.");
  if (parts.length === 1) return first;
  const sum = (of: (part: QueueStats) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const counts = Object.fromEntries(STATUSES.map((status) => [status, sum((part) => part.counts[status])]));
  const rate = (name: keyof QueueStats["rates"]): number => sum((part) => part.rates[name]);
  return {
    ...first,
    counts: counts as QueueStats["counts"],
    workers: Math.max(...parts.map(({ workers }) => workers)),
    oldestDueAgeMs: worst(parts.map(({ oldestDueAgeMs }) => oldestDueAgeMs)),
    rates: { pushed: rate("pushed"), done: rate("done"), failed: rate("failed"), killed: rate("killed") },
    activity: first.activity.map((_, day) => sum((part) => part.activity[day] ?? 0)),
    waitMs: worstOf(parts.map(({ waitMs }) => waitMs)),
    runMs: worstOf(parts.map(({ runMs }) => runMs)),
    rowsWritten: sum((part) => part.rowsWritten),
    alarmsSet: sum((part) => part.alarmsSet),
    commits: sum((part) => part.commits),
  };
}

function worst(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function worstOf(all: readonly Percentiles[]): Percentiles {
  const known = all.filter((one) => one !== null);
  if (known.length === 0) return null;
  const most = (name: "p50" | "p90" | "p99"): number => Math.max(...known.map((one) => one[name]));
  return { p50: most("p50"), p90: most("p90"), p99: most("p99") };
}
