/** What goes wrong for a caller, and what a handler throws to say how it ended. */

import type { ErrorCode } from "./result.ts";
import type { Status } from "./status.ts";

/** The reasons of the server, and `unreachable`: no answer came. */
export type PriniaErrorCode = ErrorCode | "unreachable";

/** Refusals on a socket that have nothing to do with what was asked: later it may be taken. */
export const PASSING_CODES: ReadonlySet<PriniaErrorCode> = new Set([
  "overloaded",
  "internal",
  "too_many_requests",
  "not_configured",
]);

export interface ErrorFields {
  readonly code: PriniaErrorCode;
  readonly detail: string;
  /** The HTTP status, 0 where none came. */
  readonly status?: number | undefined;
  readonly path?: string | undefined;
  readonly taskStatus?: Status | undefined;
  readonly retryAfterMs?: number | undefined;
  /** How many partitions the queue has, how many of them take keys, and how many take no more tasks, where that is why. */
  readonly partitions?: number | undefined;
  readonly keyedPartitions?: number | undefined;
  readonly draining?: number | undefined;
}

/** A refusal of the server, or its silence. `code` is for programs, `detail` for people. */
export class PriniaError extends Error {
  override readonly name = "PriniaError";
  readonly code: PriniaErrorCode;
  readonly detail: string;
  /** The HTTP status; 0 when there was no answer, and on a socket. */
  readonly status: number;
  /** The field that was wrong, dotted. */
  readonly path: string | undefined;
  /** The status that the task has, where a task refused. */
  readonly taskStatus: Status | undefined;
  /** When to try again, ms. */
  readonly retryAfterMs: number | undefined;
  /** How many partitions the queue has, how many of them take keys, and how many take no more tasks, where that is why. */
  readonly partitions: number | undefined;
  readonly keyedPartitions: number | undefined;
  readonly draining: number | undefined;

  constructor(fields: ErrorFields, options?: ErrorOptions) {
    super(`${fields.code}: ${fields.detail}`, options);
    this.code = fields.code;
    this.detail = fields.detail;
    this.status = fields.status ?? 0;
    this.path = fields.path;
    this.taskStatus = fields.taskStatus;
    this.retryAfterMs = fields.retryAfterMs;
    this.partitions = fields.partitions;
    this.keyedPartitions = fields.keyedPartitions;
    this.draining = fields.draining;
  }
}

/** A task that somebody waited for ended as Killed. The message is its last error. */
export class TaskFailedError extends Error {
  override readonly name = "TaskFailedError";
  readonly id: string;
  /** Executions that it had. */
  readonly attempt: number;

  constructor(id: string, attempt: number, error: string) {
    super(error);
    this.id = id;
    this.attempt = attempt;
  }
}

/** A task that somebody ran did not end in time. It goes on: wait for it by its id. */
export class RunTimeoutError extends Error {
  override readonly name = "RunTimeoutError";
  readonly id: string;

  constructor(id: string, queue: string, timeoutMs: number) {
    super(
      `The task ${id} of ${JSON.stringify(queue)} had not ended after ${timeoutMs} ms. It goes on: wait for it by its id.`,
    );
    this.id = id;
  }
}

/** Thrown by a handler: the task is Killed, and never retried. */
export class AbortError extends Error {
  override readonly name = "AbortError";
}

/** Thrown by a handler: the task failed, and is retried after so long instead of its backoff. */
export class RetryAfterError extends Error {
  override readonly name = "RetryAfterError";
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, message = `to be retried after ${retryAfterMs} ms`, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}

/** What was thrown, as text for a task's `err`: the message of an error, anything else made a string. */
export function errorText(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  try {
    return String(thrown);
  } catch {
    return "something was thrown that cannot be made a string";
  }
}
