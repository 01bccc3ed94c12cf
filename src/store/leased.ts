/** Reads back what was just leased, for those who get it. */

import type { Status } from "../task/status.ts";
import { ruleRowOf } from "./held.ts";
import { type FullRow, idOf, leaseOf, ROW_COLUMNS, statusOf, type TaskRow } from "./rows.ts";
import { readLeases } from "./span.ts";
import type { Deliveries, Taker } from "./takers.ts";
import type { Tx } from "./tx.ts";

/** Shares out rows that were leased, in the order in which they should run, and remembers them. */
export function delivered<T extends Taker>(
  { held }: Pick<Tx, "held">,
  dealt: readonly (readonly [FullRow, T])[],
): Deliveries<T> {
  const deliveries: Deliveries<T> = new Map();
  for (const [row, taker] of dealt) {
    held?.stage(ruleRowOf(row));
    const before = deliveries.get(taker);
    if (before) before.push(row);
    else deliveries.set(taker, [row]);
  }
  return deliveries;
}

/** Tasks that a session holds, of those named, in the order in which they should run. */
export function heldTasks(tx: Pick<Tx, "sql">, session: number, seqs: readonly number[]): FullRow[] {
  return tx.sql.all<FullRow>(
    `SELECT ${ROW_COLUMNS}, args FROM task
     WHERE seq IN (SELECT value FROM json_each(?2)) AND lease IS NOT NULL AND holder = ?1 ORDER BY priority DESC, run_at, seq`,
    session,
    JSON.stringify(seqs),
  );
}

export interface HeldLease {
  readonly seq: number;
  readonly id: string;
  readonly lease: string;
  readonly status: Status;
}

/** Every live lease of a session. */
export function heldLeases(tx: Pick<Tx, "sql" | "tally" | "partition">, session: number): HeldLease[] {
  const rows = readLeases<Pick<TaskRow, "seq" | "created_at" | "random" | "lease" | "status">>(
    tx,
    "seq, created_at, random, lease, status, holder",
    (leases) => `SELECT seq, created_at, random, lease, status FROM ${leases} WHERE holder = ?3 ORDER BY seq`,
    session,
  );
  return rows.map((row) => ({ seq: row.seq, id: idOf(tx, row), lease: leaseOf(row), status: statusOf(row.status) }));
}
