/** Before a queue is dropped: whether it may be, and who loses what by it. */

import { stillLeased } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import type { LostLease } from "../task/task.ts";
import { heldLeases } from "./leased.ts";
import { holders, type SessionRow } from "./sessions.ts";
import type { Tx } from "./tx.ts";

/** @returns `wrong_status` while something is leased, unless forced */
export function mayDrop({ tally }: Pick<Tx, "tally">, force: boolean): Result<null> {
  const { Queued, Running } = tally.counts;
  return Queued + Running === 0 || force ? ok(null) : stillLeased(Queued + Running);
}

/** Every live lease, by session, as its holder is told that it is gone. */
export const leasesToDrop = (tx: Pick<Tx, "sql" | "tally" | "partition">): Map<SessionRow, LostLease[]> =>
  new Map(
    holders(tx).map((session) => [
      session,
      heldLeases(tx, session.id).map(({ id, lease }) => ({ id, lease, reason: "cancelled" })),
    ]),
  );
