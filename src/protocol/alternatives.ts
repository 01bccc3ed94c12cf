/** Fields that exclude each other. */

import * as v from "valibot";
import { isJsonObject } from "./json.ts";
import { refuse } from "./vocabulary.ts";

type Fields = Readonly<Record<string, unknown>>;
type Check<T extends Fields> = v.RawCheckAction<T>;

const has = (fields: Fields, key: string) => fields[key] !== undefined;

/** Adds an issue to one field of the object that is checked. */
export function objectAt<T extends Fields>(
  find: (fields: T) => { readonly key: string; readonly message: string } | undefined,
): Check<T> {
  return v.rawCheck<T>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const found = find(dataset.value);
    if (found === undefined) return;
    const { key, message } = found;
    const value = dataset.value[key];
    addIssue({ input: value, message, path: [{ type: "object", origin: "value", input: dataset.value, key, value }] });
  });
}

/** Of two fields, at most one. */
export const notBoth = <T extends Fields>(first: string, second: string): Check<T> =>
  objectAt((fields) =>
    has(fields, first) && has(fields, second)
      ? { key: second, message: `cannot be given together with \`${first}\`: leave one of them out` }
      : undefined,
  );

/** Of two fields, exactly one. */
export const eitherOf = <T extends Fields>(first: string, second: string): Check<T> =>
  objectAt((fields) => {
    if (has(fields, first) === has(fields, second)) {
      return has(fields, first)
        ? { key: second, message: `cannot be given together with \`${first}\`: give one of them` }
        : { key: first, message: `is missing, and so is \`${second}\`: give one of them` };
    }
    return undefined;
  });

/** One of two objects, told apart by which of two keys is there, be its value null. */
export function byKey<A, B>(
  first: string,
  whenFirst: v.GenericSchema<A>,
  second: string,
  whenSecond: v.GenericSchema<B>,
): v.GenericSchema<A | B> {
  const nature = `must be an object with \`${first}\` or \`${second}\``;
  return {
    ...v.union([whenFirst, whenSecond]),
    "~run": (dataset, config) => {
      const { value } = dataset;
      if (!isJsonObject(value)) return refuse(value, nature);
      const both = Object.hasOwn(value, first) && Object.hasOwn(value, second);
      if (both) return refuse(value, `cannot be given together with \`${first}\`: give one of them`, second);
      if (Object.hasOwn(value, first)) return whenFirst["~run"](dataset, config);
      if (Object.hasOwn(value, second)) return whenSecond["~run"](dataset, config);
      return refuse(value, nature);
    },
  };
}
