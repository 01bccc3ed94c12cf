/** What may be asked of a queue without changing it. A queue that was never used reads as empty, and stays unborn. */

import { resultText, taskText } from "../protocol/encode.ts";
import type { ListQuery, QueueInfo, QueueStats, WorkerInfo } from "../protocol/types.ts";
import { seriesOf } from "../store/history.ts";
import { queueView, statsView } from "../store/info.ts";
import { createdAt, list } from "../store/list.ts";
import { type FullRow, fullRow, resultViewOf, viewOf } from "../store/rows.ts";
import { checkStatus } from "../store/status.ts";
import type { Tx } from "../store/tx.ts";
import { listWorkers } from "../store/workers.ts";
import { parseCursor } from "../task/cursor.ts";
import { queueNotFound, taskNotFound } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import type { PartitionHistory, PartitionNumbers, TaskText } from "./api.ts";

type Reading = Omit<Tx, "journal">;

/** `null` stands for a queue that was never used. */
type Maybe = Reading | null;

/** What can be read of a queue that may never have been used: then it is a database without a row. */
export const readable = (tx: Reading, used: boolean): Reading => (used ? tx : { ...tx, sql: NOTHING });

const taskOf = (tx: Pick<Tx, "queue" | "partition">, row: FullRow): TaskText => taskText(viewOf(tx, row));

export function task(tx: Maybe, id: string): Result<TaskText> {
  if (!tx) return taskNotFound(id);
  const row = fullRow(tx, id);
  return row.ok ? ok(taskOf(tx, row.value)) : row;
}

export interface TaskPage {
  tasks: TaskText[];
  nextCursor?: string;
  /** Where nothing of what was looked at fits the filter: when the last of it was created, ms. */
  reached?: number;
}

export function tasks(tx: Maybe, query: ListQuery): Result<TaskPage> {
  if (!tx) {
    const cursor = parseCursor(query.cursor, query.order);
    return cursor.ok ? ok({ tasks: [] }) : cursor;
  }
  const page = list(tx, query);
  if (!page.ok) return page;
  const { rows, nextCursor } = page.value;
  const found = rows.map((row) => taskOf(tx, row));
  if (nextCursor === undefined) return ok({ tasks: found });
  if (found.length > 0) return ok({ tasks: found, nextCursor });
  const next = parseCursor(nextCursor, query.order);
  const reached = createdAt(tx, (next.ok && next.value) || 0);
  return ok({ tasks: found, nextCursor, ...(reached === undefined ? {} : { reached }) });
}

export function workers(tx: Maybe): Result<{ workers: WorkerInfo[] }> {
  return ok({ workers: tx ? listWorkers(tx) : [] });
}

export function status(tx: Maybe, ids: readonly string[]): Result<{ results: TaskText[]; unknown: string[] }> {
  if (!tx) return ok({ results: [], unknown: [...new Set(ids)] });
  const { rows, unknown } = checkStatus(tx, ids);
  return ok({ results: rows.map((row) => resultText(resultViewOf(tx, row))), unknown });
}

export function info(tx: Reading, used: boolean): Result<QueueInfo> {
  return used ? ok(queueView(tx)) : queueNotFound(tx.queue);
}

/** Those of one partition among several. */
export function numbers(tx: Reading, used: boolean, keyed: number): PartitionNumbers {
  const { waits, runs } = tx.tally;
  return { used, keyed, stats: stats(tx, used), workers: used ? listWorkers(tx) : [], waits, runs };
}

/** Of a queue that was never used it is empty. */
export const history = (tx: Reading): PartitionHistory => ({ now: tx.now, ...seriesOf(tx) });

/** A queue that was never used has numbers too: all are zero. */
export function stats(tx: Reading, used: boolean): QueueStats {
  return statsView(readable(tx, used));
}

/** A database without a row. */
const NOTHING: Tx["sql"] = {
  all: () => [],
  script: () => undefined,
  transaction: (body) => body(),
  rowsWritten: 0,
};

export const mapped = <T, U>(result: Result<T>, map: (value: T) => U): Result<U> =>
  result.ok ? ok(map(result.value)) : result;

export const textOf = (tx: Pick<Tx, "queue" | "partition">, row: Result<FullRow>): Result<TaskText> =>
  mapped(row, (found) => taskOf(tx, found));
