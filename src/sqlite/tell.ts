/** What an operation did, for those who must be told of it. */

import type { Occasion } from "../local/store.ts";
import { idsBySeq } from "../store/rows.ts";
import { sessionById, sessionToken } from "../store/sessions.ts";
import type { Tx } from "../store/tx.ts";
import type { EventAnswer, HolderEvent } from "../task/task.ts";

export function tell(on: Occasion, tx: Tx): void {
  const { finished, gone, lost } = tx.journal;
  for (const id of idsBySeq(tx, finished)) on.finished.add(id);
  for (const { id } of gone) on.gone.add(id);
  for (const { session, ...lease } of lost) {
    const holder = sessionById(tx, session);
    // One that has said goodbye does not want to know.
    if (holder) on.lost.push({ session: sessionToken(holder), lease });
  }
}

/** Progress that was taken. */
export function tellProgress(on: Occasion, events: readonly HolderEvent[], answers: readonly EventAnswer[]): void {
  for (const [at, event] of events.entries()) {
    const answer = answers[at];
    if (event.type === "progress" && answer && !("error" in answer)) on.progress.set(event.id, event.progress);
  }
}
