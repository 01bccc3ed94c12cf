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
import type { Settings } from "../store/config.ts";
import type { SessionRow } from "../store/sessions.ts";
import type { Histogram } from "../task/histogram.ts";
import type { Layout } from "../task/layout.ts";
import type { Meters } from "../task/meters.ts";
import type { Series } from "../task/queue-history.ts";
import type { Result } from "../task/result.ts";
import type { EventAnswer, NewTask, Pushed, QueueConfig, TaskPatch } from "../task/task.ts";
import type { ScheduleInput, ScheduleText } from "./schedules.ts";

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
  readonly keyedPartitions?: number;
  readonly draining?: number;
  readonly hash?: "fnv1a32";
  readonly protocol: 1;
}

/** What partition 0 decides for all. */
export interface Foundation {
  /** How many partitions take keys, for as long as the queue is there. */
  readonly keyed: number;
  readonly settings: Settings;
}

/** A session, and who says that it is one. */
export interface Voucher {
  readonly card: SessionRow;
  readonly settings: Settings;
}

/** All numbers of a partition, such that those of several can be put together. */
export interface PartitionNumbers {
  readonly used: boolean;
  /** How many partitions of the queue take keys. */
  readonly keyed: number;
  readonly stats: QueueStats;
  readonly workers: readonly WorkerInfo[];
  readonly waits: Histogram;
  readonly runs: Histogram;
}

/** What one partition did of late, to be put together with others. */
export interface PartitionHistory extends Series {
  /** The instant of the reading, ms. */
  readonly now: number;
}

/**
 * One partition of a queue. Inputs are validated by the caller; refusals come back as values, and only bugs throw.
 * A queue that was never used reads as empty, and reading does not create it. Calls that may be a queue's first
 * bring its layout, if it is divided.
 */
export interface QueueApi {
  push(tasks: readonly NewTask[], layout?: Layout): Promise<Result<Pushed[]>>;
  poll(
    input: PollInput,
    layout?: Layout,
  ): Promise<Result<{ session: string; tasks: TaskText[]; events: EventAnswer[] }>>;
  events(input: EventsInput): Promise<Result<{ events: EventAnswer[] }>>;
  register(input: RegisterInput, layout?: Layout): Promise<Result<Registered>>;
  heartbeat(input: { worker: string; session: string }): Promise<Result<{ orphanAfterMs: number }>>;
  goodbye(input: { worker: string; session: string }): Promise<Result<{ released: number }>>;
  workers(): Promise<Result<{ workers: WorkerInfo[] }>>;
  task(id: string): Promise<Result<TaskText>>;
  list(query: ListQuery): Promise<Result<{ tasks: TaskText[]; nextCursor?: string; reached?: number }>>;
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
  configure(patch: ConfigPatch, layout?: Layout): Promise<Result<QueueConfig>>;
  /** All numbers at once. */
  numbers(): Promise<Result<PartitionNumbers>>;
  history(): Promise<Result<PartitionHistory>>;
  /** The session that a worker without one speaks with: its present one, or a new one. */
  introduce(input: { worker: string }, layout?: Layout): Promise<Result<{ session: string }>>;
  /** A session was begun elsewhere under a name that is taken here: then it is taken here too. */
  meet(input: { worker: string; session: string }): Promise<Result<null>>;
  settings(): Promise<Result<Settings>>;
  /** Takes over newer settings. */
  settle(settings: Settings): Promise<Result<null>>;
  /** Asked of partition 0 by the others. */
  found(keyed: number): Promise<Result<Foundation>>;
  /** Asked by other partitions of the one that began the session; or of partition 0, of a worker's present one. */
  vouch(input: { worker?: string | undefined; session?: string | undefined }): Promise<Result<Voucher>>;
  /** JSON text of each. */
  schedules(): Promise<Result<ScheduleText[]>>;
  schedule(name: string): Promise<Result<ScheduleText>>;
  /** Makes a schedule, or sets it anew. */
  putSchedule(input: ScheduleInput, layout?: Layout): Promise<Result<ScheduleText>>;
  pauseSchedule(input: { name: string; paused: boolean }): Promise<Result<ScheduleText>>;
  deleteSchedule(name: string): Promise<Result<null>>;
  /** Pushes its task now. */
  runSchedule(name: string): Promise<Result<Pushed>>;
  health(): Promise<Result<null>>;
}

/** What a queue, or one partition of it, has done and cost since its first use. */
export interface Measures {
  readonly meters: Meters;
  readonly waits: Histogram;
  readonly runs: Histogram;
  readonly rowsWritten: number;
  readonly alarmsSet: number;
  readonly commits: number;
  /** Sockets that are open, with those of waits and long polls. */
  readonly sockets: number;
  /** When the task is due that is due longest, or else first, ms; `null` when none waits. */
  readonly dueAt: number | null;
}

/** What a queue tells the directory of itself. */
export interface Snapshot {
  readonly info: QueueInfo;
  /** 0 where it is left out. */
  readonly partition?: number;
  readonly workers: readonly WorkerInfo[];
  /** The instant of the reading, ms. */
  readonly at: number;
  /** Missing in the reports of an older version. */
  readonly measures?: Measures;
}

/** A snapshot as it is scraped. */
export type Measured = Pick<Snapshot, "info" | "at" | "measures">;

/** Names that a caller may see: each exact, or a prefix that ends in `*`; `null` means all. */
export type QueuePatterns = readonly string[] | null;

/** Totals over the queues of an answer. */
export type Totals = Pick<QueueInfo, "counts" | "workers" | "oldestDueAgeMs" | "rates" | "activity"> & {
  readonly queues: number;
  readonly asOf: number;
};

/** A queue in a list. */
type Listed = QueueInfo & Partial<QueueStats>;

/** Which queues exist, with a snapshot of each. Never on the push path. */
export interface DirectoryApi {
  report(snapshot: Snapshot): Promise<void>;
  forget(queue: string, partition: number): Promise<void>;
  /** By name, ascending. `cursor` is the last name of the page before. `asOf` is the oldest reading of the answer, or now. */
  queues(input: {
    patterns: QueuePatterns;
    limit: number;
    after?: string;
    /** Whether each comes with its percentiles and its cost, as far as they were reported. */
    stats?: boolean;
  }): Promise<Result<{ queues: Listed[]; more: boolean; asOf: number }>>;
  workers(input: { patterns: QueuePatterns }): Promise<Result<{ workers: WorkerInfo[]; asOf: number }>>;
  stats(input: { patterns: QueuePatterns }): Promise<Result<Totals>>;
  /** By name, ascending; `omitted` is how many more there are than `limit`. */
  metrics(input: { patterns: QueuePatterns; limit: number }): Promise<Result<{ queues: Measured[]; omitted: number }>>;
  health(): Promise<Result<null>>;
}
