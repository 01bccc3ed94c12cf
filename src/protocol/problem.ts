/** Refusals over HTTP: `application/problem+json`, RFC 9457. */

import type { ErrorCode, Failure } from "../task/result.ts";
import type { Problem } from "./answers.ts";

export const PROBLEM_TYPE = "application/problem+json";

/** The HTTP status of each code. */
export const STATUS_OF = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  task_not_found: 404,
  queue_not_found: 404,
  worker_not_found: 404,
  schedule_not_found: 404,
  not_found: 404,
  method_not_allowed: 405,
  lease_lost: 409,
  revision_conflict: 409,
  wrong_status: 409,
  superseded: 409,
  wrong_partition: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  internal: 500,
  overloaded: 503,
  not_configured: 503,
} as const satisfies Record<ErrorCode, number>;

const TITLE_OF: Record<ErrorCode, string> = {
  bad_request: "The request is not well formed",
  unauthorized: "A valid token is needed",
  forbidden: "The token does not allow this",
  task_not_found: "There is no such task",
  queue_not_found: "There is no such queue",
  worker_not_found: "There is no such worker or session",
  schedule_not_found: "There is no such schedule",
  not_found: "There is no such route",
  method_not_allowed: "The route does not have this method",
  lease_lost: "The lease is no longer held",
  revision_conflict: "The task was changed meanwhile",
  wrong_status: "The status does not allow this",
  superseded: "A newer session has taken this worker's name",
  wrong_partition: "This belongs to another partition",
  payload_too_large: "Too much was sent at once",
  unsupported_media_type: "This content type is not understood",
  too_many_requests: "Too many requests",
  internal: "Something went wrong in the server",
  overloaded: "The queue is overloaded",
  not_configured: "The server is not configured",
};

/** When to try again, where nobody said. */
const DEFAULT_RETRY_AFTER_MS = 1_000;

/** The status, the headers and the body that a refusal has over HTTP. */
export function problemOf(failure: Failure): { status: number; headers: Record<string, string>; body: Problem } {
  const { code, detail, path, taskStatus, partitions, keyedPartitions, draining } = failure;
  const status = STATUS_OF[code];
  const body: Problem = {
    type: `urn:prinia:error:${code}`,
    title: TITLE_OF[code],
    status,
    detail,
    code,
    ...(path === undefined ? {} : { path }),
    ...(taskStatus === undefined ? {} : { taskStatus }),
    ...(partitions === undefined ? {} : { partitions }),
    ...(keyedPartitions === undefined ? {} : { keyedPartitions }),
    ...(draining === undefined ? {} : { draining }),
  };
  return { status, headers: headersOf(failure), body };
}

function headersOf({ code, retryAfterMs, allow }: Failure): Record<string, string> {
  const headers: Record<string, string> = { "content-type": PROBLEM_TYPE };
  const waits = code === "too_many_requests" || code === "overloaded";
  const waitMs = retryAfterMs ?? (waits ? DEFAULT_RETRY_AFTER_MS : undefined);
  // Whole seconds is all that the header can say.
  if (waitMs !== undefined) headers["retry-after"] = String(Math.max(1, Math.ceil(waitMs / 1000)));
  if (code === "unauthorized") headers["www-authenticate"] = "Bearer";
  if (allow !== undefined) headers.allow = allow.join(", ");
  return headers;
}
