/** Tasks of a queue in one order, over all its partitions: their lists merged, a page at a time. */

import { MAX_BODY_BYTES } from "../limits.ts";
import type { ListQuery } from "../protocol/selection.ts";
import { formatCursor, parseCursor } from "../task/cursor.ts";
import { parseId } from "../task/id.ts";
import { formatPlace, isBehind, type ListPlace, parsePlace } from "../task/list-place.ts";
import { ok, type Result } from "../task/result.ts";
import { byteLength } from "../task/text.ts";
import { aFewAtATime, allOf, partitionsOf } from "./fan-out.ts";
import { callPartition, FIRST_PARTITION, layoutOf, type Reach } from "./objects.ts";

interface TaskPage {
  readonly tasks: string[];
  readonly nextCursor?: string;
}

interface Entry {
  readonly text: string;
  readonly place: ListPlace;
}

/** The list of one partition, as far as it was read. */
interface Part {
  readonly partition: number;
  readonly entries: Entry[];
  /** Where it goes on; `null` at its end. */
  cursor: string | undefined | null;
  /** How far it has looked without finding anything: what stands behind that is not known yet. */
  edge: ListPlace | null;
}

/**
 * A page of the list. Each partition is asked for its share of it, and again when that is used up. One that looks at many
 * rows and finds nothing ends the page where it has got to.
 */
export async function listQueue(reach: Reach, queue: string, query: ListQuery): Promise<Result<TaskPage>> {
  const { partitions } = layoutOf(reach, queue);
  if (partitions === 1) return callPartition(reach, queue, FIRST_PARTITION, (stub) => stub.list(query));
  const start = query.cursor === undefined ? ok(null) : parsePlace(query.cursor, query.order);
  if (!start.ok) return start;
  const share = Math.min(query.limit, Math.ceil(query.limit / partitions) + 1);
  const parts = partitionsOf(reach, queue).map(
    (partition): Part => ({ partition, entries: [], cursor: undefined, edge: null }),
  );
  const page: Entry[] = [];
  let bytes = 0;
  for (;;) {
    const read = await refill(reach, queue, query, parts, start.value, share);
    if (!read.ok) return read;
    const first = firstOf(parts, query.order);
    const edge = firstEdge(parts, query.order);
    if (first === undefined || (edge && isBehind(first.entry.place, edge, query.order)))
      return ok(pageOf(page, edge, query));
    const size = byteLength(first.entry.text);
    if (page.length === query.limit || (page.length > 0 && bytes + size > MAX_BODY_BYTES)) {
      return ok(pageOf(page, page.at(-1)?.place ?? null, query));
    }
    page.push(first.entry);
    first.part.entries.shift();
    bytes += size;
  }
}

const pageOf = (page: readonly Entry[], next: ListPlace | null, { order }: ListQuery): TaskPage => {
  const tasks = page.map(({ text }) => text);
  return next === null ? { tasks } : { tasks, nextCursor: formatPlace(next, order) };
};

/** Reads on where a partition has nothing left, and may have more. */
async function refill(
  reach: Reach,
  queue: string,
  query: ListQuery,
  parts: readonly Part[],
  start: ListPlace | null,
  share: number,
): Promise<Result<unknown>> {
  const empty = parts.filter(({ entries, cursor, edge }) => entries.length === 0 && cursor !== null && edge === null);
  const read = await aFewAtATime(empty, async (part) => {
    const { partition } = part;
    const asked = { ...rangeOf(query, partition, start, part.cursor ?? undefined), limit: share };
    const listed = await callPartition(reach, queue, partition, (stub) => stub.list(asked));
    if (listed.ok) take(part, listed.value, query);
    return listed;
  });
  return allOf(read);
}

function take(
  part: Part,
  { tasks, nextCursor, reached }: TaskPage & { readonly reached?: number },
  { order }: ListQuery,
): void {
  part.cursor = nextCursor ?? null;
  for (const text of tasks) part.entries.push({ text, place: placeOfTask(text) });
  if (tasks.length > 0 || nextCursor === undefined) return;
  const seq = parseCursor(nextCursor, order);
  part.edge = { ms: reached ?? 0, partition: part.partition, seq: (seq.ok && seq.value) || 0 };
}

/** The id is what a task's text begins with. */
function placeOfTask(text: string): ListPlace {
  const id = parseId(text.slice(7, 33)) ?? parseId((JSON.parse(text) as { id: string }).id);
  if (id === null) throw new Error("a task of a list has no id");
  return id;
}

/** What to ask a partition for what stands behind a place: ids sort by time, then by partition. */
function rangeOf(query: ListQuery, partition: number, start: ListPlace | null, cursor: string | undefined): ListQuery {
  const { cursor: _, ...filter } = query;
  const own = start?.partition === partition ? formatCursor(query.order, start.seq) : undefined;
  const from = cursor ?? own;
  const ranged = start === null || own !== undefined ? filter : { ...filter, ...bound(filter, partition, start) };
  return from === undefined ? ranged : { ...ranged, cursor: from };
}

function bound({ order, after, before }: Omit<ListQuery, "cursor">, partition: number, { ms, ...start }: ListPlace) {
  return order === "newest"
    ? { before: Math.min(before ?? Number.POSITIVE_INFINITY, partition < start.partition ? ms + 1 : ms) }
    : { after: Math.max(after ?? 0, partition < start.partition ? ms + 1 : ms) };
}

function firstOf(parts: readonly Part[], order: ListQuery["order"]) {
  let first: { readonly part: Part; readonly entry: Entry } | undefined;
  for (const part of parts) {
    const [entry] = part.entries;
    if (entry && (!first || isBehind(first.entry.place, entry.place, order))) first = { part, entry };
  }
  return first;
}

function firstEdge(parts: readonly Part[], order: ListQuery["order"]): ListPlace | null {
  let first: ListPlace | null = null;
  for (const { edge } of parts) if (edge && (!first || isBehind(first, edge, order))) first = edge;
  return first;
}
