/** Rows as the present layout has them, of tasks in segments too: all that works on rows works on those. */

import * as present from "../../../src/store/rows.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { taskNotFound } from "../../../src/task/refusals.ts";
import { ok, type Result } from "../../../src/task/result.ts";
import type { Run } from "../../../src/task/task.ts";
import { type Cell, deadlineIn } from "./segment.ts";
import { type Depth, type Place, placesOf } from "./shelf.ts";

export * from "../../../src/store/rows.ts";

/** A row that stands in a segment. */
export interface PlacedRow extends present.TaskRow {
  readonly home: Place;
}

export const homeOf = (row: object): Place | null => ("home" in row ? (row as PlacedRow).home : null);

const DONE = 3;
const ACK = "ack" as const;

/** The row that a task in a segment would be. */
export function rowAt(home: Place): PlacedRow {
  const { segment, index } = home;
  const template = segment.template(index);
  const [created_at, run_at, max_attempts, timeout_ms, backoff, group_key, codec, meta] = template;
  const slot = segment.slots[index] as Cell | null;
  const held = slot !== null && slot.status !== DONE ? slot : null;
  const done = slot !== null && slot.status === DONE ? slot : null;
  const value = done ? segment.result(index) : null;
  return {
    home,
    seq: segment.first + index,
    status: slot?.status ?? 0,
    priority: 0,
    run_at,
    created_at,
    random: segment.random(index),
    attempt: slot === null || slot.status === 1 ? 0 : 1,
    max_attempts,
    strikes: 0,
    revision: slot?.revision ?? 1,
    lease: held?.token ?? null,
    holder: held?.holder ?? null,
    lock_at: held?.lockAt ?? null,
    started_at: held?.startedAt ?? null,
    deadline: held ? deadlineIn(template, held) : null,
    past_lease: done?.token ?? null,
    past_event: done ? ACK : null,
    past_status: done ? DONE : null,
    done_at: done?.doneAt ?? null,
    timeout_ms,
    backoff,
    idem_key: null,
    idem_until: null,
    freed: null,
    group_key,
    codec,
    progress: null,
    meta,
    runs: done ? JSON.stringify([runIn(done)]) : null,
    result: value === null ? null : present.okText(value),
    worker: held?.worker ?? null,
  };
}

const runIn = (done: Cell): Run => ({
  attempt: 1,
  worker: done.worker,
  startedAt: done.startedAt ?? 0,
  endedAt: done.doneAt ?? 0,
  outcome: "done",
});

export const fullRowAt = (place: Place): present.FullRow & PlacedRow =>
  Object.assign(rowAt(place), { args: place.segment.args(place.index) });

/** Segments first: most tasks are there, and what is not is asked for by its key. */
function withSegments<R extends { readonly seq: number }>(
  tx: Pick<Tx, "sql">,
  seqs: readonly number[],
  depth: Depth,
  others: (seqs: readonly number[]) => R[],
): R[] {
  const places = placesOf(tx, seqs, depth);
  const placed = [...places.values()].map((place) => rowAt(place) as { readonly seq: number } as R);
  if (places.size === seqs.length) return placed;
  // Where both have some, they are as one table would give them.
  const rows = [...placed, ...others(seqs.filter((seq) => !places.has(seq)))];
  return rows.sort((a, b) => a.seq - b.seq);
}

export const rowsBySeq = (tx: Pick<Tx, "sql">, seqs: readonly number[]): present.TaskRow[] =>
  withSegments<present.TaskRow>(tx, seqs, "results", (rest) => present.rowsBySeq(tx, rest));

export const ruleRowsBySeq = (tx: Pick<Tx, "sql">, seqs: readonly number[]): present.RuleRow[] =>
  withSegments<present.RuleRow>(tx, seqs, "rules", (rest) => present.ruleRowsBySeq(tx, rest));

export function idsBySeq(tx: Pick<Tx, "sql" | "partition">, seqs: readonly number[]): string[] {
  const places = placesOf(tx, seqs, "rules");
  const placed = [...places.values()].map(({ segment, index }) => segment.id(tx.partition, index));
  if (places.size === seqs.length) return placed;
  return [
    ...placed,
    ...present.idsBySeq(
      tx,
      seqs.filter((seq) => !places.has(seq)),
    ),
  ];
}

export const rowsById = (tx: Pick<Tx, "sql" | "partition">, ids: readonly string[]): Map<string, present.TaskRow> =>
  byId(tx, ids, rowsBySeq);

export const ruleRowsById = (tx: Pick<Tx, "sql" | "partition">, ids: readonly string[]): Map<string, present.RuleRow> =>
  byId(tx, ids, ruleRowsBySeq);

function byId<R extends present.RuleRow>(
  tx: Pick<Tx, "sql" | "partition">,
  ids: readonly string[],
  rowsOf: (tx: Pick<Tx, "sql">, seqs: readonly number[]) => R[],
): Map<string, R> {
  const seqs = new Set(ids.map((id) => present.seqOf(tx, id)).filter((seq) => seq !== null));
  const asked = new Set(ids);
  const rows = rowsOf(tx, [...seqs]).map((row) => [present.idOf(tx, row), row] as const);
  return new Map(rows.filter(([id]) => asked.has(id)));
}

export function fullRow(tx: Pick<Tx, "sql" | "partition">, id: string): Result<present.FullRow> {
  const seq = present.seqOf(tx, id);
  if (seq === null) return taskNotFound(id);
  const place = placesOf(tx, [seq], "all").get(seq);
  if (!place) return present.fullRow(tx, id);
  return place.segment.id(tx.partition, place.index) === id ? ok(fullRowAt(place)) : taskNotFound(id);
}
