/** Text off the wire: decoded as UTF-8, and parsed as JSON with chosen values kept as they were received. */

import { MAX_BATCH, MAX_DEPTH } from "../limits.ts";
import { fail, ok, type Result } from "../task/result.ts";
import type { RawJson } from "../task/task.ts";
import { cutUtf8 } from "../task/text.ts";
import { parseCanonical } from "./canonical.ts";
import { type Excess, endOfString, type RawNode, type Shape, scanJson } from "./scan.ts";

/**
 * Parses `text`. The values that `shape` names are left as their own text (`RawJson`) in the place where they stood,
 * so that numbers beyond 2^53 and the order of keys survive.
 *
 * Refuses, as `bad_request`, what is no JSON (path `body`), what nests deeper than MAX_DEPTH (path of the field; each
 * field of a shape counts from its own value), and a list of the shape that is longer than MAX_BATCH. The last two are
 * found before anything is parsed, since a parser would build millions of objects out of a body that is all brackets.
 */
export function parseJson(text: string, shape?: Shape): Result<unknown> {
  const canonical = shape && parseCanonical(text, shape);
  if (canonical) return ok(canonical.value);
  const { raws, excess } = scanJson(text, shape);
  if (excess !== undefined) return refuseExcess(excess);
  try {
    const value: unknown = JSON.parse(text);
    return ok(raws === undefined ? value : place(value, raws));
  } catch (error) {
    const position = error instanceof SyntaxError ? /position (\d+)/.exec(error.message)?.[1] : undefined;
    const where = position === undefined ? "" : `, from character ${Number(position) + 1} on`;
    return fail("bad_request", `What was sent is not valid JSON${where}.`, { path: "body" });
  }
}

/** Keys are whatever was sent, so a path is shown up to here. */
const PATH_BYTES = 300;

/** A path as refusals give it: dotted, and `body` for the whole. */
export const shownPath = (keys: readonly (string | number)[]): string =>
  keys.length === 0 ? "body" : cutUtf8(keys.join(".").toWellFormed(), PATH_BYTES);

function refuseExcess({ of, path: keys }: Excess) {
  const path = shownPath(keys);
  const detail =
    of === "depth"
      ? `\`${path}\` nests deeper than ${MAX_DEPTH} levels: flatten it, or send it as a string.`
      : `\`${path}\` must be a list of at most ${MAX_BATCH}: send it in several parts.`;
  return fail("bad_request", detail, { path });
}

function place(value: unknown, node: RawNode): unknown {
  if (typeof node === "string") return node;
  if (Array.isArray(node)) {
    if (Array.isArray(value)) {
      for (const [index, child] of node.entries()) if (child !== undefined) value[index] = place(value[index], child);
    }
  } else if (isJsonObject(value)) {
    for (const [key, child] of node) value[key] = place(value[key], child);
  }
  return value;
}

/** An object as JSON has it: no array, no null. */
export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The same JSON without what a server's encoder would not write: spaces, and escapes of what needs none. */
export function compactJson(text: RawJson): RawJson {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    if (text.charCodeAt(at) === 0x22) {
      const end = endOfString(text, at);
      const string = text.slice(at, end);
      parts.push(string.includes("\\") ? JSON.stringify(JSON.parse(string)) : string);
      at = end;
      continue;
    }
    const quote = text.indexOf('"', at);
    const end = quote === -1 ? text.length : quote;
    parts.push(text.slice(at, end).replaceAll(/[ \t\r\n]+/g, ""));
    at = end;
  }
  return parts.join("");
}

/** Bytes off the wire as text. Refuses, as `bad_request` with path `body`, what is not UTF-8. */
export function decodeUtf8(bytes: ArrayBuffer | Uint8Array): Result<string> {
  try {
    return ok(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    return fail("bad_request", "What was sent is not UTF-8: encode it so, without broken characters.", {
      path: "body",
    });
  }
}
