/** Results as values: what can go wrong in normal use is returned, and only bugs are thrown. */

import type { Status } from "./status.ts";

/** Every reason that Prinia gives for a refusal. `protocol/problem.ts` maps each to its HTTP status. */
export const ERROR_CODES = [
  "bad_request",
  "unauthorized",
  "forbidden",
  "task_not_found",
  "queue_not_found",
  "worker_not_found",
  "schedule_not_found",
  "not_found",
  "method_not_allowed",
  "lease_lost",
  "revision_conflict",
  "wrong_status",
  "superseded",
  "wrong_partition",
  "payload_too_large",
  "unsupported_media_type",
  "too_many_requests",
  "internal",
  "overloaded",
  "not_configured",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** A refusal, for people and for programs. */
export interface Failure {
  readonly code: ErrorCode;
  /** What was wrong, where, and what to do. Never an internal message. */
  readonly detail: string;
  /** The field that was wrong, dotted: `tasks.3.priority`. */
  readonly path?: string;
  /** The status that the task has, where a task refused. */
  readonly taskStatus?: Status;
  /** When to try again, in ms. */
  readonly retryAfterMs?: number;
  /** The methods that the route has. */
  readonly allow?: readonly string[];
  /** How the queue is divided, where that is why. */
  readonly partitions?: number;
  readonly keyedPartitions?: number;
  readonly draining?: number;
}

export type Result<T, E = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

export const fail = (
  code: ErrorCode,
  detail: string,
  more: Omit<Failure, "code" | "detail"> = {},
): { readonly ok: false; readonly error: Failure } => ({ ok: false, error: { code, detail, ...more } });
