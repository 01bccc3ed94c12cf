/** Many tasks: a page of a list, and verbs for those that are named or found. */

import { MAX_BULK, MAX_SCANNED } from "../../limits.ts";
import type { BulkInput, ListQuery } from "../../protocol/types.ts";
import { bulkEvent } from "../../task/bulk.ts";
import { formatCursor, parseCursor } from "../../task/cursor.ts";
import { transition } from "../../task/machine.ts";
import { ok, type Result } from "../../task/result.ts";
import { isAbandoned } from "./sweep.ts";
import type { MemoryTask } from "./task.ts";
import { matches } from "./tasks.ts";
import type { Memory, Work } from "./work.ts";

export interface Page {
  readonly tasks: readonly MemoryTask[];
  /** Its lack alone ends the list: a page may be short, even empty, since only so many tasks are looked at. */
  readonly nextCursor?: string;
}

export function list({ tasks }: Memory, query: ListQuery): Result<Page> {
  const { order, limit } = query;
  const cursor = parseCursor(query.cursor, order);
  if (!cursor.ok) return cursor;
  const found: MemoryTask[] = [];
  let looked = 0;
  let last = 0;
  const page = (next: number): Result<Page> => ok({ tasks: found, nextCursor: formatCursor(order, next) });
  for (const task of tasks.walk(query, order === "newest", cursor.value)) {
    if (looked === MAX_SCANNED) return page(last);
    looked++;
    if (matches(query, task)) {
      if (found.length === limit) return page(found.at(-1)?.seq ?? last);
      found.push(task);
    }
    last = task.seq;
  }
  return ok({ tasks: found });
}

/**
 * A bulk verb. Tasks that it does not apply to are passed over: a Done task is not resumed, a leased one not deleted. The
 * limit counts what changes, so that a call that is repeated gets on with what the one before has left.
 */
export function bulk(work: Work, order: BulkInput): { matched: number; changed: number; more: boolean } {
  const { memory, on } = work;
  const runAt = order.runAt ?? on.now + (order.delayMs ?? 0);
  const limit = order.limit ?? MAX_BULK;
  let matched = 0;
  let changed = 0;
  for (const task of selected(memory, order)) {
    if (changed === limit) return { matched, changed, more: true };
    matched++;
    const event = bulkEvent(order.verb, runAt, () => isAbandoned(memory, task, on.now));
    // A dry run goes by the same rules, only that nothing comes of it.
    const outcome = order.dryRun ? transition(task.state, event, { now: on.now, random: 0 }) : work.apply(task, event);
    if (outcome.ok && outcome.value.changed) changed++;
  }
  return { matched, changed, more: false };
}

function selected({ tasks }: Memory, { ids, filter = {} }: BulkInput): Iterable<MemoryTask> {
  if (ids) return tasks.named(ids);
  return tasks.walk(filter, false, null).filter((task) => matches(filter, task));
}
