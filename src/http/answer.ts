/** Answers: JSON, nothing, and problems. */

import { problemOf } from "../protocol/problem.ts";
import type { Failure } from "../task/result.ts";
import { JSON_TYPE } from "./body.ts";

/** Answers change with every task and belong to one caller; none is guessed to be a page. */
const COMMON = { "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;

export const json = (value: unknown, status = 200): Response => jsonText(JSON.stringify(value), status);

/** JSON that is text already: tasks are never parsed on their way. */
export const jsonText = (text: string, status = 200): Response =>
  new Response(text, { status, headers: { ...COMMON, "content-type": JSON_TYPE } });

export const noContent = (): Response => new Response(null, { status: 204, headers: COMMON });

/** A stream that is read as it comes; `no-transform` keeps proxies from gathering it. */
export const stream = (body: ReadableStream<Uint8Array> | null, type: string): Response =>
  new Response(body, { headers: { ...COMMON, "cache-control": "no-store, no-transform", "content-type": type } });

/** A refusal as `application/problem+json`. */
export function problem(failure: Failure): Response {
  const { status, body, headers } = problemOf(failure);
  const challenge = failure.code === "unauthorized" ? { "www-authenticate": "Bearer" } : {};
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...COMMON, ...headers, ...challenge },
  });
}
