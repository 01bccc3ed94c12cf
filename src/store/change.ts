/** A task as those are told who follow its queue: what changes often, and not what it carries. */

import type { Status } from "../task/status.ts";
import { idOf, statusOf, type TaskRow } from "./rows.ts";
import type { Tx } from "./tx.ts";

export interface Change {
  readonly id: string;
  readonly queue: string;
  readonly status: Status;
  readonly attempt: number;
  readonly priority: number;
  /** ms. */
  readonly runAt: number;
}

export const changeOf = (tx: Pick<Tx, "queue" | "partition">, row: TaskRow): Change => ({
  id: idOf(tx, row),
  queue: tx.queue,
  status: statusOf(row.status),
  attempt: row.attempt,
  priority: row.priority,
  runAt: row.run_at,
});
