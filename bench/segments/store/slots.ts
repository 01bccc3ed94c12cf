/** The states of a segment's tasks as text: a list of runs of tasks that are alike, as those of a batch are. */

import type { Cell, Slot } from "./segment.ts";

type EncodedCell = [1 | 2 | 3, number, number, number, string, number, number | null, number | null];
type Run = [count: number] | [count: number, left: 0] | [count: number, ...cell: EncodedCell];

/**
 * What was last read or written. The text is the key, so nothing in here can be out of date: a segment that is worked off
 * one by one need not be parsed each time.
 */
const recent = new Map<string, readonly Slot[]>();
const MOST_RECENT = 32;

function remember(text: string, slots: readonly Slot[]): void {
  recent.delete(text);
  recent.set(text, slots);
  if (recent.size > MOST_RECENT) recent.delete(recent.keys().next().value ?? "");
}

/** What stands behind the count, by cell: cells are never changed. */
const texts = new WeakMap<Cell, string>();

function textOf(slot: Slot): string {
  if (slot === null) return "";
  if (slot === "left") return ",0";
  const known = texts.get(slot);
  if (known !== undefined) return known;
  const { status, revision, token, holder, worker, lockAt, startedAt, doneAt } = slot;
  const text = `,${JSON.stringify([status, revision, token, holder, worker, lockAt, startedAt, doneAt]).slice(1, -1)}`;
  texts.set(slot, text);
  return text;
}

export function encodeSlots(slots: readonly Slot[]): string {
  let text = "[";
  let count = 0;
  let before: Slot | undefined;
  let run = "";
  for (const slot of slots) {
    const next: string = slot === before ? run : textOf(slot);
    if (count > 0 && next !== run) {
      text += `[${count}${run}],`;
      count = 0;
    }
    before = slot;
    run = next;
    count++;
  }
  text += `[${count}${run}]]`;
  remember(text, slots.slice());
  return text;
}

/** @param n how many there are: behind the last run all wait, since a segment may have grown */
export function decodeSlots(text: string | null, n: number): Slot[] {
  const slots = text === null ? [] : (recent.get(text)?.slice() ?? parsed(text));
  while (slots.length < n) slots.push(null);
  return slots;
}

function parsed(text: string): Slot[] {
  const slots: Slot[] = [];
  for (const [count, ...cell] of JSON.parse(text) as Run[]) {
    const slot = slotOf(cell);
    for (let i = 0; i < count; i++) slots.push(slot);
  }
  remember(text, slots.slice());
  return slots;
}

function slotOf(cell: [] | [0] | EncodedCell): Slot {
  if (cell.length === 0) return null;
  if (cell.length === 1) return "left";
  const [status, revision, token, holder, worker, lockAt, startedAt, doneAt] = cell;
  return { status, revision, token, holder, worker, lockAt, startedAt, doneAt };
}
