/** What callers put in and get out. */

import type { Task as WireTask } from "../protocol/types.ts";
import type { Backoff, IdempotencyUntil } from "../task/task.ts";

/** What a task may be given besides its args; see `Task` for the meaning and the defaults of each. */
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
  /** For any but `json`, args are a base64 string. */
  readonly codec?: string | undefined;
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface PushCallOptions extends CallOptions {
  /**
   * Try again when no answer comes. A task without an idempotency key is given one first, so that it is never there
   * twice: one more row. A task whose own key ends with it (`idempotencyUntil: "terminal"`) is not sent again. Without
   * this, a push whose answer is lost fails, and may have happened.
   */
  readonly retry?: boolean | undefined;
}

export type PushOptions = TaskOptions & PushCallOptions;

/** One of many to be pushed. */
export interface TaskInput<Args> extends TaskOptions {
  readonly args: Args;
}

export interface WaitOptions extends CallOptions {
  /** How long each request is held, ms: at most, and by default, 25,000. The wait goes on with the next. */
  readonly waitMs?: number | undefined;
}

/** How a task ended. `Unknown`: there is no such task, or it was deleted meanwhile. */
export type TaskResult<Out> =
  | { readonly id: string; readonly attempt: number; readonly status: "Done"; readonly value: Out }
  | { readonly id: string; readonly attempt: number; readonly status: "Killed"; readonly error: string }
  | { readonly id: string; readonly status: "Unknown"; readonly error: string };

/** A task as the queue knows it. */
export interface Task<Args, Out> extends Omit<WireTask, "args" | "lastResult"> {
  readonly args: Args;
  readonly lastResult?: { readonly ok: Out } | { readonly err: string };
}
