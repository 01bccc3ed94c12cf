/**
 * What a queue must be able to do for all the traits to be built on it. `QueueBackend` does that; a port is a queue in
 * this process, or one that is far away. JSON is held as values, but for tasks to be pushed, which are text already.
 * Every refusal is thrown as a PriniaError.
 */

import type { BulkVerb } from "../task/bulk.ts";
import type { ConfigChange } from "../task/config.ts";
import type { EventAnswer, HolderEvent, Pushed, QueueConfig } from "../task/task.ts";
import type { LeasedTaskView, TaskResultView, TaskView } from "../task/view.ts";
import type { Clock } from "./clock.ts";
import type { WorkerContext } from "./context.ts";
import type { Filter, QueueInfo, QueueStats, RunningWorker, Totals } from "./expose.ts";
import type { PollStrategy } from "./poll-strategy.ts";

/** A task to be pushed, as JSON text. */
export interface TaskText {
  readonly text: string;
  /** Whether it may be sent again when its outcome is unknown: it has an idempotency key that stays. */
  readonly repeatable: boolean;
  /** Its key was made here and is nobody else's: if its task is there already, an earlier try of ours has made it. */
  readonly minted?: true;
  /** What its partition is found by, where the queue has several; any will do when it is left out. */
  readonly key?: string | undefined;
}

/** Exactly one of the two, ms. */
export interface When {
  readonly delayMs?: number | undefined;
  readonly runAt?: number | undefined;
}

/** Changes to a task: encoded args, and `null` to clear. */
export interface Changes {
  readonly args?: unknown;
  readonly priority?: number | undefined;
  readonly runAt?: number | undefined;
  readonly maxAttempts?: number | undefined;
  readonly backoff?: object | null | undefined;
  readonly timeoutMs?: number | null | undefined;
  readonly meta?: Readonly<Record<string, unknown>> | null | undefined;
  readonly revision?: number | undefined;
}

/** Which tasks: named, or found. */
type Selection =
  | { readonly ids: readonly string[] }
  | { readonly filter: Pick<Filter, "status" | "groupKey" | "after" | "before"> };

export type BulkOrder = Selection &
  When & { readonly limit?: number | undefined; readonly dryRun?: boolean | undefined };

export interface BulkAnswer {
  readonly matched: number;
  readonly changed: number;
  readonly more: boolean;
}

export interface VacuumOrder {
  readonly olderThanMs?: number | undefined;
  readonly status?: "Done" | "Killed" | undefined;
  readonly limit?: number | undefined;
}

export interface TaskViewPage {
  readonly tasks: readonly TaskView<unknown>[];
  readonly nextCursor?: string | undefined;
  readonly asOf?: number | undefined;
}

/** One entry of a wait: a result, or why there will be none. */
export type WaitView = TaskResultView<unknown> | { readonly id: string; readonly error: { readonly code: string } };

export interface Introduction {
  readonly worker: string;
  readonly session?: string | undefined;
  readonly layers?: readonly string[] | undefined;
  readonly info?: unknown;
}

