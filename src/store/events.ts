/** events: what holders of leases report, in order; each is answered, and a refused one spoils no other. */

import { parseLease } from "../task/id.ts";
import { taskNotFound } from "../task/refusals.ts";
import { luggageOf, notYours, refusedEvent, ruleEvent, unfit } from "../task/report.ts";
import type { Result } from "../task/result.ts";
import type { Transition } from "../task/state.ts";
import type { EventAnswer, HolderEvent } from "../task/task.ts";
import { save } from "./save.ts";
import type { Tx } from "./tx.ts";
import { apply, type Item, itemsById } from "./work.ts";

/**
 * Applies events in order, several of one task included: a start and its ack cost one write.
 *
 * @param session whose leases they must be, or `null` when the lease alone is the right
 */
export function applyEvents(tx: Tx, events: readonly HolderEvent[], session: number | null): EventAnswer[] {
  const ids = events.map((event) => event.id);
  const items = itemsById(tx, ids);
  const answers = events.map((event): EventAnswer => {
    const outcome = applyOne(tx, items.get(event.id), event, session);
    return outcome.ok ? { id: event.id, status: outcome.value.answer } : refusedEvent(event.id, outcome.error);
  });
  save(tx, items.values());
  return answers;
}

/** The answers of a queue that was never used, and has no tables to look in. */
export const unknownTasks = (events: readonly HolderEvent[]): EventAnswer[] =>
  events.map(({ id }) => refusedEvent(id, taskNotFound(id).error));

function applyOne(tx: Tx, item: Item | undefined, event: HolderEvent, session: number | null): Result<Transition> {
  if (!item) return taskNotFound(event.id);
  const lease = parseLease(event.lease);
  // No live lease is zero, so one that cannot be read, or is another task's, is refused by the rules as any stale one.
  const token = lease?.seq === item.row.seq ? lease.token : 0;
  if (session !== null && item.row.lease === token && item.row.holder !== session) return notYours(item.state);
  return unfit(event, token, item.state, item.row.codec) ?? apply(tx, item, ruleEvent(event, token), luggageOf(event));
}
