/** Names of queues and workers, and the parts of a path that hold them. */

import * as v from "valibot";
import { MAX_NAME_BYTES } from "../limits.ts";
import { fail, type Result } from "../task/result.ts";
import { check } from "./validate.ts";
import { text, token } from "./vocabulary.ts";

/** A queue's or a worker's name. `.` and `..` are no names, since no URL path can hold them. */
export const nameSchema: v.GenericSchema<string> = v.pipe(
  text(1, MAX_NAME_BYTES),
  v.check(
    (name) => name !== "." && name !== "..",
    "cannot be `.` or `..`, which no URL path can hold: choose another name",
  ),
);

/** The queue's name from a segment of a path as it came. Refusals have the path `queue`. */
export const decodeQueueName = (segment: string): Result<string> => decodeSegment(nameSchema, "queue", segment);

/** The worker's name from a segment of a path as it came. Refusals have the path `worker`. */
export const decodeWorkerName = (segment: string): Result<string> => decodeSegment(nameSchema, "worker", segment);

/** The schedule's name from a segment of a path as it came. Refusals have the path `schedule`. */
export const decodeScheduleName = (segment: string): Result<string> => decodeSegment(nameSchema, "schedule", segment);

/** A task id from a segment of a path as it came; whether it names a task is another question. */
export const decodeTaskId = (segment: string): Result<string> => decodeSegment(token, "id", segment);

function decodeSegment(schema: v.GenericSchema<string>, path: string, segment: string): Result<string> {
  const decoded = percentDecode(segment);
  if (decoded === undefined) {
    return fail("bad_request", `\`${path}\` is not well percent-encoded in the URL: encode it as UTF-8.`, { path });
  }
  // Under its own name, so that the refusal says what was wrong.
  const checked = check(v.object({ [path]: schema }), { [path]: decoded });
  return checked.ok ? { ok: true, value: decoded } : checked;
}

/** Undoes percent-encoding; nothing when it is malformed or not UTF-8. */
export function percentDecode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
