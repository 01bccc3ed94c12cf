/** Traits for looking at queues: what a board or a monitor needs. */

import type { Percentiles } from "../task/histogram.ts";
import type { Counts, Status } from "../task/status.ts";
import type { QueueConfig } from "../task/task.ts";
import type { Backend } from "./backend.ts";
import type { TaskSink } from "./sink.ts";
import type { Task } from "./task.ts";

/** Which tasks a list shows. */
export interface Filter {
  /** All when left out. */
  readonly status?: Status | undefined;
  readonly groupKey?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** Created at this instant or later, ms since the epoch. */
  readonly after?: number | undefined;
  /** Created before this instant. */
  readonly before?: number | undefined;
  readonly order?: "newest" | "oldest" | undefined;
  /** 1 to 1,000; 50 when left out. */
  readonly limit?: number | undefined;
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** A page of a list. Only the lack of `nextCursor` ends the list: a page may be short, even empty. */
export interface Page<T> {
  readonly tasks: readonly T[];
  readonly nextCursor?: string;
}

/** A worker, as the queue knows it. */
export interface RunningWorker {
  readonly id: string;
  readonly queue: string;
  readonly startedAt: number;
  readonly heardAt: number;
  readonly layers: readonly string[];
  /** How many leases it holds. */
  readonly leases: number;
  /** Whether it was heard within `orphanAfterMs`. */
  readonly alive: boolean;
}

/** Events per second, over the last minute. */
export interface Rates {
  readonly pushed: number;
  readonly done: number;
  readonly failed: number;
  readonly killed: number;
}

interface Numbers {
  readonly counts: Counts;
  /** Workers that are alive. */
  readonly workers: number;
  /** For how long the task that is due longest has been due, ms; `null` when none is. */
  readonly oldestDueAgeMs: number | null;
  readonly rates: Rates;
  /** Tasks pushed on each of the last seven days (UTC), oldest first. */
  readonly activity: readonly number[];
}

export interface QueueInfo extends Numbers {
  readonly name: string;
  readonly partitions: number;
  readonly config: QueueConfig;
}

export interface QueueStats extends QueueInfo {
  /** From due to claimed, ms. */
  readonly waitMs: Percentiles | null;
  /** From started to ended, ms. */
  readonly runMs: Percentiles | null;
}

/** Sums over all queues. */
export interface Totals extends Numbers {
  readonly queues: number;
}

export interface ListWorkers {
  /** Workers of this queue: those that live, and those that still hold leases. */
  listWorkers(): Promise<readonly RunningWorker[]>;
  listAllWorkers(): Promise<readonly RunningWorker[]>;
}

export interface ListTasks<Args = unknown, Out = unknown> {
  /** A page of this queue's tasks. One that cannot be decoded is listed too, with `undecodable`. */
  listTasks(filter?: Filter): Promise<Page<Task<Args, Out>>>;
}

export interface ListAllTasks {
  /** A page of the tasks of all queues, args as they stand on the wire. */
  listAllTasks(filter?: Filter): Promise<Page<Task>>;
}

export interface ListQueues {
  /** All queues that were ever used, by name. */
  listQueues(): Promise<readonly QueueInfo[]>;
}

export interface Metrics {
  /** Numbers over all queues. */
  global(): Promise<Totals>;
  /** Numbers of this queue. */
  fetchByQueue(): Promise<QueueStats>;
}

/** All that a board asks of a backend. */
export interface Expose<Args = unknown, Out = unknown, Input = Args>
  extends Backend<Args, Out>,
    Metrics,
    ListWorkers,
    ListQueues,
    ListAllTasks,
    ListTasks<Args, Out>,
    TaskSink<Input> {}

export type StatType = "Timestamp" | "Number" | "Decimal" | "Percentage";

/** One number for a board, as text. A lower `priority` is more important. */
export interface Statistic {
  readonly title: string;
  readonly statType: StatType;
  readonly value: string;
  readonly priority: number;
}

/** Numbers as a list of statistics, the most important first. */
export function statistics({ counts, workers, oldestDueAgeMs, rates }: Numbers): Statistic[] {
  const number = (title: string, value: number, priority: number): Statistic => ({
    title,
    statType: Number.isInteger(value) ? "Number" : "Decimal",
    value: String(value),
    priority,
  });
  const ended = counts.Done + counts.Killed;
  const share = (part: number): string => (ended === 0 ? "0" : ((100 * part) / ended).toFixed(2));
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return [
    number("RUNNING_JOBS", counts.Running, 1),
    number("PENDING_JOBS", counts.Pending, 1),
    number("FAILED_JOBS", counts.Failed, 2),
    number("QUEUED_JOBS", counts.Queued, 2),
    number("ACTIVE_JOBS", counts.Pending + counts.Queued + counts.Running, 2),
    { title: "KILL_RATE", statType: "Percentage", value: share(counts.Killed), priority: 2 },
    number("RUNNING_WORKERS", workers, 3),
    number("PUSHED_PER_SECOND", rates.pushed, 3),
    number("DONE_PER_SECOND", rates.done, 3),
    number("TOTAL_JOBS", all, 4),
    number("DONE_JOBS", counts.Done, 4),
    number("KILLED_JOBS", counts.Killed, 4),
    { title: "SUCCESS_RATE", statType: "Percentage", value: share(counts.Done), priority: 4 },
    number("OLDEST_DUE_AGE_MS", oldestDueAgeMs ?? 0, 5),
  ];
}
