/** The functions that a backend of one's own is made of. */

import type {
  FetchById,
  RegisterWorker,
  Reschedule,
  ResumeAbandoned,
  ResumeById,
  TaskStream,
  Update,
  Vacuum,
  WaitForCompletion,
} from "./backend.ts";
import type { Clock } from "./clock.ts";
import type { WorkerContext } from "./context.ts";
import type { ListAllTasks, ListQueues, ListTasks, ListWorkers, Metrics } from "./expose.ts";
import type { FetchedTask } from "./fetched.ts";
import type { HolderReport } from "./holder-report.ts";
import type { Layer } from "./layer.ts";
import type { PollStrategy } from "./poll-strategy.ts";
import type { Queue } from "./queue.ts";
import type { Push } from "./sink-of.ts";
import type { LeasedTask } from "./task.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the functions take and give is told from them
export type Any = any;

/** Tasks are fetched at each tick of a strategy. */
export interface FetcherFunctions<Args = Any, Out = Any> {
  /**
   * Takes tasks for a worker, at most `max` of them; none is no error. What it throws is a passing error: the worker tells
   * it as a `break`, waits, and tries again. A PriniaError that is a refusal ends the worker.
   */
  readonly fetcher: (
    worker: WorkerContext,
    max: number,
    signal: AbortSignal,
  ) => Promise<readonly FetchedTask<Args, Out>[]>;
  readonly strategy: PollStrategy;
  /**
   * Is told what became of a task, in order for each of them. What it throws is passing, and it is told again; it must
   * not mind to hear the same twice. A PriniaError `lease_lost` says that the worker has lost the task. Left out, nobody
   * is told: what was fetched when a worker stops, and has not begun, is then gone with it.
   */
  readonly ack?: (report: HolderReport<Out>, worker: WorkerContext) => Promise<unknown>;
  /** Is called every 20 s while nothing else was. */
  readonly keepAlive?: (worker: WorkerContext) => Promise<unknown>;
  readonly goodbye?: (worker: WorkerContext) => Promise<unknown>;
  readonly poll?: never;
  readonly heartbeat?: never;
  readonly middleware?: never;
}

/** A stream of tasks of one's own: then everything about it is. */
export interface StreamFunctions<Args = Any, Out = Any> {
  readonly poll: (worker: WorkerContext) => TaskStream<LeasedTask<Args, Out>>;
  /** Left out, it never beats. */
  readonly heartbeat?: (worker: WorkerContext) => AsyncIterableIterator<void>;
  /** Left out, nobody is told what became of a task. */
  readonly middleware?: () => Layer;
  readonly fetcher?: never;
  readonly strategy?: never;
  readonly ack?: never;
  readonly keepAlive?: never;
  readonly goodbye?: never;
}

/** Traits that are what they are given: a method of that name. */
export type Given = FetchById<Any, Any> &
  Update<Any, Any> &
  Reschedule &
  Vacuum &
  ResumeById &
  ResumeAbandoned &
  RegisterWorker &
  WaitForCompletion<Any> &
  ListWorkers &
  ListTasks<Any, Any> &
  ListAllTasks &
  ListQueues &
  Metrics;

export interface MoreFunctions extends Partial<Given> {
  /** Its name makes it a `BackendExt`. */
  readonly queue?: Queue;
  /** Takes tasks: makes it a `TaskSink`. */
  readonly sink?: Push<Any>;
  readonly clock?: Clock;
}

export type CustomFunctions = (FetcherFunctions | StreamFunctions) & MoreFunctions;
