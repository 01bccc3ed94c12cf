/** Tasks as they are delivered: of a batch nearly all are alike, and what they have in common is written once. */

import { leasedTaskTemplate } from "../protocol/encode.ts";
import { type FullRow, idOf, leasedViewOf, leaseOf } from "../store/rows.ts";
import type { Tx } from "../store/tx.ts";
import type { TaskText } from "./api.ts";

/** Tasks that were leased, in their order. */
export function leasedTexts(tx: Pick<Tx, "queue" | "partition">, rows: readonly FullRow[]): TaskText[] {
  let model: FullRow | undefined;
  let template: ReturnType<typeof leasedTaskTemplate> | undefined;
  return rows.map((row) => {
    if (!model || !template || !isLike(model, row)) {
      model = row;
      template = leasedTaskTemplate(leasedViewOf(tx, row));
    }
    const { args, run_at, created_at } = row;
    return template({ id: idOf(tx, row), args, runAt: run_at, createdAt: created_at, lease: leaseOf(row) });
  });
}

/** Whether two rows that were leased have the same view, but for what names a task: id, args, times and lease. */
const isLike = (a: FullRow, b: FullRow): boolean =>
  a.status === b.status &&
  a.priority === b.priority &&
  a.attempt === b.attempt &&
  a.max_attempts === b.max_attempts &&
  a.revision === b.revision &&
  a.lock_at === b.lock_at &&
  a.started_at === b.started_at &&
  a.done_at === b.done_at &&
  a.timeout_ms === b.timeout_ms &&
  a.backoff === b.backoff &&
  a.idem_key === b.idem_key &&
  a.idem_until === b.idem_until &&
  a.group_key === b.group_key &&
  a.codec === b.codec &&
  a.progress === b.progress &&
  a.meta === b.meta &&
  a.runs === b.runs &&
  a.result === b.result &&
  a.worker === b.worker;
