/** JSON as text: its parts are found where they stand, so that nothing is read before it is looked at, nor spelt anew. */

type JsonKind = "object" | "array" | "string" | "number" | "literal";

/** A value within a text. */
export interface JsonNode {
  readonly kind: JsonKind;
  readonly start: number;
  readonly end: number;
  /** Members of an object, items of an array; 0 for all else. */
  readonly count: number;
}

export interface JsonChild {
  /** The key of a member, decoded; the place of an item. */
  readonly name: string;
  readonly node: JsonNode;
}

/** Some children, and where those behind them begin; `null` at the end. */
interface JsonPart {
  readonly children: readonly JsonChild[];
  readonly next: JsonPlace | null;
}

export interface JsonPlace {
  readonly at: number;
  readonly index: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
const opens = (unit: number): boolean => unit === 0x7b || unit === 0x5b;
const closes = (unit: number): boolean => unit === 0x7d || unit === 0x5d;

export function skipSpace(text: string, at: number): number {
  let to = at;
  while (isSpace(text.charCodeAt(to))) to++;
  return to;
}

/** The value that begins at a place. The text must be valid JSON. */
export function nodeAt(text: string, at = 0): JsonNode {
  const start = skipSpace(text, at);
  const unit = text.charCodeAt(start);
  if (unit === QUOTE) return { kind: "string", start, end: stringEnd(text, start), count: 0 };
  if (opens(unit)) return container(text, start);
  let end = start;
  while (end < text.length && !isBoundary(text.charCodeAt(end))) end++;
  const kind = unit === 0x2d || (unit >= 0x30 && unit <= 0x39) ? "number" : "literal";
  return { kind, start, end, count: 0 };
}

const isBoundary = (unit: number): boolean => unit === COMMA || closes(unit) || isSpace(unit);

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === BACKSLASH) at++;
    else if (unit === QUOTE) return at + 1;
  }
  return text.length;
}

/** A loop, not a recursion: nesting has no end that a stack would be asked for. */
function container(text: string, start: number): JsonNode {
  const kind = text.charCodeAt(start) === 0x7b ? "object" : "array";
  let depth = 0;
  let commas = 0;
  let isEmpty = true;
  for (let at = start; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (closes(unit)) {
      depth--;
      if (depth === 0) return { kind, start, end: at + 1, count: isEmpty ? 0 : commas + 1 };
    } else if (!isSpace(unit)) {
      if (depth > 0) isEmpty = false;
      if (unit === COMMA && depth === 1) commas++;
      else if (opens(unit)) depth++;
      else if (unit === QUOTE) at = stringEnd(text, at) - 1;
    }
  }
  return { kind, start, end: text.length, count: isEmpty ? 0 : commas + 1 };
}

/** So many of a node's children, from a place that an earlier call gave. */
export function childrenOf(text: string, parent: JsonNode, limit: number, from?: JsonPlace): JsonPart {
  if (parent.count === 0) return { children: [], next: null };
  let { at, index } = from ?? { at: parent.start + 1, index: 0 };
  const children: JsonChild[] = [];
  while (index < parent.count) {
    if (children.length === limit) return { children, next: { at, index } };
    at = skipSpace(text, at);
    let name = String(index);
    if (parent.kind === "object") {
      const end = stringEnd(text, at);
      name = JSON.parse(text.slice(at, end));
      at = text.indexOf(String.fromCharCode(COLON), end) + 1;
    }
    const node = nodeAt(text, at);
    children.push({ name, node });
    at = skipSpace(text, node.end) + 1;
    index++;
  }
  return { children, next: null };
}

/** The members of an object, each as text. A key that stands there twice has its last value, as everywhere. */
export function fieldsOf(text: string, node: JsonNode = nodeAt(text)): Map<string, string> {
  const { children } = childrenOf(text, node, Number.POSITIVE_INFINITY);
  return new Map(children.map(({ name, node: { start, end } }) => [name, text.slice(start, end)]));
}

/** The items of an array, each as text. */
export function itemsOf(text: string, node: JsonNode = nodeAt(text)): string[] {
  return childrenOf(text, node, Number.POSITIVE_INFINITY).children.map((child) => textOf(text, child.node));
}

export const textOf = (text: string, { start, end }: JsonNode): string => text.slice(start, end);

/** Indentation may make a deep text a thousand times as long: then it is left as it is. */
const MAX_GROWTH = 4;
const MIN_ROOM = 100_000;

/** Lays out valid JSON over lines, and changes nothing but the blanks between its parts. */
export function formatJson(text: string): string {
  const room = Math.max(MIN_ROOM, text.length * MAX_GROWTH);
  const pieces: string[] = [];
  let length = 0;
  let depth = 0;
  const add = (piece: string): void => {
    pieces.push(piece);
    length += piece.length;
  };
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    if (length > room) return text;
    const unit = text.charCodeAt(at);
    if (opens(unit)) {
      const end = skipSpace(text, at + 1);
      if (closes(text.charCodeAt(end))) {
        add(text.charAt(at) + text.charAt(end));
        at = end + 1;
        continue;
      }
      depth++;
      add(`${text.charAt(at)}\n${"  ".repeat(depth)}`);
      at++;
    } else if (closes(unit)) {
      depth--;
      add(`\n${"  ".repeat(depth)}${text.charAt(at)}`);
      at++;
    } else if (unit === COMMA) {
      add(`,\n${"  ".repeat(depth)}`);
      at++;
    } else if (unit === COLON) {
      add(": ");
      at++;
    } else {
      const node = nodeAtScalar(text, at);
      add(text.slice(at, node));
      at = node;
    }
  }
  return pieces.join("");
}

/** Where the scalar or key ends that begins here. */
function nodeAtScalar(text: string, at: number): number {
  if (text.charCodeAt(at) === QUOTE) return stringEnd(text, at);
  let end = at;
  while (end < text.length && !isBoundary(text.charCodeAt(end))) end++;
  return end;
}
