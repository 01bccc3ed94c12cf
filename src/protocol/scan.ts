/** Finds values inside JSON text without parsing them, and tells what should not be parsed at all. */

import { MAX_BATCH, MAX_DEPTH } from "../limits.ts";
import type { RawJson } from "../task/task.ts";

/**
 * Which values of a text are wanted as text: the value itself, a field of an object, or each element of an array, which
 * then has at most MAX_BATCH.
 */
export type Shape = "raw" | { readonly fields?: ReadonlyMap<string, Shape>; readonly items?: Shape };

/** What a shape found: text where it says `raw`, containers as they stand. Holes are values that the shape does not fit. */
export type RawNode = RawJson | (RawNode | undefined)[] | Map<string, RawNode>;

interface Scan {
  readonly text: string;
  /** Where to read next. Past the end once the text has proved to be no JSON: the parser will say so. */
  at: number;
  readonly path: (string | number)[];
  /** The first thing found that is more than any parser should be given. */
  excess?: Excess;
}

/** A value that nests deeper than MAX_DEPTH, or an array longer than MAX_BATCH. */
export interface Excess {
  readonly of: "depth" | "length";
  readonly path: readonly (string | number)[];
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;

/** One pass over a text. It may be no JSON at all: then the raws mean nothing, but the excess does. */
export function scanJson(text: string, shape: Shape | undefined): { raws: RawNode | undefined; excess?: Excess } {
  const scan: Scan = { text, at: 0, path: [] };
  skipSpace(scan);
  const raws = walk(scan, shape);
  return scan.excess === undefined ? { raws } : { raws, excess: scan.excess };
}

/** The place just after the string whose opening quote is at `at`. */
export function endOfString(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let slash = quote - 1;
    while (slash > at && text.charCodeAt(slash) === BACKSLASH) slash--;
    if ((quote - slash) % 2 === 1) return quote + 1;
  }
  return text.length;
}

function walk(scan: Scan, shape: Shape | undefined): RawNode | undefined {
  const first = scan.text.charCodeAt(scan.at);
  if (shape === "raw") {
    const start = scan.at;
    skipValue(scan);
    return scan.text.slice(start, scan.at);
  }
  if (shape?.fields !== undefined && first === OPEN_BRACE) return walkObject(scan, shape.fields);
  if (shape?.items !== undefined && first === OPEN_BRACKET) return walkArray(scan, shape.items);
  skipValue(scan);
  return undefined;
}

function walkObject(scan: Scan, fields: ReadonlyMap<string, Shape>): RawNode {
  const found = new Map<string, RawNode>();
  do {
    scan.at++;
    skipSpace(scan);
    if (scan.text.charCodeAt(scan.at) !== QUOTE) break;
    const key = readKey(scan);
    skipSpace(scan);
    if (scan.text.charCodeAt(scan.at) !== COLON) break;
    scan.at++;
    skipSpace(scan);
    scan.path.push(key);
    const child = walk(scan, fields.get(key));
    scan.path.pop();
    // The last of several fields of one name wins, as with JSON.parse.
    if (child === undefined) found.delete(key);
    else found.set(key, child);
    skipSpace(scan);
  } while (scan.text.charCodeAt(scan.at) === COMMA);
  leave(scan, CLOSE_BRACE);
  return found;
}

function walkArray(scan: Scan, items: Shape): RawNode {
  const found: (RawNode | undefined)[] = [];
  do {
    scan.at++;
    skipSpace(scan);
    if (scan.text.charCodeAt(scan.at) === CLOSE_BRACKET) break;
    if (found.length === MAX_BATCH) {
      exceed(scan, "length");
      scan.at = scan.text.length;
      return found;
    }
    scan.path.push(found.length);
    found.push(walk(scan, items));
    scan.path.pop();
    skipSpace(scan);
  } while (scan.text.charCodeAt(scan.at) === COMMA);
  leave(scan, CLOSE_BRACKET);
  return found;
}

function leave(scan: Scan, closing: number): void {
  if (scan.text.charCodeAt(scan.at) === closing) scan.at++;
  else scan.at = scan.text.length;
}

function exceed(scan: Scan, of: Excess["of"]): void {
  scan.excess ??= { of, path: [...scan.path] };
}

function readKey(scan: Scan): string {
  const start = scan.at;
  scan.at = endOfString(scan.text, start);
  const key = scan.text.slice(start + 1, scan.at - 1);
  if (!key.includes("\\")) return key;
  try {
    return String(JSON.parse(`"${key}"`));
  } catch {
    return key;
  }
}

function skipSpace(scan: Scan): void {
  const { text } = scan;
  let code = text.charCodeAt(scan.at);
  while (code === SPACE || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++scan.at);
}

function skipValue(scan: Scan): void {
  const first = scan.text.charCodeAt(scan.at);
  if (first === QUOTE) scan.at = endOfString(scan.text, scan.at);
  else if (first === OPEN_BRACE || first === OPEN_BRACKET) skipContainer(scan);
  else skipScalar(scan);
}

function skipScalar(scan: Scan): void {
  const { text } = scan;
  for (; scan.at < text.length; scan.at++) {
    const code = text.charCodeAt(scan.at);
    if (code <= SPACE || code === COMMA || code === CLOSE_BRACKET || code === CLOSE_BRACE) return;
  }
}

function skipContainer(scan: Scan): void {
  const { text } = scan;
  let at = scan.at;
  let depth = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      continue;
    }
    at++;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > MAX_DEPTH) exceed(scan, "depth");
    } else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) break;
  }
  scan.at = at;
}
