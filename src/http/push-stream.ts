/** A push as a stream: NDJSON in, NDJSON out, written chunk by chunk. */

import { MAX_BODY_BYTES, MAX_LINE_BYTES, STREAM_CHUNK } from "../limits.ts";
import { decodeUtf8 } from "../protocol/json.ts";
import { decodeLine } from "../protocol/new-task.ts";
import { type Failure, fail, type Result } from "../task/result.ts";
import type { NewTask } from "../task/task.ts";
import { type Line, readLines } from "./lines.ts";
import type { PushedPart } from "./push.ts";

/** Pushes a chunk; its tasks may be of several partitions. */
export type Push = (tasks: readonly NewTask[]) => Promise<readonly PushedPart[]>;

/** Lines that stand or fall together. */
interface Chunk {
  readonly lines: number[];
  readonly tasks: NewTask[];
  bytes: number;
  /** The first line that was refused. */
  refused?: { readonly line: number; readonly error: Failure };
}

const newChunk = (): Chunk => ({ lines: [], tasks: [], bytes: 0 });

/**
 * Answers each line of `body` with a line: `{id, status, created}` or `{error: {code, detail, line}}`. Atomic per chunk
 * of 500 lines, or of 8 MiB if those are fewer. A chunk is read only once the answers to the one before were taken,
 * so neither side is ever held whole.
 */
export function pushStream(body: ReadableStream<Uint8Array>, push: Push): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const answers = answerChunks(body, push);
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next = await answers.next();
        if (next.done) controller.close();
        else controller.enqueue(encoder.encode(next.value));
      },
      cancel: async () => {
        await answers.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

async function* answerChunks(body: ReadableStream<Uint8Array>, push: Push): AsyncGenerator<string, undefined> {
  let chunk = newChunk();
  for await (const line of readLines(body, MAX_LINE_BYTES)) {
    const size = line.bytes?.byteLength ?? 0;
    if (chunk.lines.length > 0 && chunk.bytes + size > MAX_BODY_BYTES) {
      yield await answer(chunk, push);
      chunk = newChunk();
    }
    add(chunk, line, size);
    if (chunk.lines.length === STREAM_CHUNK) {
      yield await answer(chunk, push);
      chunk = newChunk();
    }
  }
  if (chunk.lines.length > 0) yield await answer(chunk, push);
  return undefined;
}

function add(chunk: Chunk, line: Line, size: number): void {
  chunk.lines.push(line.number);
  chunk.bytes += size;
  if (chunk.refused !== undefined) return;
  const task = decode(line);
  if (task.ok) {
    chunk.tasks.push(task.value);
    return;
  }
  chunk.refused = { line: line.number, error: task.error };
  // Nothing of this chunk will be written.
  chunk.tasks.length = 0;
}

function decode({ bytes }: Line): Result<NewTask> {
  if (bytes === null) {
    return fail(
      "payload_too_large",
      `A line ends at ${MAX_LINE_BYTES} bytes: push this task by itself, or make it smaller.`,
    );
  }
  const text = decodeUtf8(bytes);
  return text.ok ? decodeLine(text.value) : text;
}

async function answer(chunk: Chunk, push: Push): Promise<string> {
  const { lines, refused } = chunk;
  if (refused !== undefined) return refusalLine(refused.line, refused.error).repeat(lines.length);
  const answers: string[] = [];
  for (const { places, outcome } of await push(chunk.tasks)) {
    const own = places.flatMap((at) => lines[at] ?? []);
    const refused = outcome.ok ? "" : refusalLine(oddLine(own, outcome.error.path), outcome.error);
    for (const [at, place] of places.entries()) {
      answers[place] = outcome.ok ? `${JSON.stringify(outcome.value[at])}\n` : refused;
    }
  }
  return answers.join("");
}

/** The queue names a task of the batch by its place, as in `3.groupKey`. */
function oddLine(lines: readonly number[], path: string | undefined): number {
  const place = /^(?:tasks\.)?(\d+)/.exec(path ?? "")?.[1];
  return lines[Number(place ?? 0)] ?? lines[0] ?? 1;
}

/** Every line of what failed together says the same. */
const refusalLine = (line: number, { code, detail }: Failure): string =>
  `${JSON.stringify({ error: { code, detail, line } })}\n`;
