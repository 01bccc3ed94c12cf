/** Answers: JSON, text, nothing, and problems. */

import { COMMON_HEADERS } from "../protocol/headers.ts";
import { problemOf } from "../protocol/problem.ts";
import type { Failure } from "../task/result.ts";
import { JSON_TYPE } from "./body.ts";

export const json = (value: unknown, status = 200): Response => jsonText(JSON.stringify(value), status);

/** JSON that is text already: tasks are never parsed on their way. */
export const jsonText = (text: string, status = 200): Response =>
  new Response(text, { status, headers: { ...COMMON_HEADERS, "content-type": JSON_TYPE } });

export const plainText = (text: string, type: string): Response =>
  new Response(text, { headers: { ...COMMON_HEADERS, "content-type": type } });

export const noContent = (): Response => new Response(null, { status: 204, headers: COMMON_HEADERS });

/** A stream that is read as it comes; `no-transform` keeps proxies from gathering it. */
export const stream = (body: ReadableStream<Uint8Array> | null, type: string, status = 200): Response =>
  new Response(body, {
    status,
    headers: { ...COMMON_HEADERS, "cache-control": "no-store, no-transform", "content-type": type },
  });

/** A refusal as `application/problem+json`. */
export function problem(failure: Failure): Response {
  const { status, body, headers } = problemOf(failure);
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...COMMON_HEADERS, ...headers },
  });
}
