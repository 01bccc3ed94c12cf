/** How tasks stand now, a bounded batch at a time: a thousand results may be more than a message, or the memory, holds. */

import { ok, type Result } from "../task/result.ts";
import { byPartition } from "./fan-out.ts";
import { callPartition, FIRST_PARTITION, type Reach } from "./objects.ts";
import { pendingLine, splitFinished } from "./wait-stream.ts";

/** What one call to the queue told. */
interface Standing {
  /** TaskResults as JSON text, in the order of the ids. */
  readonly results: readonly string[];
  readonly unknown: readonly string[];
  /** Ids of tasks that are there, and whose results did not fit. */
  readonly left: readonly string[];
}

/**
 * The first batch: of one partition, those of the others are left for the next ones.
 *
 * @param ids each once
 */
export async function standingOf(reach: Reach, queue: string, ids: readonly string[]): Promise<Result<Standing>> {
  const places = byPartition(reach, queue, ids, (id) => id);
  const strangers = places.get(null) ?? [];
  places.delete(null);
  const [first, ...others] = places;
  if (first === undefined) return ok({ results: [], unknown: strangers, left: [] });
  const [partition, asked] = first;
  const status = await callPartition(reach, queue, partition ?? FIRST_PARTITION, (stub) => stub.status(asked));
  if (!status.ok) return status;
  const { results, unknown } = status.value;
  const nobodys = new Set([...unknown, ...strangers]);
  const left = asked.filter((id) => !nobodys.has(id)).slice(results.length);
  return ok({
    results,
    unknown: ids.filter((id) => nobodys.has(id)),
    left: [...left, ...others.flatMap(([, those]) => those)],
  });
}

/** The first batch and those after it. The answer has begun by then: should one fail, it breaks off. */
async function* batches(reach: Reach, queue: string, first: Standing): AsyncGenerator<Standing, undefined> {
  let standing = first;
  yield standing;
  while (standing.left.length > 0) {
    const next = await standingOf(reach, queue, standing.left);
    if (!next.ok) throw new Error(`a status broke off: ${next.error.code}`);
    standing = next.value;
    yield standing;
  }
  return undefined;
}

/** The answer to a check of status, as JSON text. */
export function statusText(reach: Reach, queue: string, first: Standing): ReadableStream<Uint8Array> {
  return streamOf(statusParts(batches(reach, queue, first)));
}

async function* statusParts(found: AsyncIterable<Standing>): AsyncGenerator<string, undefined> {
  const strangers: string[] = [];
  let before = '{"results":[';
  for await (const { results, unknown } of found) {
    strangers.push(...unknown);
    if (results.length === 0) continue;
    yield before + results.join(",");
    before = ",";
  }
  yield `${before === "," ? "" : before}],"unknown":${JSON.stringify(strangers)}}`;
  return undefined;
}

/**
 * The lines of a wait that does not wait: what is finished, then what is pending.
 *
 * @param format a line of JSON as the client reads it
 */
export function standingLines(
  reach: Reach,
  queue: string,
  first: Standing,
  format: (line: string) => string,
): ReadableStream<Uint8Array> {
  return streamOf(lineParts(batches(reach, queue, first), format));
}

async function* lineParts(
  found: AsyncIterable<Standing>,
  format: (line: string) => string,
): AsyncGenerator<string, undefined> {
  const open: string[] = [];
  for await (const { results, unknown } of found) {
    const { finished, pending } = splitFinished(results, unknown);
    open.push(...pending);
    if (finished.length > 0) yield finished.map(format).join("");
  }
  if (open.length > 0) yield format(pendingLine(open));
  return undefined;
}

function streamOf(parts: AsyncGenerator<string, undefined>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next = await parts.next();
        if (next.done) controller.close();
        else controller.enqueue(encoder.encode(next.value));
      },
      cancel: async () => {
        await parts.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
