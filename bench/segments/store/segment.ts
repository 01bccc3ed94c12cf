/** A segment: tasks of one push, or of a few small ones, in one row. What was pushed is only ever added to. */

import { formatId } from "../../../src/task/id.ts";
import type { Status } from "../../../src/task/status.ts";
import { byteLength } from "../../../src/task/text.ts";
import { decodeSlots } from "./slots.ts";

/** What tasks of a push have in common. Instants and durations in ms; `backoff` and `meta` as JSON. */
export type Template = readonly [
  createdAt: number,
  runAt: number,
  maxAttempts: number,
  timeoutMs: number | null,
  backoff: string | null,
  groupKey: string | null,
  codec: string | null,
  meta: string | null,
];

/** The living state of a task that was claimed: one object for all of a batch, and one entry of its row's JSON. */
export interface Cell {
  /** Queued, Running or Done, as in the task table. */
  readonly status: 1 | 2 | 3;
  readonly revision: number;
  /** The live lease; of a task that is done, the one that ended it. */
  readonly token: number;
  readonly holder: number;
  readonly worker: string;
  readonly lockAt: number;
  readonly startedAt: number | null;
  readonly doneAt: number | null;
}

/** `null` waits to be claimed; "left" lives in a row of its own, or nowhere any more. */
export type Slot = Cell | "left" | null;

/** The parts of a segment that a statement may leave out are large, and not everybody needs them. */
export interface SegmentRow {
  readonly first: number;
  readonly n: number;
  /** Of `[count, ...Template]`, without the brackets around all. */
  readonly templates: string;
  /** Six digits of base 36 each. */
  readonly randoms: string;
  readonly slots: string | null;
  /** Lengths of the args in UTF-16 units, each with a comma behind it. */
  readonly lengths?: string;
  /** One behind the other, as received. */
  readonly args?: string;
  /** `index:length,` for each result, in the order in which they came. */
  readonly kept?: string | null;
  readonly results?: string | null;
}

export const RANDOM_DIGITS = 6;

export class Segment {
  readonly first: number;
  readonly n: number;
  readonly slots: Slot[];
  readonly #row: SegmentRow;
  readonly #templates: readonly (readonly [end: number, of: Template])[];
  #ends: number[] | undefined;
  #results: Map<number, string> | undefined;

  constructor(row: SegmentRow) {
    this.first = row.first;
    this.n = row.n;
    this.#row = row;
    this.slots = decodeSlots(row.slots, row.n);
    this.#templates = decodeTemplates(row.templates);
  }

  /** The sequence behind the last one. */
  get end(): number {
    return this.first + this.n;
  }

  template(index: number): Template {
    for (const [end, template] of this.#templates) if (index < end) return template;
    throw new Error(`segment ${this.first} has no task ${index}`);
  }

  random(index: number): number {
    return Number.parseInt(this.#row.randoms.slice(index * RANDOM_DIGITS, (index + 1) * RANDOM_DIGITS), 36);
  }

  id(partition: number, index: number): string {
    const [ms] = this.template(index);
    return formatId({ ms, partition, seq: this.first + index, random: this.random(index) });
  }

  args(index: number): string {
    this.#ends ??= endsOf(this.#row.lengths ?? "");
    return (this.#row.args ?? "").slice(this.#ends[index - 1] ?? 0, this.#ends[index]);
  }

  /** The result as it was received, or `null` when there is none. */
  result(index: number): string | null {
    this.#results ??= decodeResults(this.#row.kept ?? "", this.#row.results ?? "");
    return this.#results.get(index) ?? null;
  }

  /** About how large it is as JSON, when all of it was read. */
  bytes(index: number): number {
    const texts = [this.args(index), this.template(index)[7] ?? "", this.result(index) ?? ""];
    return texts.reduce((sum, text) => sum + byteLength(text), 0);
  }

  /** How many are leased. */
  get leased(): number {
    return this.slots.reduce((sum, slot) => sum + (isLeased(slot) ? 1 : 0), 0);
  }
}

export const isLeased = (slot: Slot): slot is Cell => slot !== null && slot !== "left" && slot.status !== 3;

export const statusIn = (slot: Cell | null): Status =>
  slot === null ? "Pending" : slot.status === 1 ? "Queued" : slot.status === 2 ? "Running" : "Done";

/** When the execution under way times out, or `null`. One whose time was extended has left. */
export const deadlineIn = (template: Template, slot: Cell): number | null =>
  slot.status === 2 && slot.startedAt !== null && template[3] !== null ? slot.startedAt + template[3] : null;

function decodeTemplates(text: string): [number, Template][] {
  let end = 0;
  return (JSON.parse(`[${text}]`) as [number, ...Template][]).map(([count, ...template]) => {
    end += count;
    return [end, template];
  });
}

/** Joins those that are alike. */
export function encodeTemplates(templates: readonly Template[]): string {
  const runs: string[] = [];
  let count = 0;
  let before = "";
  for (const template of templates) {
    const text = JSON.stringify(template).slice(1);
    if (text !== before && count > 0) {
      runs.push(`[${count},${before}`);
      count = 0;
    }
    before = text;
    count++;
  }
  runs.push(`[${count},${before}`);
  return runs.join(",");
}

function endsOf(lengths: string): number[] {
  let end = 0;
  return lengths.split(",").map((length) => {
    end += Number(length);
    return end;
  });
}

function decodeResults(kept: string, results: string): Map<number, string> {
  const decoded = new Map<number, string>();
  let from = 0;
  for (const entry of kept.split(",")) {
    if (entry === "") continue;
    const [index, length] = entry.split(":");
    const end = from + Number(length);
    decoded.set(Number(index), results.slice(from, end));
    from = end;
  }
  return decoded;
}
