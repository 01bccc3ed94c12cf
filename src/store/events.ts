/** events: what holders of leases report, in order; each is answered, and a refused one spoils no other. */

import { MAX_PROGRESS_BYTES, MAX_RESULT_BYTES } from "../limits.ts";
import { parseLease } from "../task/id.ts";
import { type Failure, fail, type Result } from "../task/result.ts";
import type { TaskEvent, Transition } from "../task/state.ts";
import type { EventAnswer, HolderEvent, RawJson } from "../task/task.ts";
import { exceedsBytes, isBase64Json } from "../task/text.ts";
import { taskNotFound } from "./rows.ts";
import { save } from "./save.ts";
import type { Tx } from "./tx.ts";
import { apply, type Item, itemsById, type Luggage } from "./work.ts";

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
    return outcome.ok
      ? { id: event.id, status: outcome.value.answer }
      : { id: event.id, error: errorOf(outcome.error) };
  });
  save(tx, items.values());
  return answers;
}

/** The answers of a queue that was never used, and has no tables to look in. */
export const unknownTasks = (events: readonly HolderEvent[]): EventAnswer[] =>
  events.map(({ id }) => ({ id, error: errorOf(taskNotFound(id).error) }));

function applyOne(tx: Tx, item: Item | undefined, event: HolderEvent, session: number | null): Result<Transition> {
  if (!item) return taskNotFound(event.id);
  const lease = parseLease(event.lease);
  // No live lease is zero, so one that cannot be read, or is another task's, is refused by the rules as any stale one.
  const token = lease?.seq === item.row.seq ? lease.token : 0;
  if (session !== null && item.row.lease === token && item.row.holder !== session) return notYours(item);
  // Only what would be kept is measured: an ack that is sent again gets its first answer, whatever it brings.
  const refused = item.state.token === token ? oversized(item, event) : null;
  return refused ?? apply(tx, item, ruleEvent(event, token), luggageOf(event));
}

function notYours({ state }: Item) {
  const taskStatus = state.status;
  return fail("lease_lost", "This lease belongs to another session: a lease is its claimer's alone.", { taskStatus });
}

/** Too large a value refuses its event, not the request: the other results of the batch are as good as before. */
function oversized({ row, state }: Item, event: HolderEvent): ReturnType<typeof fail> | null {
  const taskStatus = state.status;
  if (event.type === "progress" && exceedsBytes(event.progress, MAX_PROGRESS_BYTES)) {
    return fail("payload_too_large", `\`progress\` must be at most ${MAX_PROGRESS_BYTES} bytes of JSON.`, {
      taskStatus,
    });
  }
  if (event.type !== "ack" || !("ok" in event.result)) return null;
  if (exceedsBytes(event.result.ok, MAX_RESULT_BYTES)) {
    return fail("payload_too_large", `\`result.ok\` must be at most ${MAX_RESULT_BYTES} bytes of JSON.`, {
      taskStatus,
    });
  }
  if (row.codec !== null && !isEncoded(event.result.ok)) {
    const detail = `A task with the codec ${JSON.stringify(row.codec)} must have its result as a base64 string, or null.`;
    return fail("bad_request", detail, { path: "result.ok", taskStatus });
  }
  return null;
}

const isEncoded = (json: RawJson): boolean => json === "null" || isBase64Json(json);

function ruleEvent(event: HolderEvent, token: number): TaskEvent {
  switch (event.type) {
    case "start":
    case "release":
    case "progress":
      return { type: event.type, token };
    case "snooze":
      return { type: "snooze", token, delayMs: event.delayMs };
    case "extend":
      return { type: "extend", token, timeoutMs: event.timeoutMs };
    case "ack":
      if ("ok" in event.result) return { type: "succeed", token };
      if (event.result.abort) return { type: "abort", token, error: event.result.err };
      return { type: "fail", token, error: event.result.err, retryAfterMs: event.result.retryAfterMs };
    default:
      return event satisfies never;
  }
}

function luggageOf(event: HolderEvent): Luggage {
  if (event.type === "progress") return { progress: event.progress };
  if (event.type !== "ack") return {};
  return { logs: event.logs, ...("ok" in event.result ? { ok: event.result.ok } : {}) };
}

function errorOf({ code, detail, taskStatus, path }: Failure) {
  return { code, detail, ...(taskStatus === undefined ? {} : { taskStatus }), ...(path === undefined ? {} : { path }) };
}
