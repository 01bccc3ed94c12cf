/** What is leased, in segments and in rows. */

import type { HeldLease } from "../../../src/store/leased.ts";
import * as present from "../../../src/store/leased.ts";
import type { FullRow } from "../../../src/store/rows.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { formatLease } from "../../../src/task/id.ts";
import { fullRowAt } from "./rows.ts";
import { isLeased, statusIn } from "./segment.ts";
import { leasedSegments, placesOf } from "./shelf.ts";

export { delivered, type HeldLease } from "../../../src/store/leased.ts";

export function heldTasks(tx: Pick<Tx, "sql">, session: number, seqs: readonly number[]): FullRow[] {
  const placed = [...placesOf(tx, seqs, "all").values()].map(fullRowAt).filter((row) => row.holder === session);
  return [...placed, ...present.heldTasks(tx, session, seqs)].sort(
    (a, b) => b.priority - a.priority || a.run_at - b.run_at || a.seq - b.seq,
  );
}

export function heldLeases(tx: Pick<Tx, "sql" | "tally" | "partition">, session: number): HeldLease[] {
  const held = present.heldLeases(tx, session);
  for (const segment of leasedSegments(tx)) {
    for (const [index, slot] of segment.slots.entries()) {
      if (!isLeased(slot) || slot.holder !== session) continue;
      const seq = segment.first + index;
      const lease = formatLease(slot.token, seq);
      held.push({ seq, id: segment.id(tx.partition, index), lease, status: statusIn(slot) });
    }
  }
  return held.sort((a, b) => a.seq - b.seq);
}
