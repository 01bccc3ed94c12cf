/** Idempotency keys: which task holds a key. A key belongs to its group, or to the queue when there is no group. */

import { type Keyed, keyName } from "../task/key.ts";
import type { Pushed } from "../task/task.ts";
import { jsonChunks } from "./chunks.ts";
import { idOf, statusOf, type TaskRow } from "./rows.ts";
import type { Tx } from "./tx.ts";

type KeyRow = Pick<TaskRow, "seq" | "status" | "created_at" | "random"> & { readonly place: number };

const HOLDERS = `
  SELECT seq, status, created_at, random, wanted.value ->> 2 AS place
  FROM json_each(?1) AS wanted CROSS JOIN task
  WHERE task.idem_key = wanted.value ->> 0 AND task.freed = 0 AND task.group_key IS wanted.value ->> 1`;

/** The tasks that hold the keys of these, by `keyName`. */
export function keyHolders(tx: Tx, tasks: readonly Keyed[]): Map<string, Pushed> {
  const wanted = tasks.filter((task) => task.idempotencyKey !== undefined);
  const held = new Map<string, Pushed>();
  if (wanted.length === 0) return held;
  const keys = wanted.map((task, place) => JSON.stringify([task.idempotencyKey, task.groupKey ?? null, place]));
  for (const chunk of jsonChunks(keys)) {
    for (const row of tx.sql.all<KeyRow>(HOLDERS, chunk)) {
      const task = wanted[row.place];
      if (task) held.set(keyName(task), { id: idOf(tx, row), status: statusOf(row.status), created: false });
    }
  }
  return held;
}
