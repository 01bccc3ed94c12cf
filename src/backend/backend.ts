/** The traits of a backend: small capabilities, each asked for by its type. Named and grouped as in apalis. */

import type { Duration } from "../task/duration.ts";
import type { Codec } from "./codec.ts";
import type { WorkerContext } from "./context.ts";
import type { Layer } from "./layer.ts";
import type { Registered } from "./port.ts";
import type { Queue } from "./queue.ts";
import type { LeasedTask, NoResult, Task, TaskRef, TaskResult, TaskStatus } from "./task.ts";

/**
 * What a worker polls. `null` means that nothing is there to be done now. A stream never ends on a passing error: it emits
 * a `break` event and tries again; it throws only when it is refused.
 */
export type TaskStream<T = LeasedTask> = AsyncIterableIterator<T | null>;

/** A source of tasks. */
export interface Backend<Args = unknown, Out = unknown> {
  /** Signs of life: one for each that was answered. Its `return()` says what is left to be said, and goodbye. */
  heartbeat(worker: WorkerContext): AsyncIterableIterator<void>;
  /** What must stand around every handler of this backend: it says that tasks begin, and how they end. */
  middleware(): Layer;
  /** Tasks for this worker. Its `return()` takes no more, and gives back what was not begun. */
  poll(worker: WorkerContext): TaskStream<LeasedTask<Args, Out>>;
}

/** How a backend encodes what it holds. */
export interface BackendExt<Args = unknown, Out = unknown> extends Backend<Args, Out> {
  /** The codec that tasks are written with. */
  codec(): Codec;
  getQueue(): Queue;
  /** As `poll`, with args as they stand on the wire. */
  pollCompact(worker: WorkerContext): TaskStream<LeasedTask<unknown, unknown>>;
}

export interface FetchById<Args = unknown, Out = unknown> {
  /**
   * @returns `null` when there is no such task
   * @throws CodecError when its args cannot be decoded
   */
  fetchById(id: TaskRef): Promise<Task<Args, Out> | null>;
}

/** What can be changed of a task that is not leased and not Done; `null` clears. */
export interface Writable<Args = unknown> {
  readonly args?: Args;
  readonly priority?: number;
  /** ms since the epoch. */
  readonly runAt?: number;
  readonly maxAttempts?: number;
  readonly backoff?: Task["backoff"] | null;
  readonly timeoutMs?: number | null | undefined;
  readonly meta?: Readonly<Record<string, unknown>> | null;
}

export interface Update<Args = unknown, Out = unknown> {
  /**
   * Writes a task back that was fetched and changed: only what differs is sent, if nobody changed it meanwhile. By an id,
   * the changes are given.
   *
   * @throws PriniaError `revision_conflict` when somebody did, `wrong_status` when it is leased or Done
   */
  update(task: Task<Args, Out>): Promise<Task<Args, Out>>;
  update(id: TaskRef, changes: Writable<Args> & { readonly revision?: number }): Promise<Task<Args, Out>>;
}

export interface Reschedule {
  /**
   * Runs a task later. By its holder (a task with a lease) it is a snooze; by anybody else it takes a lease back.
   *
   * @throws PriniaError `wrong_status` when it is Done, `lease_lost` when the lease is not the live one
   */
  reschedule(task: TaskRef, wait: Duration): Promise<void>;
}

export interface Vacuum {
  /**
   * Removes terminal tasks, in slices until none is left; by the queue's retention when no age is given.
   *
   * @returns how many went
   */
  vacuum(order?: { readonly olderThan?: Duration; readonly status?: "Done" | "Killed" }): Promise<number>;
}

export interface ResumeById {
  /** @returns true when it was Failed, Killed or abandoned, and is Pending now; else nothing changes */
  resumeById(id: TaskRef): Promise<boolean>;
}

export interface ResumeAbandoned {
  /** Takes back the leases of workers that are gone. @returns how many */
  resumeAbandoned(): Promise<number>;
}

export interface RegisterWorker {
  /** Opens a session for a worker; one that had the name is superseded. */
  registerWorker(
    workerId: string,
    introduction?: { readonly layers?: readonly string[]; readonly info?: unknown },
  ): Promise<Registered>;
}

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Is told of the tasks' progress meanwhile. */
  readonly onProgress?: ((id: string, progress: unknown) => void) | undefined;
}

export interface WaitForCompletion<Out = unknown> {
  /** Yields each task once, as soon as it is terminal; those that are so already come first. Ends after the last. */
  waitFor(ids: Iterable<TaskRef>, options?: WaitOptions): AsyncIterableIterator<TaskResult<Out> | NoResult>;
  /** @throws PriniaError `task_not_found` when there is no such task, or it is deleted meanwhile */
  waitForSingle(id: TaskRef, options?: WaitOptions): Promise<TaskResult<Out>>;
  /** What became of each task so far, in the order of the ids, each once. */
  checkStatus(ids: Iterable<TaskRef>): Promise<(TaskStatus<Out> | NoResult)[]>;
}
