/** How tasks stand now, a bounded batch at a time: a thousand results may be more than a message, or the memory, holds. */

import { ok, type Result } from "../task/result.ts";
import { callQueue } from "./objects.ts";
import type { Arrival } from "./route.ts";
import { pendingLine, splitFinished } from "./wait-stream.ts";

/** What one call to the queue told. */
interface Standing {
  /** TaskResults as JSON text, in the order of the ids. */
  readonly results: readonly string[];
  readonly unknown: readonly string[];
  /** Ids of tasks that are there, and whose results did not fit. */
  readonly left: readonly string[];
}

/** @param ids each once */
export async function standingOf(arrival: Arrival, queue: string, ids: readonly string[]): Promise<Result<Standing>> {
  const status = await callQueue(arrival, queue, (stub) => stub.status(ids));
  if (!status.ok) return status;
  const { results, unknown } = status.value;
  const strangers = new Set(unknown);
  return ok({ results, unknown, left: ids.filter((id) => !strangers.has(id)).slice(results.length) });
}

/** The first batch and those after it. The answer has begun by then: should one fail, it breaks off. */
async function* batches(arrival: Arrival, queue: string, first: Standing): AsyncGenerator<Standing, undefined> {
  let standing = first;
  yield standing;
  while (standing.left.length > 0) {
    const next = await standingOf(arrival, queue, standing.left);
    if (!next.ok) throw new Error(`a status broke off: ${next.error.code}`);
    standing = next.value;
    yield standing;
  }
  return undefined;
}

/** The answer to a check of status, as JSON text. */
export function statusText(arrival: Arrival, queue: string, first: Standing): ReadableStream<Uint8Array> {
  return streamOf(statusParts(batches(arrival, queue, first)));
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
  arrival: Arrival,
  queue: string,
  first: Standing,
  format: (line: string) => string,
): ReadableStream<Uint8Array> {
  return streamOf(lineParts(batches(arrival, queue, first), format));
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
