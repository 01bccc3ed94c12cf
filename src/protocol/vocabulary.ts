/**
 * The words that the wire schemas are made of. Each is a valibot schema whose test is ours: valibot's objects accept an
 * empty array, its lists look at every element before they count them, and its messages are not for people. What
 * remains of valibot's own schema is its shape, which the OpenAPI document is made from.
 *
 * A message completes the sentence "`field` …"; one that begins with "must be" is followed by what came instead.
 */

import * as v from "valibot";
import { MAX_DURATION_MS, MAX_INSTANT_MS, MAX_TOKEN_LENGTH } from "../limits.ts";
import type { RawJson } from "../task/task.ts";
import { byteLength, exceedsBytes } from "../task/text.ts";
import { compactJson, isJsonObject } from "./json.ts";

/** The type of an issue that means "too large" rather than "wrong". */
export const OVERSIZE = "oversize";

type Entries = v.ObjectEntries;
type Dataset<T> = v.OutputDataset<T, v.BaseIssue<unknown>>;

/** A refusal in valibot's terms. */
export function refuse(
  input: unknown,
  message: string,
  key?: string,
  type = "refusal",
): v.FailureDataset<v.BaseIssue<unknown>> {
  const path: [v.ObjectPathItem] | undefined = key === undefined ? undefined : [pathItem(input, key)];
  const base = { kind: "validation", type, expected: null, received: "", message } as const;
  const issue: v.BaseIssue<unknown> = path === undefined ? { ...base, input } : { ...base, input, path };
  return { typed: false, value: input, issues: [issue] };
}

const pathItem = (input: unknown, key: string): v.ObjectPathItem => {
  const object = isJsonObject(input) ? input : {};
  return { type: "object", origin: "value", input: object, key, value: object[key] };
};

/** A schema that looks like `shape` and runs our own test. */
const tested = <T>(shape: v.GenericSchema, run: (value: unknown) => Dataset<T>): v.GenericSchema<T> => ({
  ...(shape as v.GenericSchema<T>),
  "~run": (dataset) => run(dataset.value),
});

const accept = <T>(value: T): v.SuccessDataset<T> => ({ typed: true, value });

/** An object of these fields and no others, own or inherited. */
export function object<const E extends Entries>(entries: E): v.StrictObjectSchema<E, undefined> {
  const names = Object.keys(entries).join(", ");
  const known = names === "" ? "there are none" : `there are ${names}`;
  const strict = v.strictObject(entries, (issue) => {
    const item = issue.path?.[0];
    if (item === undefined) return "must be an object";
    return issue.expected === "never" ? `is not a field here; ${known}` : "is missing";
  });
  return {
    ...v.strictObject(entries),
    "~run": (dataset, config) =>
      Array.isArray(dataset.value) ? refuse(dataset.value, "must be an object") : strict["~run"](dataset, config),
  };
}

/**
 * A list of `min` to `max` items, counted before any is looked at.
 *
 * @param isPlain of an item of which it can be told at a glance that its schema accepts it, and changes nothing in it
 */
export function list<T>(
  item: v.GenericSchema<T>,
  min: number,
  max: number,
  isPlain: (item: unknown) => boolean = () => false,
): v.GenericSchema<T[]> {
  const items = v.array(item);
  const shape = v.pipe(items, v.minLength(min), v.maxLength(max));
  const message = `must be a list of ${min} to ${max}`;
  return {
    ...shape,
    "~run": (dataset, config) => {
      const { value } = dataset;
      if (!Array.isArray(value) || value.length < min || value.length > max) return refuse(value, message);
      return value.every(isPlain) ? accept(value) : items["~run"](dataset, config);
    },
  };
}

/** Whether a value is a name that the queue may have made, see `token`. */
export const isToken = (value: unknown): boolean =>
  typeof value === "string" && value.length > 0 && value.length <= MAX_TOKEN_LENGTH && value.isWellFormed();

/** Whether a value is JSON text that is within so many bytes, however they are counted. */
export const isSmallJson = (value: unknown, max: number): boolean =>
  typeof value === "string" && value.length * 3 <= max;

/** An integer within bounds, both included. */
export function integer(min: number, max: number): v.GenericSchema<number> {
  const shape = v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
  const message = `must be an integer from ${min} to ${max}`;
  return tested(shape, (value) =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max
      ? accept(Number(value))
      : refuse(value, message),
  );
}

/** A number within bounds, both included; without `max`, any finite one. */
export function decimal(min: number, max: number = Number.MAX_VALUE): v.GenericSchema<number> {
  const least = v.pipe(v.number(), v.minValue(min));
  const shape = max === Number.MAX_VALUE ? least : v.pipe(least, v.maxValue(max));
  const message =
    max === Number.MAX_VALUE ? `must be a number of at least ${min}` : `must be a number from ${min} to ${max}`;
  return tested(shape, (value) =>
    typeof value === "number" && value >= min && value <= max ? accept(value) : refuse(value, message),
  );
}

