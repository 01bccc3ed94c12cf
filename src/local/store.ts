/**
 * What holds the tasks of a queue in this process: synchronous, each call whole or not at all. `LocalQueue` makes a port of
 * it: it adds time, waiting and workers. Two stores implement it: one of plain objects, one on SQLite.
 */

import type { QueueInfo, QueueStats, RunningWorker } from "../backend/expose.ts";
import type { BulkInput, ListQuery, VacuumInput } from "../protocol/types.ts";
import type { ConfigChange } from "../task/config.ts";
import type { Result } from "../task/result.ts";
import type {
  EventAnswer,
  HolderEvent,
  LostLease,
  NewTask,
  Pushed,
  QueueConfig,
  RawJson,
  TaskPatch,
} from "../task/task.ts";
import type { LeasedTaskView, TaskResultView, TaskView } from "../task/view.ts";

/** The instant of a call, and what others must be told once it stands. A call that is refused leaves it empty. */
export interface Occasion {
  /** ms since the epoch. */
  readonly now: number;
  /** Ids of tasks that became terminal. */
  readonly finished: Set<string>;
  /** Ids of tasks that are there no more. */
  readonly gone: Set<string>;
  /** Progress that was reported, as JSON text, by id. */
  readonly progress: Map<string, RawJson>;
  /** Leases that were taken back from a worker that did not ask for it, with its session. */
  readonly lost: { readonly session: string; readonly lease: LostLease }[];
  /** Sessions that were superseded. */
  readonly superseded: Set<string>;
}

export const occasionAt = (now: number): Occasion => ({
  now,
  finished: new Set(),
  gone: new Set(),
  progress: new Map(),
  lost: [],
  superseded: new Set(),
});

/** Who the worker is: its name, and its session where it has one. */
export interface Sender {
  readonly worker?: string | undefined;
  readonly session?: string | undefined;
}

export interface ClaimInput {
  readonly worker: string;
  /** Left out, the worker's present session is used, or one is opened. */
  readonly session?: string | undefined;
  /** 0 claims nothing: the events are applied, and the session is looked at. */
  readonly max: number;
  readonly autoStart: boolean;
  readonly events: readonly HolderEvent[];
}

export interface Claimed {
  readonly session: string;
  readonly tasks: readonly LeasedTaskView[];
  readonly events: readonly EventAnswer[];
}

export interface Session {
  readonly worker: string;
  readonly session: string;
  readonly orphanAfterMs: number;
}

/** Views hold JSON as text. Every refusal is a value, with the code and the words of the contract. */
export interface LocalStore {
  push(on: Occasion, tasks: readonly NewTask[]): Result<readonly Pushed[]>;
  /** Events first, then a claim, if the queue is not paused. */
  claim(on: Occasion, input: ClaimInput): Result<Claimed>;
  /** With a session, the leases must be its own; without, the lease is right enough. Either is a sign of life. */
  events(on: Occasion, sender: Sender, events: readonly HolderEvent[]): Result<readonly EventAnswer[]>;
  register(
    on: Occasion,
    input: {
      readonly worker: string;
      readonly session?: string | undefined;
      readonly layers?: readonly string[] | undefined;
      readonly info?: unknown;
    },
  ): Result<Session>;
  heartbeat(
    on: Occasion,
    sender: { readonly worker: string; readonly session: string },
  ): Result<{ orphanAfterMs: number }>;
  goodbye(on: Occasion, sender: { readonly worker: string; readonly session: string }): Result<{ released: number }>;
  /** Takes back the leases of the dead, of the slow to start, and of what ran too long. Answers how many. */
  sweep(on: Occasion): number;
  task(on: Occasion, id: string): Result<TaskView>;
  list(on: Occasion, query: ListQuery): Result<{ readonly tasks: readonly TaskView[]; readonly nextCursor?: string }>;
  update(on: Occasion, id: string, patch: TaskPatch): Result<TaskView>;
  reschedule(on: Occasion, id: string, runAt: number): Result<TaskView>;
  resume(on: Occasion, id: string): Result<boolean>;
  cancel(on: Occasion, id: string): Result<boolean>;
  remove(on: Occasion, id: string): Result<null>;
  bulk(on: Occasion, input: BulkInput): Result<{ matched: number; changed: number; more: boolean }>;
  vacuum(on: Occasion, input: VacuumInput): { vacuumed: number; more: boolean };
  /** Removes what the retention does not keep any longer, a slice of it: `nextDeadline` says when the next is due. */
  retain(on: Occasion): void;
  purge(on: Occasion): { purged: number; more: boolean };
  /** As never used. Whoever waits for a task of the queue is told without being named in `gone`. */
  drop(on: Occasion, force: boolean): Result<null>;
  /** An id that is in neither list did not fit the answer: ask for it again. */
  status(on: Occasion, ids: readonly string[]): { results: readonly TaskResultView[]; unknown: readonly string[] };
  workers(on: Occasion): readonly RunningWorker[];
  /** `queue_not_found` when the queue was never used. */
  info(on: Occasion): Result<QueueInfo>;
  stats(on: Occasion): QueueStats;
  config(): QueueConfig;
  configure(on: Occasion, change: ConfigChange): QueueConfig;
  /** Whether a task is claimable now, were the queue not paused. */
  hasDue(on: Occasion): boolean;
  /** The earliest instant at which a task falls due, or `null`. */
  nextDueAt(on: Occasion): number | null;
  /**
   * The earliest instant at which a lease must be looked at, or a retention ends, or `null`. Asked for after every
   * operation.
   */
  nextDeadline(on: Occasion): number | null;
  /**
   * Resolves once all that was done so far is durable; rejects if it is undone instead. Until then nobody may be told of
   * it, neither the caller nor who waits. Left out by a store in which it is so as the call returns.
   */
  flushed?(): Promise<void>;
  close(): void;
}