export interface Registered {
  readonly worker: string;
  readonly session: string;
  readonly orphanAfterMs: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export type PushedResult = Pushed & Partial<Pick<TaskResultView<unknown>, "attempt" | "result" | "codec">>;

/** One queue. */
export interface QueuePort {
  readonly queue: string;
  /** Whether it is told of tasks as they come: it has no use for a strategy of polling. */
  readonly isPushed?: true;
  /** Nothing more is to be asked for now: what is kept open for the next call is closed, once nobody needs it. */
  rest?(): void;
  /** All or none, in order; at most 1,000 tasks and 8 MiB. */
  push(tasks: readonly TaskText[], options?: CallOptions): Promise<readonly Pushed[]>;
  /**
   * Pushes one task and waits for it in the same call, where the way to the queue saves one by that.
   *
   * @returns what a push does; with what the task came to, if it ended within `waitMs` (0 to 25,000)
   */
  pushAndWait?(task: TaskText, options: CallOptions & { readonly waitMs: number }): Promise<PushedResult>;
  fetch(id: string): Promise<TaskView<unknown>>;
  list(filter: Filter): Promise<TaskViewPage>;
  update(id: string, changes: Changes): Promise<TaskView<unknown>>;
  reschedule(id: string, when: When): Promise<TaskView<unknown>>;
  resume(id: string): Promise<boolean>;
  cancel(id: string): Promise<boolean>;
  remove(id: string): Promise<void>;
  bulk(verb: BulkVerb, order: BulkOrder): Promise<BulkAnswer>;
  events(events: readonly HolderEvent[]): Promise<readonly EventAnswer[]>;
  register(introduction: Introduction): Promise<Registered>;
  resumeAbandoned(): Promise<number>;
  vacuum(order: VacuumOrder): Promise<{ readonly vacuumed: number; readonly more: boolean }>;
  purge(): Promise<{ readonly purged: number; readonly more: boolean }>;
  drop(force: boolean): Promise<void>;
  /** At most 1,000 ids. */
  status(ids: readonly string[]): Promise<{
    readonly results: readonly TaskResultView<unknown>[];
    readonly unknown: readonly string[];
  }>;
  /** Yields each id once, as soon as it is terminal; any number of ids, in any number of requests. */
  wait(ids: readonly string[], options: WaitPortOptions): AsyncIterableIterator<WaitView>;
  workers(): Promise<readonly RunningWorker[]>;
  info(): Promise<QueueInfo>;
  stats(): Promise<QueueStats>;
  config(): Promise<QueueConfig>;
  configure(change: ConfigChange): Promise<QueueConfig>;
  /** A worker's side of the queue. Called once for each worker context. */
  connect(worker: WorkerContext, options: FeedOptions): Feed;
}

export interface WaitPortOptions extends CallOptions {
  /** Is told of progress while the wait lasts; nothing is asked for without it. */
  readonly onProgress?: ((id: string, progress: unknown) => void) | undefined;
}

/** All queues of one place. */
export interface DirectoryPort {
  queues(page: { readonly limit?: number | undefined; readonly cursor?: string | undefined }): Promise<{
    readonly queues: readonly QueueInfo[];
    readonly nextCursor?: string | undefined;
  }>;
  tasks(filter: Filter): Promise<TaskViewPage>;
  workers(): Promise<readonly RunningWorker[]>;
  stats(): Promise<Totals>;
}

/** A place where queues are, and the way to it. */
export interface Transport {
  /** The port of a queue; nothing is sent. */
  queue(name: string): QueuePort;
  readonly directory: DirectoryPort;
}

export interface FeedOptions {
  /** When to poll, for a queue that is polled. A port that is told of tasks as they come has no use for it. */
  readonly strategy?: PollStrategy | undefined;
  readonly clock: Clock;
}

/**
 * A worker's side of a queue: it brings tasks and takes reports. It never ends by itself on a passing error: it emits a
 * `break` event, tries again, and goes on with what it held.
 */
export interface Feed {
  /**
   * Tasks as they come, `null` when there is nothing now. Throws only when the worker is refused: its token, its name.
   * `return()` takes no more, and gives back what waits for a slot here; it resolves once that was said.
   */
  readonly tasks: () => AsyncIterableIterator<LeasedTaskView<unknown> | null>;
  /**
   * Takes what the holder of a lease has to say: sent soon, in order, again after a break, until it is answered. An answer
   * that refuses becomes a `refused` event; one that says that the lease is gone, `worker.lose`. After an ack, a snooze or
   * a release the lease is not held any more.
   */
  readonly report: (event: HolderEvent) => void;
  /** Signs of life as they are answered. `return()` waits until every report was answered, then says goodbye. */
  readonly beats: () => AsyncIterableIterator<void>;
}