/** Unix time in ms. */
export const instant = integer(0, MAX_INSTANT_MS);
/** A time span in ms, nothing included. */
export const duration = integer(0, MAX_DURATION_MS);
/** A time span in ms that is not nothing. */
export const positiveDuration = integer(1, MAX_DURATION_MS);

export const flag: v.GenericSchema<boolean> = tested(v.boolean(), (value) =>
  typeof value === "boolean" ? accept(value) : refuse(value, "must be true or false"),
);

/** One of some strings. */
export function oneOf<const T extends string>(options: readonly T[]): v.GenericSchema<T> {
  const quoted = options.map((option) => `"${option}"`).join(", ");
  const message = options.length === 1 ? `must be ${quoted}` : `must be one of ${quoted}`;
  return tested(v.picklist(options), (value) => {
    const found = options.find((option) => option === value);
    return found === undefined ? refuse(value, message) : accept(found);
  });
}

/** Text of `min` to `max` bytes of UTF-8. */
export function text(min: number, max: number): v.GenericSchema<string> {
  const shape = v.pipe(v.string(), v.minLength(min), v.maxLength(max));
  const message = `must be a string of ${min} to ${max} bytes of UTF-8`;
  return tested(shape, (value) => {
    if (typeof value !== "string" || value.length < min || exceedsBytes(value, max)) return refuse(value, message);
    return value.isWellFormed() ? accept(value) : refuse(value, BROKEN);
  });
}

const BROKEN = "must be well-formed Unicode, without half a surrogate pair";

/** Text of `min` to `max` characters. */
export function characters(min: number, max: number): v.GenericSchema<string> {
  const shape = v.pipe(v.string(), v.minLength(min), v.maxLength(max));
  const message = `must be a string of ${min} to ${max} characters`;
  const fits = (value: string) => value.length <= max || (value.length <= 2 * max && [...value].length <= max);
  return tested(shape, (value) => {
    if (typeof value !== "string" || value.length < min || !fits(value)) return refuse(value, message);
    return value.isWellFormed() ? accept(value) : refuse(value, BROKEN);
  });
}

/** The name of something that the queue made: a task id, a lease, a session. An ill-formed one is merely unknown. */
export const token = characters(1, MAX_TOKEN_LENGTH);

/**
 * What a person wrote for another: an error, a line of a log. It is mended rather than refused when it is ill-formed,
 * since the report must not be lost.
 */
export function message(max?: number): v.GenericSchema<string> {
  const shape = max === undefined ? v.string() : v.pipe(v.string(), v.maxLength(max));
  const fault = max === undefined ? "must be a string" : `must be a string of at most ${max} bytes of UTF-8`;
  return tested(shape, (value) =>
    typeof value === "string" && (max === undefined || !exceedsBytes(value, max))
      ? accept(value.toWellFormed())
      : refuse(value, fault),
  );
}

/**
 * JSON that was kept as text, of at most `max` bytes as a server would encode it. Text over `max` is compacted before
 * it is judged: spaces and needless escapes do not count.
 *
 * @param excess whether what is still larger is refused here, or passed on for somebody else to refuse
 */
export function rawJson(max: number, excess: "refuse" | "pass"): v.GenericSchema<RawJson> {
  return tested(v.unknown(), (value) => {
    // Not refused but a bug: the shape given to `parseJson` forgot this field.
    if (typeof value !== "string") throw new TypeError("JSON that should have been kept as text was parsed");
    if (!exceedsBytes(value, max)) return accept(value);
    const compact = compactJson(value);
    const refused = excess === "refuse" && exceedsBytes(compact, max);
    return refused ? oversize(compact, byteLength(compact), max) : accept(compact);
  });
}

const oversize = (value: unknown, bytes: number, max: number) =>
  refuse(value, `is ${bytes} bytes of JSON, but at most ${max} are taken`, undefined, OVERSIZE);

function bounded(value: unknown, max: number): Dataset<unknown> {
  const encoded = JSON.stringify(value);
  return exceedsBytes(encoded, max) ? oversize(value, byteLength(encoded), max) : accept(value);
}

/** A JSON object of any fields, of at most `max` bytes when encoded. It is passed on as it is, odd keys and all. */
export const jsonObject = (max: number): v.GenericSchema<Record<string, unknown>> =>
  tested(v.looseObject({}), (value) => {
    if (!isJsonObject(value)) return refuse(value, "must be an object");
    const { issues } = bounded(value, max);
    return issues === undefined ? accept(value) : { typed: false, value, issues };
  });

/** Any JSON but null, of at most `max` bytes when encoded. */
export const json = (max: number): v.GenericSchema<unknown> =>
  tested(v.unknown(), (value) =>
    value === null ? refuse(value, "must be something: leave it out instead") : bounded(value, max),
  );
