/** Refusals of a store as errors, as a client throws them. */

import { STATUS_OF } from "../protocol/problem.ts";
import { PriniaError } from "../task/errors.ts";
import type { Failure, Result } from "../task/result.ts";

/** With the status that it would have had over HTTP: a program that looks at it may move. */
export const refusal = ({ code, detail, path, taskStatus, retryAfterMs }: Failure): PriniaError =>
  new PriniaError({ code, detail, path, taskStatus, retryAfterMs, status: STATUS_OF[code] });

/** @throws PriniaError when it was refused */
export function accepted<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw refusal(result.error);
}
