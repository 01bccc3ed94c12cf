/** What is wrong with a text that should be JSON, and where: browsers say it each in their own way, or not at all. */

import { skipSpace } from "./json.ts";

export interface Flaw {
  readonly offset: number;
  /** Counted from 1, as is `column`. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

type Expected = "value" | "value or ]" | "key" | "key or }" | "colon" | "comma" | "nothing";

/** @returns the first flaw, or `null` when the text is JSON */
export function flawOf(text: string): Flaw | null {
  try {
    JSON.parse(text);
    return null;
  } catch {
    const { offset, message } = firstFlaw(text);
    const before = text.slice(0, offset);
    const lineStart = before.lastIndexOf("\n") + 1;
    return { offset, line: before.split("\n").length, column: offset - lineStart + 1, message };
  }
}

/** In words, with the place. */
export const flawText = ({ line, column, message }: Flaw): string => `Line ${line}, column ${column}: ${message}`;

interface Spot {
  readonly offset: number;
  readonly message: string;
}

/** Open brackets, and what may come next. */
interface Reader {
  readonly open: ("{" | "[")[];
  expected: Expected;
}

function firstFlaw(text: string): Spot {
  if (text.trim() === "") return { offset: 0, message: "There is nothing here: write a JSON value." };
  const reader: Reader = { open: [], expected: "value" };
  let at = skipSpace(text, 0);
  while (at < text.length) {
    const next = step(text, at, reader);
    if (typeof next !== "number") return next;
    at = skipSpace(text, next);
  }
  const bracket = reader.open.at(-1);
  const missing = bracket === undefined ? "a value" : bracket === "{" ? "`}`" : "`]`";
  return { offset: text.length, message: `The text ends, but ${missing} is missing.` };
}

/** @returns where to go on, or the flaw */
function step(text: string, at: number, reader: Reader): number | Spot {
  const character = text.charAt(at);
  const { expected, open } = reader;
  const flaw = (message: string): Spot => ({ offset: at, message });
  switch (expected) {
    case "nothing":
      return flaw(`The value has ended before this ${shown(text, at)}.`);
    case "colon":
      if (character !== ":") return flaw(`A colon belongs between a key and its value, not ${shown(text, at)}.`);
      reader.expected = "value";
      return at + 1;
    case "comma":
      return afterValue(text, at, reader);
    case "key":
    case "key or }":
      if (character === "}" && expected === "key or }") return close(at, reader);
      if (character === "}") return flaw("A comma before `}` is one too many.");
      if (character !== '"') return flaw(`A key in double quotes belongs here, not ${shown(text, at)}.`);
      reader.expected = "colon";
      return string(text, at);
    default:
      if (character === "]" && expected === "value or ]") return close(at, reader);
      if (character === "]" && open.at(-1) === "[") return flaw("A comma before `]` is one too many.");
      return value(text, at, reader);
  }
}

function afterValue(text: string, at: number, reader: Reader): number | Spot {
  const inObject = reader.open.at(-1) === "{";
  const end = inObject ? "}" : "]";
  const character = text.charAt(at);
  if (character === end) return close(at, reader);
  if (character !== ",") {
    return { offset: at, message: `A comma or \`${end}\` belongs here, not ${shown(text, at)}.` };
  }
  reader.expected = inObject ? "key" : "value";
  return at + 1;
}

function close(at: number, reader: Reader): number {
  reader.open.pop();
  reader.expected = reader.open.length === 0 ? "nothing" : "comma";
  return at + 1;
}

function value(text: string, at: number, reader: Reader): number | Spot {
  const character = text.charAt(at);
  if (character === "{" || character === "[") {
    reader.open.push(character);
    reader.expected = character === "{" ? "key or }" : "value or ]";
    return at + 1;
  }
  reader.expected = reader.open.length === 0 ? "nothing" : "comma";
  if (character === '"') return string(text, at);
  const [word = ""] = /^[^\s,:[\]{}"]*/.exec(text.slice(at, at + 400)) ?? [];
  if (/^(true|false|null)$/.test(word) || /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(word)) return at + word.length;
  return { offset: at, message: wordFlaw(text, at, word) };
}

function wordFlaw(text: string, at: number, word: string): string {
  if (text.charAt(at) === "'") return "Strings stand in double quotes.";
  if (/^[-+.\d]/.test(word)) return `\`${cut(word)}\` is no number that JSON knows.`;
  if (word === "") return `A value belongs here, not ${shown(text, at)}.`;
  return `\`${cut(word)}\` is no value: text stands in double quotes.`;
}

/** @returns where the string has ended, or what is wrong within it */
function string(text: string, start: number): number | Spot {
  for (let at = start + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) return at + 1;
    if (unit === 0x0a || unit === 0x0d) {
      return { offset: at, message: "The line ends within a string: close it, or write \\n for a new line." };
    }
    if (unit < 0x20)
      return { offset: at, message: "A control character in a string is written as an escape, such as \\t." };
    if (unit !== 0x5c) continue;
    if (!/^(["\\/bfnrt]|u[\da-fA-F]{4})/.test(text.slice(at + 1, at + 6))) {
      return { offset: at, message: `\`${cut(text.slice(at, at + 2))}\` is no escape that JSON knows.` };
    }
    at++;
  }
  return { offset: start, message: "This string is never closed." };
}

const cut = (word: string): string => (word.length > 20 ? `${word.slice(0, 20)}…` : word);
const shown = (text: string, at: number): string => `\`${String.fromCodePoint(text.codePointAt(at) ?? 0x20)}\``;
