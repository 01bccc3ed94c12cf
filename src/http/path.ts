/** Parameters and query of the raw address: a router that decodes first cannot tell `%2F` from `/`, nor see bad encoding. */

import { decodeQueueName, decodeScheduleName, decodeTaskId, decodeWorkerName } from "../protocol/names.ts";
import { ok, type Result } from "../task/result.ts";

/** The names of a pattern's parameters: `/v1/queues/:queue/tasks/:id` has `queue` and `id`. */
export type ParameterOf<Pattern extends string> = Pattern extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParameterOf<`/${Rest}`>
  : Pattern extends `${string}:${infer Name}`
    ? Name
    : never;

/** The path of an address as it was sent. */
export function rawPath(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  if (start < 0) return "/";
  const length = url.slice(start).search(/[?#]/);
  return length < 0 ? url.slice(start) : url.slice(start, start + length);
}

/**
 * Finds the values of a pattern's parameters. The segments are counted from the end, since the app may be mounted
 * below any prefix.
 *
 * @returns the decoded values by name, or `bad_request` with the name as its path
 */
export function pathParameters(url: string, pattern: string): Result<Record<string, string>> {
  const wanted = pattern.split("/");
  const segments = rawPath(url).split("/").slice(-wanted.length);
  const found: Record<string, string> = {};
  for (const [place, segment] of wanted.entries()) {
    if (!segment.startsWith(":")) continue;
    const name = segment.slice(1);
    const value = decoderOf(name)(segments[place] ?? "");
    if (!value.ok) return value;
    found[name] = value.value;
  }
  return ok(found);
}

function decoderOf(name: string): (segment: string) => Result<string> {
  if (name === "queue") return decodeQueueName;
  if (name === "schedule") return decodeScheduleName;
  return name === "worker" ? decodeWorkerName : decodeTaskId;
}

/** What follows the `?` of an address, as it was sent. */
export function rawQuery(url: string): string {
  const start = url.indexOf("?");
  if (start < 0) return "";
  const end = url.indexOf("#", start);
  return end < 0 ? url.slice(start + 1) : url.slice(start + 1, end);
}
