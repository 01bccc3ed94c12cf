/** check-status: what became of tasks, terminal or not. */

import { MAX_BODY_BYTES } from "../limits.ts";
import { rowsById, type TaskRow } from "./rows.ts";
import type { Tx } from "./tx.ts";

export interface StatusAnswer {
  /** In the order of the ids, each once. */
  readonly rows: TaskRow[];
  readonly unknown: string[];
  /** Ids whose results did not fit the answer. */
  readonly left: string[];
}

export function checkStatus(tx: Pick<Tx, "sql" | "partition">, ids: readonly string[]): StatusAnswer {
  const known = rowsById(tx, ids);
  const rows: TaskRow[] = [];
  const unknown: string[] = [];
  const left: string[] = [];
  let size = 0;
  for (const id of new Set(ids)) {
    const row = known.get(id);
    size += row?.result?.length ?? 0;
    if (!row) unknown.push(id);
    else if (rows.length > 0 && size > MAX_BODY_BYTES / 2) left.push(id);
    else rows.push(row);
  }
  return { rows, unknown, left };
}
