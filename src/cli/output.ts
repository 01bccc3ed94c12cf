/** What people read: tables and texts; what programs read: one line of JSON a thing. */

import type { Terminal } from "./terminal.ts";

export interface Column<T> {
  readonly head: string;
  readonly of: (row: T) => string;
  /** Numbers stand to the right. */
  readonly right?: boolean;
  /** May be cut where the terminal is too narrow; of several, all alike. */
  readonly cut?: boolean;
}

/** How narrow a column may be made. */
const NARROWEST = 6;
const GAP = "  ";

/** Lines of a table that fits: columns that may be are cut to what is left. Where nobody looks, nothing is cut. */
function table<T>(columns: readonly Column<T>[], rows: readonly T[], width: number): string[] {
  const cells = rows.map((row) => columns.map(({ of }) => visible(of(row))));
  const widths = columns.map(({ head }, at) => Math.max(widthOf(head), ...cells.map((row) => widthOf(row[at] ?? ""))));
  const cuttable = columns.flatMap(({ cut }, at) => (cut ? [at] : []));
  let excess = widths.reduce((sum, one) => sum + one, 0) + GAP.length * (columns.length - 1) - width;
  // The widest gives first.
  while (excess > 0) {
    const widest = cuttable.reduce((a, b) => ((widths[b] ?? 0) > (widths[a] ?? 0) ? b : a), cuttable[0] ?? -1);
    const now = widths[widest];
    if (now === undefined || now <= NARROWEST) break;
    widths[widest] = now - 1;
    excess--;
  }
  const line = (texts: readonly string[]) =>
    texts
      .map((text, at) => padded(text, widths[at] ?? 0, columns[at]?.right === true))
      .join(GAP)
      .trimEnd();
  return [line(columns.map(({ head }) => head)), ...cells.map(line)];
}

function padded(text: string, width: number, right: boolean): string {
  const fit = cut(text, width);
  const blanks = " ".repeat(Math.max(0, width - widthOf(fit)));
  return right ? blanks + fit : fit + blanks;
}

const CHARACTERS = new Intl.Segmenter("en", { granularity: "grapheme" });
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Columns that a text takes. */
function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of CHARACTERS.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let fit = "";
  let used = 1;
  for (const { segment } of CHARACTERS.segment(text)) {
    used += WIDE.test(segment) ? 2 : 1;
    if (used > width) break;
    fit += segment;
  }
  return `${fit}…`;
}

/** What a task says must not drive the terminal, nor turn its writing around: it is shown, and does nothing. */
export const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\u200d" ? character : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );

/** An instant by the machine's own time zone, without fractions: `2026-11-24 23:13:14`. */
export function instant(ms: number | undefined): string {
  if (ms === undefined) return "";
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** "900 ms", "12 s", "3.5 min", "2 h", "5 d" */
export function span(ms: number): string {
  const units: [number, string][] = [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "min"],
    [1_000, "s"],
  ];
  const [size, unit] = units.find(([length]) => ms >= length) ?? [1, "ms"];
  return `${Number((ms / size).toFixed(1))} ${unit}`;
}

/** "1 task", "12,000 tasks" */
export const tasks = (count: number): string => `${count.toLocaleString("en")} ${count === 1 ? "task" : "tasks"}`;

/** Prints things: as lines of JSON, or as a table. */
export function print<T>(
  terminal: Terminal,
  rows: readonly T[],
  { json, columns, none }: { readonly json: boolean; readonly columns: readonly Column<T>[]; readonly none: string },
): void {
  if (json) for (const row of rows) terminal.out(JSON.stringify(row));
  else if (rows.length === 0) terminal.err(none);
  else for (const line of table(columns, rows, terminal.isTTY ? terminal.columns : Infinity)) terminal.out(line);
}

/** Prints names and values below each other. */
export function printFacts(terminal: Terminal, facts: readonly (readonly [name: string, value: string | undefined])[]) {
  const given = facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined && fact[1] !== "");
  const width = Math.max(...given.map(([name]) => name.length));
  for (const [name, value] of given) terminal.out(`${name.padEnd(width)}  ${visible(value)}`);
}
