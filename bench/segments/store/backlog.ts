/** What waits: at the head of the segments, and in the rows of the present layout. */

import * as present from "../../../src/store/backlog.ts";
import { IN_LINE } from "../../../src/store/place.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { earliest } from "../../../src/task/instant.ts";
import { fromSeq, type Place, segmentsFrom } from "./shelf.ts";
import { tallyOf } from "./tally.ts";

export { nextDueAt } from "../../../src/store/backlog.ts";

export interface Candidate extends present.Candidate {
  /** Where it stands, if in a segment. */
  readonly home?: Place;
}

type Reading = Pick<Tx, "sql" | "now" | "tally">;

export const hasBacklog = (tx: Reading): boolean => tallyOf(tx).head !== null || present.hasBacklog(tx);

/** When the task at the head was to run, or `null` when none waits in a segment. */
function headAt(tx: Omit<Reading, "now">): number | null {
  const { head } = tallyOf(tx);
  const segment = head === null ? null : fromSeq(tx, head, "rules");
  return segment && head !== null ? segment.template(head - segment.first)[1] : null;
}

export const earliestRunAt = (tx: Omit<Reading, "now">): number | null =>
  earliest(headAt(tx), present.earliestRunAt(tx));

export function oldestDueAt(tx: Reading): number | null {
  const at = headAt(tx);
  return earliest(at !== null && at <= tx.now ? at : null, present.oldestDueAt(tx));
}

/** Both are in order; where they meet, they are merged. */
export function candidates(tx: Tx, count: number): readonly Candidate[] {
  const rows = present.candidates(tx, count);
  const waiting = waitingIn(tx, count);
  return rows.length === 0 ? waiting : [...rows, ...waiting].sort(byTurn).slice(0, count);
}

const byTurn = (a: Candidate, b: Candidate): number => b.priority - a.priority || a.run_at - b.run_at || a.seq - b.seq;

function waitingIn(tx: Tx, count: number): Candidate[] {
  const { head } = tallyOf(tx);
  const waiting: Candidate[] = [];
  if (head === null) return waiting;
  for (const segment of segmentsFrom(tx, head, "args")) {
    for (let index = Math.max(0, head - segment.first); index < segment.n; index++) {
      if (segment.slots[index] !== null) continue;
      if (waiting.length === count) return waiting;
      const run_at = segment.template(index)[1];
      const [seq, bytes, home] = [segment.first + index, segment.bytes(index), { segment, index }];
      waiting.push({ seq, status: 0, place: IN_LINE, priority: 0, run_at, bytes, home });
    }
  }
  return waiting;
}
