/** Writes what was worked on: in its segment while it is plain, else into a row of its own. */

import { LISTED, placeCode } from "../../../src/store/place.ts";
import * as present from "../../../src/store/save.ts";
import type { Tx } from "../../../src/store/tx.ts";
import type { Item } from "../../../src/store/work.ts";
import { placeOf } from "../../../src/task/machine.ts";
import { CUT } from "./cuts.ts";
import { leave } from "./leave.ts";
import { codeOf, homeOf, type PlacedRow } from "./rows.ts";
import { type Cell, deadlineIn, type Segment, type Slot } from "./segment.ts";
import { type Kept, type Place, saveSegment, settleHead } from "./shelf.ts";

/** Writes every item that changed. */
export function save(tx: Tx, items: Iterable<Item>): void {
  const others: Item[] = [];
  const touched = new Map<Segment, Kept[]>();
  const leaving: Item[] = [];
  for (const item of items) {
    const place = homeOf(item.row);
    if (!place) others.push(item);
    else if (item.changed) {
      const results = touched.get(place.segment) ?? [];
      touched.set(place.segment, results);
      if (!settle(item, place, results)) leaving.push(item);
    }
  }
  if (leaving.length > 0)
    leave(
      tx,
      leaving.map((item) => [item.row as PlacedRow, changesOf(tx, item)]),
    );
  for (const [segment, results] of touched) saveSegment(tx, segment, results);
  settleHead(tx, touched.keys());
  present.save(tx, others);
}

/** @returns false when the task must have a row of its own */
function settle(item: Item, { segment, index }: Place, results: Kept[]): boolean {
  const slot = segment.slots[index] as Cell | null;
  const next: Slot = item.gone ? "left" : slot === null ? null : nextCell(item, { segment, index }, slot);
  segment.slots[index] = next ?? "left";
  if (next === null) return false;
  if (next !== "left" && next.status === 3 && item.result !== null)
    results.push({ index, text: withoutMark(item.result) });
  return true;
}

/** What a claimed task is next, or `null` when a cell cannot say it. */
function nextCell({ state, result, runs, progress }: Item, { segment, index }: Place, slot: Cell): Cell | null {
  if (progress !== null) return null;
  const revision = slot.revision + 1;
  if (state.status === "Running" && state.token === slot.token) {
    const started: Cell = { ...slot, status: 2, revision, startedAt: state.startedAt };
    return state.deadline === deadlineIn(segment.template(index), started) ? started : null;
  }
  const run = runs?.[0];
  if (state.status !== "Done" || !run || run.logs || state.past?.token !== slot.token) return null;
  if (result !== null && result.length > CUT.result) return null;
  return { ...slot, status: 3, revision, startedAt: run.startedAt, doneAt: state.doneAt };
}

/** As the row keeps a result, so without what says that it is no error. */
const withoutMark = (result: string): string => result.slice('{"ok":'.length, -1);

/** The columns that an event sets, as the present layout does. */
function changesOf(tx: Tx, { row, state, result, runs, progress }: Item) {
  const { revision } = row as PlacedRow;
  return {
    status: codeOf(state.status),
    place: state.token === null ? placeCode(placeOf(state, tx.now)) : LISTED,
    run_at: state.runAt,
    attempt: state.attempt,
    max_attempts: state.maxAttempts,
    strikes: state.strikes,
    revision: revision + 1,
    lease: state.token,
    holder: state.token === null ? null : row.holder,
    lock_at: state.lockAt,
    started_at: state.startedAt,
    deadline: state.deadline,
    past_lease: state.past?.token ?? null,
    past_event: state.past?.event ?? null,
    past_status: state.past ? codeOf(state.past.status) : null,
    done_at: state.doneAt,
    progress,
    runs: runs === null ? null : JSON.stringify(runs),
    result,
  };
}
