/** From a schema and a value to a value that can be trusted, or to a refusal in words. */

import * as v from "valibot";
import { MAX_BODY_BYTES } from "../limits.ts";
import { type Failure, fail, ok, type Result } from "../task/result.ts";
import { cutUtf8, exceedsBytes } from "../task/text.ts";
import { parseJson, shownPath } from "./json.ts";
import type { Shape } from "./scan.ts";
import { OVERSIZE } from "./vocabulary.ts";

/** What is shown of a value that was refused, at most. */
const SHOWN_BYTES = 80;

/**
 * Validates a value.
 *
 * @returns the validated value, or `bad_request` (`payload_too_large` where a size in bytes was exceeded) with the
 *   dotted path of the first field that was wrong; the value itself has the path `body`
 */
export function check<const S extends v.GenericSchema>(schema: S, value: unknown): Result<v.InferOutput<S>> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  return result.success ? ok(result.output) : { ok: false, error: failureOf(result.issues[0]) };
}

/**
 * Reads a body or a frame: one scan, one parse, one validation. No text at all means `{}`.
 *
 * @param shape which values are kept as JSON text
 */
export function decodeBody<const S extends v.GenericSchema>(
  schema: S,
  text: string,
  shape?: Shape,
): Result<v.InferOutput<S>> {
  if (exceedsBytes(text, MAX_BODY_BYTES)) return tooLarge();
  const parsed = parseJson(text === "" ? "{}" : text, shape);
  return parsed.ok ? check(schema, parsed.value) : parsed;
}

/** The refusal of a body or a frame that is larger than MAX_BODY_BYTES. */
const tooLarge = () =>
  fail("payload_too_large", `At most ${MAX_BODY_BYTES} bytes are taken at once: send less, in several parts.`, {
    path: "body",
  });

function failureOf(issue: v.BaseIssue<unknown>): Failure {
  const keys = issue.path?.map((item) => String(item.key)) ?? [];
  const path = shownPath(keys);
  const got = issue.message.startsWith("must be") ? `, got ${show(issue.input)}` : "";
  return {
    code: issue.type === OVERSIZE ? "payload_too_large" : "bad_request",
    detail: `\`${path}\` ${issue.message}${got}.`,
    path,
  };
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value !== "string") return String(value);
  const start = cutUtf8(value, SHOWN_BYTES);
  return start.length < value.length
    ? `${JSON.stringify(start)} and ${value.length - start.length} more characters`
    : JSON.stringify(value);
}
