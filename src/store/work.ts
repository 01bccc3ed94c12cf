/** Work: rows that events are applied to, one after the other, and that are then written once each. */

import { MAX_ERROR_BYTES } from "../limits.ts";
import { entryOf, remembered } from "../task/history.ts";
import { parseId } from "../task/id.ts";
import { transition } from "../task/machine.ts";
import type { Luggage } from "../task/report.ts";
import type { Result } from "../task/result.ts";
import { keptUntil } from "../task/retention.ts";
import type { ClosedRun, Moment, TaskEvent, TaskState, Transition } from "../task/state.ts";
import type { RawJson, Run } from "../task/task.ts";
import { cutUtf8 } from "../task/text.ts";
import {
  closedRunsOf,
  errText,
  idOf,
  isNamed,
  leaseOf,
  okText,
  type RuleRow,
  ruleRowsById,
  ruleRowsBySeq,
  stateOf,
} from "./rows.ts";
import type { Tx } from "./tx.ts";

/** A row under work: where it stands now, and what of it is to be written. */
export interface Item {
  readonly row: RuleRow;
  state: TaskState;
  runs: Run[] | null;
  result: string | null;
  progress: RawJson | null;
  changed: boolean;
  gone: boolean;
}

export function itemOf(row: RuleRow): Item {
  return { row, state: stateOf(row), runs: null, result: null, progress: null, changed: false, gone: false };
}

export const itemsBySeq = (tx: Pick<Tx, "sql">, seqs: readonly number[]): Item[] => ruleRowsBySeq(tx, seqs).map(itemOf);

/** Those that are known to be leased are not read again. */
export function itemsById(tx: Pick<Tx, "sql" | "partition" | "held">, ids: readonly string[]): Map<string, Item> {
  const items = new Map<string, Item>();
  const unknown: string[] = [];
  for (const id of ids) {
    const named = parseId(id);
    const row = named === null ? undefined : tx.held?.get(named.seq);
    if (!named || !row || !isNamed(tx, row, named)) unknown.push(id);
    else if (!items.has(id)) items.set(id, itemOf(row));
  }
  if (unknown.length > 0) for (const [id, row] of ruleRowsById(tx, unknown)) items.set(id, itemOf(row));
  return items;
}

/** Puts one event to the rules, and notes what it changes. Nothing is written until `save`. */
export function apply(tx: Tx, item: Item, event: TaskEvent, luggage: Luggage = {}): Result<Transition> {
  const outcome = transition(item.state, event, momentOf(tx));
  if (!outcome.ok || !outcome.value.changed) return outcome;
  const { value } = outcome;
  const before = item.state;
  item.changed = true;
  tx.held?.forget(item.row.seq);
  if (value.run) closeRun(tx, item, value.run, luggage.logs);
  if (value.error !== undefined) item.result = errText(cutUtf8(value.error, MAX_ERROR_BYTES));
  if (event.type === "succeed" && luggage.ok !== undefined) item.result = okText(luggage.ok);
  if (luggage.progress !== undefined) {
    item.progress = luggage.progress;
    tx.journal.progressed.push(item.row.seq);
  }
  item.state = value.next;
  if (value.gone) item.gone = true;
  note(tx, item, before, value);
  return outcome;
}

/** Chance is drawn only where the rules ask for it. */
function momentOf(tx: Tx): Moment {
  return {
    now: tx.now,
    get random() {
      return tx.chance.uniform();
    },
  };
}

function closeRun(tx: Tx, item: Item, run: ClosedRun, logs: readonly string[] | undefined): void {
  const runs = item.runs ?? closedRunsOf(item.row);
  item.runs = remembered(runs, entryOf(run, item.row.worker ?? "", tx.now, logs));
  tx.journal.runs.push(Math.max(0, tx.now - run.startedAt));
}

/** Tells the journal. */
function note(tx: Tx, item: Item, before: TaskState, { next, lost, gone }: Transition): void {
  const { journal } = tx;
  const { row } = item;
  if (gone) {
    journal.moved(before.status, null);
    journal.gone.push({ seq: row.seq, id: idOf(tx, row) });
    return;
  }
  journal.touched.push(row.seq);
  if (next.deadline !== null && next.deadline !== before.deadline) journal.wake(next.deadline);
  if (lost && row.holder !== null)
    journal.lost.push({ session: row.holder, id: idOf(tx, row), lease: leaseOf(row), reason: lost });
  if (lost === "orphaned" || lost === "superseded") journal.orphaned++;
  if (lost === "timeout") journal.timedOut++;
  if (next.status === before.status) return;
  journal.moved(before.status, next.status);
  if (next.status === "Failed") journal.failed++;
  if (next.status !== "Done" && next.status !== "Killed") return;
  journal.finished.push(row.seq);
  if (next.status === "Done") journal.done++;
  else journal.killed++;
  const until = keptUntil(next.status, tx.now, tx.config.retention);
  if (until !== null) journal.expires(until);
}
