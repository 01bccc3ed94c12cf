/** A task that runs on while all around it was done leaves its segment. */

import { LISTED } from "../../../src/store/place.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { CUT } from "./cuts.ts";
import { leave } from "./leave.ts";
import { rowAt } from "./rows.ts";
import { isLeased } from "./segment.ts";
import { fromSeq, saveSegment } from "./shelf.ts";
import { tallyOf } from "./tally.ts";

/**
 * Keeps what is looked at for leases short: it begins with the first segment that has any, and without this one task that
 * takes hours would have all that was done since looked through. One segment a call, since a claim calls it each time.
 */
export function leaveStragglers(tx: Tx): void {
  const { head, low, nextSeq } = tallyOf(tx);
  if (low === null || (head ?? nextSeq) - low <= CUT.span) return;
  const segment = fromSeq(tx, low, "rules");
  if (!segment || segment.first !== low) return;
  const indexes = [...segment.slots.keys()].filter((index) => isLeased(segment.slots[index] ?? null));
  leave(
    tx,
    indexes.map((index) => [rowAt({ segment, index }), { place: LISTED }]),
  );
  for (const index of indexes) segment.slots[index] = "left";
  saveSegment(tx, segment);
}
