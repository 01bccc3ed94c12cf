/** Names leases that are not live any more, for a worker that still believes in them. */

import { parseLease } from "../task/id.ts";
import type { LostLease } from "../task/task.ts";
import { idOf, rowsBySeq } from "./rows.ts";
import type { Tx } from "./tx.ts";

/** What became of leases that their worker holds and the queue does not know; those of vanished tasks have no id left. */
export function lostLeases(tx: Pick<Tx, "sql" | "partition">, leases: readonly string[]): LostLease[] {
  const seqs = leases.map((lease) => parseLease(lease)?.seq ?? 0);
  const rows = new Map(rowsBySeq(tx, seqs).map((row) => [row.seq, row]));
  return leases.map((lease, index) => {
    const row = rows.get(seqs[index] ?? 0);
    return { id: row ? idOf(tx, row) : "", lease, reason: "orphaned" };
  });
}
