/** What waits: at the head of the segments, and in the rows of the present layout. */

import * as present from "../../../src/store/backlog.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { earliest } from "../../../src/task/instant.ts";
import { fromSeq } from "./shelf.ts";
import { tallyOf } from "./tally.ts";

export { nextDueAt, promote } from "../../../src/store/backlog.ts";

/** As the present one, with what a merge needs. */
export const CANDIDATES = present.CANDIDATES.replace(
  "SELECT seq, status, bytes",
  "SELECT seq, status, bytes, priority + 0 AS rank, run_at + 0 AS due_at",
);

type Reading = Pick<Tx, "sql" | "now"> & Partial<Pick<Tx, "tally">>;

export const hasBacklog = (tx: Reading): boolean => tallyOf(tx).head !== null || present.hasBacklog(tx);

/** When the task at the head was to run, or `null` when none waits in a segment. */
function headAt(tx: Reading): number | null {
  const { head } = tallyOf(tx);
  const segment = head === null ? null : fromSeq(tx, head, "rules");
  return segment && head !== null ? segment.template(head - segment.first)[1] : null;
}

export function oldestDueAt(tx: Reading): number | null {
  const at = headAt(tx);
  return earliest(at !== null && at <= tx.now ? at : null, present.oldestDueAt(tx));
}
