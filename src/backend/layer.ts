/** Middleware: what stands around a handler. A worker's layers are an onion: the first is the outermost. */

import type { Duration } from "../task/duration.ts";
import type { WorkerContext } from "./context.ts";
import type { LeasedTask } from "./task.ts";

type LogMethod = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Its lines travel with the task's end, and stand in its run: the last 50, each at most 1 KiB. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

/** What a handler gets besides the task's args. Plain data: a layer adds to it by spreading it. */
export interface TaskContext {
  readonly id: string;
  /** Executions begun, this one included. */
  readonly attempt: number;
  /** New at every execution, and never used again: a fencing token. */
  readonly lease: string;
  /** The task as it was handed over. */
  readonly task: LeasedTask;
  readonly worker: WorkerContext;
  /** Fires when the lease is lost (cancelled, timed out, taken back), and when the worker stops without further grace. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** The lines that were logged so far. */
  readonly logs: readonly string[];
  /** Shows how far the task is: any JSON of at most 8 KiB. Of several in a row only the last may be seen. */
  readonly progress: (value: unknown) => void;
  /** Ends the handler by throwing: the task is run again after so long, and this execution burns no attempt. */
  readonly snooze: (delay: Duration) => never;
  /** Moves the task's deadline: so long from now. */
  readonly extend: (timeout: Duration) => void;
}

/**
 * Does a task. What it returns is the task's result, and `undefined` counts as null. What it throws fails the task, which
 * is tried again while attempts are left; `AbortError` and `RetryAfterError` say otherwise.
 */
export type Handler<Args, Out, Context = TaskContext> = (args: Args, context: Context) => Out | Promise<Out>;

/**
 * Takes a handler and gives one that does more. `Added` is what it adds to the context of those inside it, `Needs` what it
 * needs of those outside.
 *
 * @example
 * const timed: Layer = (next) => async (args, context) => {
 *   const began = performance.now();
 *   try { return await next(args, context); } finally { context.logger.info(`${performance.now() - began} ms`); }
 * };
 */
// biome-ignore lint/suspicious/noExplicitAny: a layer that works for all args and results takes and gives what it is given
export type Layer<Args = any, Out = any, Added = unknown, Needs = unknown> = (
  next: Handler<Args, Out, TaskContext & Needs & Added>,
) => Handler<Args, Out, TaskContext & Needs>;
