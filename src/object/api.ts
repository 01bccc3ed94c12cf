/** What the router and service bindings may call on the objects: one interface each, everything by value. */

import type {
  BulkInput,
  ConfigPatch,
  EventsInput,
  ListQuery,
  PollInput,
  QueueInfo,
  QueueStats,
  RegisterInput,
  VacuumInput,
  WorkerInfo,
} from "../protocol/types.ts";
import type { Result } from "../task/result.ts";
import type { EventAnswer, NewTask, Pushed, QueueConfig, TaskPatch } from "../task/task.ts";

/** A Task, a LeasedTask or a TaskResult as JSON text: `args` are never parsed on the way. */
export type TaskText = string;

/** When to run: exactly one of the two. */
export interface When {
  readonly delayMs?: number | undefined;
  readonly runAt?: number | undefined;
}

export interface Registered {
  readonly worker: string;
  readonly session: string;
  readonly orphanAfterMs: number;
  readonly partitions: number;
  readonly protocol: 1;
}

/**
 * One partition of a queue. Inputs are validated by the caller; refusals come back as values, and only bugs throw.
 * A queue that was never used reads as empty, and reading does not create it.
 */
export interface QueueApi {
  push(tasks: readonly NewTask[]): Promise<Result<Pushed[]>>;
  poll(input: PollInput): Promise<Result<{ session: string; tasks: TaskText[]; events: EventAnswer[] }>>;
  events(input: EventsInput): Promise<Result<{ events: EventAnswer[] }>>;
  register(input: RegisterInput): Promise<Result<Registered>>;
  heartbeat(input: { worker: string; session: string }): Promise<Result<{ orphanAfterMs: number }>>;
  goodbye(input: { worker: string; session: string }): Promise<Result<{ released: number }>>;
  workers(): Promise<Result<{ workers: WorkerInfo[] }>>;
  task(id: string): Promise<Result<TaskText>>;
  list(query: ListQuery): Promise<Result<{ tasks: TaskText[]; nextCursor?: string }>>;
  update(input: { id: string; patch: TaskPatch }): Promise<Result<TaskText>>;
  reschedule(input: { id: string } & When): Promise<Result<TaskText>>;
  resume(id: string): Promise<Result<{ resumed: boolean }>>;
  cancel(id: string): Promise<Result<{ cancelled: boolean }>>;
  remove(id: string): Promise<Result<null>>;
  bulk(input: BulkInput): Promise<Result<{ matched: number; changed: number; more: boolean }>>;
  purge(): Promise<Result<{ purged: number; more: boolean }>>;
  drop(input: { force: boolean }): Promise<Result<null>>;
  resumeAbandoned(): Promise<Result<{ resumed: number }>>;
  vacuum(input: VacuumInput): Promise<Result<{ vacuumed: number; more: boolean }>>;
  status(ids: readonly string[]): Promise<Result<{ results: TaskText[]; unknown: string[] }>>;
  info(): Promise<Result<QueueInfo>>;
  stats(): Promise<Result<QueueStats>>;
  config(): Promise<Result<QueueConfig>>;
  configure(patch: ConfigPatch): Promise<Result<QueueConfig>>;
  health(): Promise<Result<null>>;
}

/** What a queue tells the directory of itself. */
export interface Snapshot {
  readonly info: QueueInfo;
  readonly workers: readonly WorkerInfo[];
  /** The instant of the reading, ms. */
  readonly at: number;
}

/** Names that a caller may see: each exact, or a prefix that ends in `*`; `null` means all. */
export type QueuePatterns = readonly string[] | null;

/** Totals over the queues of an answer. */
export type Totals = Pick<QueueInfo, "counts" | "workers" | "oldestDueAgeMs" | "rates" | "activity"> & {
  readonly queues: number;
  readonly asOf: number;
};

/** Which queues exist, with a snapshot of each. Never on the push path. */
export interface DirectoryApi {
  report(snapshot: Snapshot): Promise<void>;
  forget(queue: string): Promise<void>;
  /** By name, ascending. `cursor` is the last name of the page before. `asOf` is the oldest reading of the answer, or now. */
  queues(input: {
    patterns: QueuePatterns;
    limit: number;
    after?: string;
  }): Promise<Result<{ queues: QueueInfo[]; more: boolean; asOf: number }>>;
  workers(input: { patterns: QueuePatterns }): Promise<Result<{ workers: WorkerInfo[]; asOf: number }>>;
  stats(input: { patterns: QueuePatterns }): Promise<Result<Totals>>;
  health(): Promise<Result<null>>;
}
