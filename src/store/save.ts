/** Writes what was worked on: each row once, by the statement that touches the fewest indexes. */

import { isKeyFreed, keyName } from "../task/key.ts";
import { placeOf } from "../task/machine.ts";
import { jsonChunks } from "./chunks.ts";
import { keyHolders } from "./keys.ts";
import { placeCode } from "./place.ts";
import { codeOf, type RuleRow } from "./rows.ts";
import type { Tx } from "./tx.ts";
import type { Item } from "./work.ts";

const FIELDS = `value ->> 0 AS seq, value ->> 1 AS status, value ->> 2 AS place, value ->> 3 AS run_at, value ->> 4 AS attempt,
  value ->> 5 AS strikes, value ->> 6 AS done_at, value ->> 7 AS past_lease, value ->> 8 AS past_event,
  value ->> 9 AS past_status, value ->> 10 AS result, value ->> 11 AS runs, value ->> 12 AS progress`;

const SETTLED = `status = to_.status, place = to_.place, run_at = to_.run_at, attempt = to_.attempt, strikes = to_.strikes,
  lease = NULL, holder = NULL, lock_at = NULL, started_at = NULL, deadline = NULL, done_at = to_.done_at,
  past_lease = to_.past_lease, past_event = to_.past_event, past_status = to_.past_status,
  result = coalesce(to_.result, task.result), runs = coalesce(to_.runs, task.runs),
  progress = coalesce(to_.progress, task.progress), revision = revision + 1`;

/** For a row that is not leased any more. An ack writes the row alone: it leaves its index, and enters none. */
const SETTLE = `UPDATE task SET ${SETTLED} FROM (SELECT ${FIELDS} FROM jsonb_each(?1)) AS to_ WHERE task.seq = to_.seq`;

/** The same for what nearly all tasks come to, with nothing in it that is the same for all. ?2 now. */
const SETTLE_DONE = `
  UPDATE task SET status = 3, place = NULL, attempt = to_.attempt, strikes = 0, lease = NULL, holder = NULL, lock_at = NULL,
    started_at = NULL, deadline = NULL, done_at = ?2, past_lease = to_.lease, past_event = 'ack', past_status = 3,
    result = to_.result, runs = to_.runs, revision = revision + 1
  FROM (SELECT value ->> 0 AS seq, value ->> 1 AS attempt, value ->> 2 AS lease, value ->> 3 AS result, value ->> 4 AS runs
    FROM jsonb_each(?1)) AS to_
  WHERE task.seq = to_.seq`;

/** The same for a row whose idempotency key is let go or taken up again, which costs its index a row. */
const SETTLE_KEYED = `UPDATE task SET ${SETTLED}, freed = ?2, idem_key = iif(?2 IS NULL, NULL, idem_key)
  FROM (SELECT ${FIELDS} FROM jsonb_each(?1)) AS to_ WHERE task.seq = to_.seq`;

/** For a row that stays leased: no column that an index names is set, so a start costs one row. */
const KEEP = `
  UPDATE task SET status = to_.status, attempt = to_.attempt, strikes = to_.strikes, started_at = to_.started_at,
    deadline = to_.deadline, progress = coalesce(to_.progress, task.progress), revision = revision + 1
  FROM (SELECT value ->> 0 AS seq, value ->> 1 AS status, value ->> 2 AS attempt, value ->> 3 AS strikes,
    value ->> 4 AS started_at, value ->> 5 AS deadline, value ->> 6 AS progress FROM jsonb_each(?1)) AS to_
  WHERE task.seq = to_.seq`;

const DELETE = "DELETE FROM task WHERE seq IN (SELECT value FROM jsonb_each(?1))";

/** Writes every item that changed. */
export function save(tx: Tx, items: Iterable<Item>): void {
  const deleted: number[] = [];
  const kept: string[] = [];
  const done: string[] = [];
  const ended: string[] = [];
  const keyed: Item[] = [];
  for (const item of items) {
    if (!item.changed) continue;
    if (item.gone) deleted.push(item.row.seq);
    else if (item.state.token !== null) {
      kept.push(keepFields(item));
      tx.held?.stage(keptRow(item));
    } else if (isPlainlyDone(item)) done.push(doneFields(item));
    else if (keyMoves(item)) keyed.push(item);
    else ended.push(settleFields(tx, item));
  }
  for (const chunk of jsonChunks(kept)) tx.sql.all(KEEP, chunk);
  for (const chunk of jsonChunks(done)) tx.sql.all(SETTLE_DONE, chunk, tx.now);
  for (const chunk of jsonChunks(ended)) tx.sql.all(SETTLE, chunk);
  // One by one: of two that want the same key back, the first has it.
  for (const item of keyed) tx.sql.all(SETTLE_KEYED, `[${settleFields(tx, item)}]`, keyAfter(tx, item));
  if (deleted.length > 0) tx.sql.all(DELETE, JSON.stringify(deleted));
}

const keyMoves = ({ row, state }: Item): boolean =>
  row.idem_key !== null && (row.freed === 1) !== isKeyFreed(state.status, row.idem_until);

/** 1 when the key goes free, 0 when it is held again, `null` when another has it meanwhile. */
function keyAfter(tx: Tx, { row, state }: Item): 0 | 1 | null {
  if (isKeyFreed(state.status, row.idem_until)) return 1;
  const task = { idempotencyKey: row.idem_key ?? "", groupKey: row.group_key ?? undefined };
  return keyHolders(tx, [task]).has(keyName(task)) ? null : 0;
}

/** The row as it is once it is written. */
const keptRow = ({ row, state }: Item): RuleRow => ({
  ...row,
  status: codeOf(state.status),
  attempt: state.attempt,
  strikes: state.strikes,
  started_at: state.startedAt,
  deadline: state.deadline,
});

/** Whether `SETTLE_DONE` says all that there is to say. */
const isPlainlyDone = (item: Item): boolean =>
  item.state.status === "Done" &&
  item.state.past?.event === "ack" &&
  item.state.past.status === "Done" &&
  item.state.strikes === 0 &&
  item.state.runAt === item.row.run_at &&
  item.result !== null &&
  item.runs !== null &&
  item.progress === null &&
  !keyMoves(item);

const doneFields = ({ row, state, result, runs }: Item): string =>
  `[${row.seq},${state.attempt},${state.past?.token},${JSON.stringify(result)},${JSON.stringify(JSON.stringify(runs))}]`;

function keepFields({ row, state, progress }: Item): string {
  return JSON.stringify([
    row.seq,
    codeOf(state.status),
    state.attempt,
    state.strikes,
    state.startedAt,
    state.deadline,
    progress,
  ]);
}

function settleFields(tx: Tx, { row, state, result, runs, progress }: Item): string {
  return JSON.stringify([
    row.seq,
    codeOf(state.status),
    placeCode(placeOf(state, tx.now)),
    state.runAt,
    state.attempt,
    state.strikes,
    state.doneAt,
    state.past?.token ?? null,
    state.past?.event ?? null,
    state.past === null ? null : codeOf(state.past.status),
    result,
    runs === null ? null : JSON.stringify(runs),
    progress,
  ]);
}
