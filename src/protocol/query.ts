/** Query strings: read strictly, then validated as bodies are. */

import type * as v from "valibot";
import { MAX_INSTANT_MS } from "../limits.ts";
import { fail, type Result } from "../task/result.ts";
import { percentDecode } from "./names.ts";
import { check } from "./validate.ts";
import { flag, integer } from "./vocabulary.ts";

/** An integer as its digits, without signs, exponents or leading zeros. */
export const queryInteger = (min: number, max: number): v.GenericSchema<number> =>
  spelled(integer(min, max), (value) => (/^(?:0|[1-9][0-9]{0,15})$/.test(value) ? Number(value) : value));

export const queryInstant = queryInteger(0, MAX_INSTANT_MS);

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ["", true],
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

/** True when it is merely there. */
export const queryFlag: v.GenericSchema<boolean> = spelled(flag, (value) => FLAGS.get(value) ?? value);

/** The schema of a value that comes as text. */
function spelled<T>(schema: v.GenericSchema<T>, read: (value: string) => unknown): v.GenericSchema<T> {
  return {
    ...schema,
    "~run": ({ value }, config) => schema["~run"]({ value: typeof value === "string" ? read(value) : value }, config),
  };
}

interface QuerySchema extends v.GenericSchema {
  readonly entries: Readonly<Record<string, v.GenericSchema>>;
}

/**
 * Reads a query. Parameters that the schema lists may be repeated, others not; unknown ones and malformed
 * percent-encoding are refused, with the parameter as path.
 *
 * @param query what follows the `?` of a URL, with or without it
 */
export function decodeQuery<const S extends QuerySchema>(
  schema: S,
  query: string | URLSearchParams,
): Result<v.InferOutput<S>> {
  const found = new Map<string, string | string[]>();
  for (const part of String(query).replace(/^\?/, "").split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const key = decodePart(equals === -1 ? part : part.slice(0, equals));
    const value = decodePart(equals === -1 ? "" : part.slice(equals + 1));
    if (key === undefined || value === undefined) return malformed(key ?? "query");
    const before = found.get(key);
    if (Array.isArray(before)) before.push(value);
    else if (before === undefined) found.set(key, isList(schema, key) ? [value] : value);
    else return fail("bad_request", `\`${key}\` is given more than once: give it once.`, { path: key });
  }
  return check(schema, Object.fromEntries(found));
}

const decodePart = (part: string) => percentDecode(part.replaceAll("+", " "));

const malformed = (path: string) =>
  fail("bad_request", `\`${path}\` is not well percent-encoded in the URL: encode it as UTF-8.`, { path });

const isList = (schema: QuerySchema, key: string) =>
  Object.hasOwn(schema.entries, key) && schema.entries[key]?.type === "array";
