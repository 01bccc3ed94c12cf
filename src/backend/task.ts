/** Tasks as programs see them: with values in place of JSON. */

import type { Status } from "../task/status.ts";
import type { Backoff, IdempotencyUntil, Pushed } from "../task/task.ts";
import type { LastResult, TaskView } from "../task/view.ts";

/** An id, in ULID form. */
export type TaskId = string;

/** A task by its id, or anything that has one: a task, what a push answered, a result. */
export type TaskRef = TaskId | { readonly id: TaskId };

export const idOf = (ref: TaskRef): TaskId => (typeof ref === "string" ? ref : ref.id);

/** A task as the queue knows it. */
export interface Task<Args = unknown, Out = unknown> extends Omit<TaskView<unknown>, "args" | "lastResult"> {
  readonly args: Args;
  readonly lastResult?: LastResult<Out>;
  /** Only on a task that a list shows though its args cannot be decoded: why. Then `args` are as on the wire. */
  readonly undecodable?: string;
}

/** A task and the right to run it once. */
export interface LeasedTask<Args = unknown, Out = unknown> extends Task<Args, Out> {
  readonly lease: string;
}

/** What a task may be given besides its args; `Task` says what each means. Whole milliseconds. */
export interface TaskOptions {
  readonly priority?: number | undefined;
  /** Not before this instant, ms since the epoch. Not together with `delayMs`. */
  readonly runAt?: number | undefined;
  readonly delayMs?: number | undefined;
  readonly maxAttempts?: number | undefined;
  readonly backoff?: Partial<Backoff> | undefined;
  readonly timeoutMs?: number | undefined;
  /** A push with the key of a task that is still there answers that task. */
  readonly idempotencyKey?: string | undefined;
  readonly idempotencyUntil?: IdempotencyUntil | undefined;
  readonly groupKey?: string | undefined;
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
}

/** A task that is not pushed yet: what `task(args)` builds, or a plain object. */
export interface NewTask<Args = unknown> extends TaskOptions {
  readonly args: Args;
}

export interface PushOptions {
  /**
   * Try again when no answer comes. A task without an idempotency key is given one first, so that it is never there
   * twice: one more row. A task whose own key ends with it (`idempotencyUntil: "terminal"`) is not sent again. Without
   * this, a push whose answer is lost fails, and may have happened.
   */
  readonly retry?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a task ended. */
export type TaskResult<Out = unknown> =
  | { readonly id: TaskId; readonly attempt: number; readonly status: "Done"; readonly value: Out }
  | { readonly id: TaskId; readonly attempt: number; readonly status: "Killed"; readonly error: string };

/** In place of a result: there is no such task, or it was deleted, or what it answered cannot be decoded. */
export interface NoResult {
  readonly id: TaskId;
  readonly status: "Unknown";
  readonly error: string;
}

/** What became of a task so far. */
export type TaskStatus<Out = unknown> =
  | TaskResult<Out>
  | {
      readonly id: TaskId;
      readonly attempt: number;
      readonly status: Exclude<Status, "Done" | "Killed">;
      readonly lastError?: string;
    };

export type { Pushed };
