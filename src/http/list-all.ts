/** Tasks of all queues: queue by queue, by name, a bounded number of them for each page. */

import { MAX_BODY_BYTES, MAX_QUEUES_A_PAGE } from "../limits.ts";
import { coversQueue } from "../protocol/caller.ts";
import { badCursor, decodeCursor, type Position } from "../protocol/cursor.ts";
import type { ListQuery } from "../protocol/selection.ts";
import { ok, type Result } from "../task/result.ts";
import { byteLength } from "../task/text.ts";
import { listQueue } from "./list-queue.ts";
import { callDirectory } from "./objects.ts";
import type { Arrival } from "./route.ts";

/** A page under way. */
interface Page {
  readonly tasks: string[];
  bytes: number;
  /** Where the next page begins; none while the list may go on. */
  next?: Position;
}

/**
 * Lists tasks of the queues that the caller may see. A page may be short, even empty: only the lack of `next` ends the
 * list. `asOf` is how old the knowledge is of which queues there are; the tasks are read now.
 */
export async function listAll(
  arrival: Arrival,
  query: ListQuery,
): Promise<Result<{ tasks: string[]; next?: Position; asOf: number }>> {
  const start = query.cursor === undefined ? ok(undefined) : decodeCursor(query.cursor);
  if (!start.ok) return start;
  const position = start.value;
  // A cursor is no permission: it may have been made by hand.
  if (position !== undefined && !coversQueue(arrival.caller.queues, position.queue)) return badCursor();
  const page: Page = { tasks: [], bytes: 0 };
  if (position?.inside !== undefined) {
    const failed = await visit(arrival, query, page, position);
    if (failed !== null) return failed;
    if (page.next !== undefined) return ok({ tasks: page.tasks, next: page.next, asOf: arrival.timing.now() });
  }
  return listFollowing(arrival, query, page, position?.queue);
}

/** Goes through the queues after the one named. */
async function listFollowing(arrival: Arrival, query: ListQuery, page: Page, after: string | undefined) {
  const names = await callDirectory(arrival, (directory) =>
    directory.queues({
      patterns: arrival.caller.queues,
      limit: MAX_QUEUES_A_PAGE,
      ...(after === undefined ? {} : { after }),
    }),
  );
  if (!names.ok) return names;
  const { queues, more, asOf } = names.value;
  let last = after;
  for (const { name } of queues) {
    if (last !== undefined && page.tasks.length >= query.limit) page.next = { queue: last };
    else {
      const failed = await visit(arrival, query, page, { queue: name }, last);
      if (failed !== null) return failed;
    }
    if (page.next !== undefined) return ok({ tasks: page.tasks, next: page.next, asOf });
    last = name;
  }
  if (more && last !== undefined) page.next = { queue: last };
  return ok({ tasks: page.tasks, ...(page.next === undefined ? {} : { next: page.next }), asOf });
}

/**
 * Adds tasks of one queue to the page.
 *
 * @param before the queue before it, after which the next page begins should this one's tasks not fit any more
 * @returns the failure, if there is one
 */
async function visit(arrival: Arrival, query: ListQuery, page: Page, at: Position, before?: string) {
  const { cursor: _outer, ...filter } = query;
  const limit = query.limit - page.tasks.length;
  const inner = at.inside === undefined ? { ...filter, limit } : { ...filter, limit, cursor: at.inside };
  const listed = await listQueue(arrival, at.queue, inner);
  if (!listed.ok) return listed;
  const { tasks, nextCursor } = listed.value;
  const bytes = tasks.reduce((sum, task) => sum + byteLength(task), 0);
  if (page.tasks.length > 0 && page.bytes + bytes > MAX_BODY_BYTES && before !== undefined) {
    page.next = { queue: before };
    return null;
  }
  page.tasks.push(...tasks);
  page.bytes += bytes;
  if (nextCursor !== undefined) page.next = { queue: at.queue, inside: nextCursor };
  return null;
}
