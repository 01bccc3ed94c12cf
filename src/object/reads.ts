/** What may be asked of a queue without changing it. A queue that was never used reads as empty, and stays unborn. */

import { leasedTaskTemplate, resultText, taskText } from "../protocol/encode.ts";
import type { ListQuery, QueueInfo, QueueStats, WorkerInfo } from "../protocol/types.ts";
import { queueView, statsView } from "../store/info.ts";
import { list } from "../store/list.ts";
import { type FullRow, fullRow, idOf, isLike, leasedViewOf, leaseOf, resultViewOf, viewOf } from "../store/rows.ts";
import { checkStatus } from "../store/status.ts";
import type { Tx } from "../store/tx.ts";
import { listWorkers } from "../store/workers.ts";
import { parseCursor } from "../task/cursor.ts";
import { queueNotFound, taskNotFound } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import type { TaskText } from "./api.ts";

type Reading = Omit<Tx, "journal">;

/** `null` stands for a queue that was never used. */
type Maybe = Reading | null;

/** What can be read of a queue that may never have been used: then it is a database without a row. */
export const readable = (tx: Reading, used: boolean): Reading => (used ? tx : { ...tx, sql: NOTHING });

export const taskOf = (tx: Pick<Tx, "queue" | "partition">, row: FullRow): TaskText => taskText(viewOf(tx, row));

/** Tasks that were leased, in their order: of a batch nearly all are alike. */
export function leasedTexts(tx: Pick<Tx, "queue" | "partition">, rows: readonly FullRow[]): TaskText[] {
  let model: FullRow | undefined;
  let template: ReturnType<typeof leasedTaskTemplate> | undefined;
  return rows.map((row) => {
    if (!model || !template || !isLike(model, row)) {
      model = row;
      template = leasedTaskTemplate(leasedViewOf(tx, row));
    }
    const { args, run_at: runAt, created_at: createdAt } = row;
    return template({ id: idOf(tx, row), args, runAt, createdAt, lease: leaseOf(row) });
  });
}

export function task(tx: Maybe, id: string): Result<TaskText> {
  if (!tx) return taskNotFound(id);
  const row = fullRow(tx, id);
  return row.ok ? ok(taskOf(tx, row.value)) : row;
}

export function tasks(tx: Maybe, query: ListQuery): Result<{ tasks: TaskText[]; nextCursor?: string }> {
  if (!tx) {
    const cursor = parseCursor(query.cursor, query.order);
    return cursor.ok ? ok({ tasks: [] }) : cursor;
  }
  const page = list(tx, query);
  if (!page.ok) return page;
  const { rows, nextCursor } = page.value;
  const found = rows.map((row) => taskOf(tx, row));
  return ok(nextCursor === undefined ? { tasks: found } : { tasks: found, nextCursor });
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
