/** JSON text that is wrong in one place, or in all of them. Values are text, since JSON has more numbers than programs do. */

import fc from "fast-check";

/** What is done to a good value. */
export type Change =
  | { readonly type: "replace" | "twice"; readonly place: number; readonly text: string }
  | { readonly type: "drop" | "wrap"; readonly place: number }
  | { readonly type: "add"; readonly place: number; readonly key: string; readonly text: string }
  | { readonly type: "cut"; readonly at: number }
  | { readonly type: "insert"; readonly at: number; readonly text: string };

const deep = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const quoted = (character: string, length: number): string => `"${character.repeat(length)}"`;

const ODD = [
  ...["null", "true", "false", "0", "-0", "1", "-1", "1.5", "1e999", "-1e999", "1e-999", "1E400", "1.0", "1e3"],
  ...["2147483648", "-2147483649", "9007199254740993", "8640000000000001", "3155760000001", "9".repeat(60)],
  ...['""', '"\\u0000"', '"\\ud800"', '"\\udc00x"', '"\\ud83d\\ude00"', '"."', '".."', '"__proto__"', '"constructor"'],
  ...["[]", "{}", "[null]", '{"__proto__":1}', '{"constructor":{"prototype":{"x":1}}}', '{"toJSON":1}', '{"length":1}'],
  ...[
    quoted("x", 65),
    quoted("x", 256),
    quoted("é", 128),
    quoted("x", 1_025),
    quoted("x", 8_200),
    quoted("\\u0000", 300),
  ],
  ...[deep(500), deep(501), deep(5_000), `[${"0,".repeat(1_000)}0]`, '"1; DROP TABLE task"', '"gaFhA"', '"%00"'],
  ...["NaN", "Infinity", "undefined", "'x'", "01", "+1", ".5", "0x1", "1_000", '"\\x41"', '"\n"', "/*x*/1", ""],
];

const KEYS = [
  ...["__proto__", "constructor", "prototype", "toString", "valueOf", "hasOwnProperty", "toJSON", "then", "length"],
  ...[
    "",
    "\0",
    "\ud800",
    "args",
    "id",
    "lease",
    "session",
    "type",
    "ref",
    "limit",
    "force",
    "runAt",
    "queue",
    "status",
  ],
];

const oddText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ODD) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }).map((text) => JSON.stringify(text)) },
  { weight: 1, arbitrary: fc.double().map(String) },
  { weight: 1, arbitrary: fc.bigInt().map(String) },
);

const place = fc.nat(60);

/** One change of a good value. */
export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant("replace" as const), place, text: oddText }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("drop" as const), place }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("wrap" as const), place }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("twice" as const), place, text: oddText }) },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ type: fc.constant("add" as const), place, text: oddText },
      key: fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 8 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("cut" as const), at: fc.nat(400) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ type: fc.constant("insert" as const), at: fc.nat(400) },
      text: fc.oneof(fc.constantFrom(...'{}[]",:\\\0\ufeff'), fc.string({ unit: "binary", maxLength: 3 })),
    }),
  },
);

/** Text that may be any JSON, or none. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.json({ maxDepth: 4 }) },
  { weight: 2, arbitrary: oddText },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
);

/** The JSON of a value with one thing changed. */
export function changed(value: unknown, change: Change): string {
  if (change.type === "cut") return JSON.stringify(value).slice(0, change.at);
  if (change.type === "insert") {
    const text = JSON.stringify(value);
    return text.slice(0, change.at) + change.text + text.slice(change.at);
  }
  const writer = new Writer(change, change.place % nodesIn(value));
  return writer.write(value, null);
}

const nodesIn = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? Object.values(value).reduce((sum: number, child: unknown) => sum + nodesIn(child), 1)
    : 1;

/** Writes a value and counts its nodes: the one whose turn it is, is written otherwise. */
class Writer {
  readonly #change: Exclude<Change, { type: "cut" | "insert" }>;
  #left: number;

  constructor(change: Exclude<Change, { type: "cut" | "insert" }>, place: number) {
    this.#change = change;
    this.#left = place;
  }

  /** The text of a value, with its key if it has one; empty if it was dropped. */
  write(value: unknown, key: string | null): string {
    const isChosen = this.#left-- === 0;
    const text = this.#inner(value, isChosen);
    const named = (inner: string): string => (key === null ? inner : `${JSON.stringify(key)}:${inner}`);
    const change = this.#change;
    if (!isChosen) return named(text);
    switch (change.type) {
      case "replace":
        return named(change.text);
      case "twice":
        return key === null ? `${text} ${change.text}` : `${named(text)},${named(change.text)}`;
      case "drop":
        return "";
      case "wrap":
        return named(`[${text}]`);
      case "add":
        return named(text);
      default:
        return change satisfies never;
    }
  }

  #inner(value: unknown, isChosen: boolean): string {
    const more = isChosen && this.#change.type === "add" ? this.#change : null;
    if (Array.isArray(value)) {
      const items = value.map((item) => this.write(item, null)).filter((item) => item !== "");
      return `[${[...items, ...(more ? [more.text] : [])].join()}]`;
    }
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const fields = Object.entries(value).map(([key, child]) => this.write(child, key));
    const added = more ? [`${JSON.stringify(more.key)}:${more.text}`] : [];
    return `{${[...fields.filter((field) => field !== ""), ...added].join()}}`;
  }
}
