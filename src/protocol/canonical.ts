/** JSON as JavaScript's own encoder writes it, which is nearly all there is: read without looking at each character. */

import { MAX_BATCH, MAX_DEPTH } from "../limits.ts";
import type { Shape } from "./scan.ts";

/** Up to here a text may be parsed before it is known what is in it: all brackets, it is a few MB of objects. */
const MAX_CHARACTERS = 1024 * 1024;

/**
 * Parses a text, with the values that `shape` names left as text.
 *
 * A text that is what `JSON.stringify` makes of its value is made of the texts that it makes of the parts: to write them
 * again costs a tenth of finding them.
 *
 * @returns `undefined` for any text of which this cannot be said, or that has more in it than is taken
 */
export function parseCanonical(text: string, shape: Shape): { readonly value: unknown } | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? { value: kept(value, shape) } : undefined;
  } catch {
    // No JSON, or too deep for this encoder, or one of the two below: who looks more closely says which.
    return undefined;
  }
}

/** The value with texts where the shape says so. Throws on what nests too deep, or is too long a list. */
function kept(value: unknown, shape: Shape | undefined): unknown {
  if (typeof value !== "object" || value === null) return shape === "raw" ? JSON.stringify(value) : value;
  if (shape === "raw") {
    limitDepth(value, MAX_DEPTH);
    return JSON.stringify(value);
  }
  const container = value as Record<string | number, unknown>;
  if (Array.isArray(value) && shape?.items !== undefined) {
    if (value.length > MAX_BATCH) throw new RangeError("a list is too long");
    for (let at = 0; at < value.length; at++) container[at] = kept(container[at], shape.items);
  } else if (!Array.isArray(value) && shape?.fields !== undefined) {
    for (const key in container) container[key] = kept(container[key], shape.fields.get(key));
  } else limitDepth(value, MAX_DEPTH);
  return value;
}

function limitDepth(container: object, depth: number): void {
  if (depth === 0) throw new RangeError("a value nests too deep");
  for (const child of Array.isArray(container) ? container : Object.values(container)) {
    if (typeof child === "object" && child !== null) limitDepth(child, depth - 1);
  }
}
