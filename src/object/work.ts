/** Long work: each slice its own part of a transaction, so that nobody waits long behind it. */

import type { LongWork } from "../store/long.ts";
import type { Desk } from "./desk.ts";

export async function inTurns<R>(desk: Desk, work: LongWork<R>): Promise<R> {
  let turn = work.next();
  while (!turn.done) {
    const slice = turn.value;
    turn = work.next(await desk.partition.group.do((step) => slice(step.tx)));
  }
  return turn.value;
}
