/** A push that waits: the answer to it, with what the task came to if that is known in time. */

import { ok, type Result } from "../task/result.ts";
import { isTerminal } from "../task/status.ts";
import type { Pushed } from "../task/task.ts";
import { json, jsonText } from "./answer.ts";
import { openFrames } from "./frames.ts";
import { held, orBeat } from "./held.ts";
import { FIRST_PARTITION, partitionOfId } from "./objects.ts";
import type { Arrival } from "./route.ts";
import { standingOf } from "./standing.ts";
import { Stop } from "./stop.ts";
import { awaitedText } from "./wait-stream.ts";

/**
 * Answers a push that stands: nothing that goes wrong from here on may be told as if it did not. Without a result the
 * answer is that of any push.
 *
 * @param waitMs 0 only looks
 */
export async function pushedAndEnded(
  call: Arrival,
  queue: string,
  pushed: Pushed,
  waitMs: number,
): Promise<Result<Response>> {
  const status = pushed.created ? 201 : 200;
  // A key that was known may be that of a task which ended long ago.
  if (isTerminal(pushed.status)) return ok(answerOf(pushed, await lookUp(call, queue, pushed.id), status));
  if (waitMs === 0) return ok(json(pushed, status));
  const { signal } = call.request;
  const stop = new Stop(call.timing, waitMs, signal);
  const waiting = waitFor(call, queue, pushed.id, stop);
  call.background(waiting);
  const soon = await orBeat(
    call.timing,
    waiting.then((text) => ({ text })),
  );
  if (soon !== null) return ok(answerOf(pushed, soon.text, status));
  const answer = waiting.then((text) => ({ text: textOf(pushed, text), precious: false }));
  return ok(held(call.timing, answer, signal, stop, status).response);
}

async function waitFor(call: Arrival, queue: string, id: string, stop: Stop): Promise<string | null> {
  const partition = partitionOfId(call, queue, id) ?? FIRST_PARTITION;
  try {
    const frames = await openFrames(call, queue, partition);
    return frames.ok ? await awaitedText(call, queue, { partition, ids: [id], frames: frames.value }, stop) : null;
  } finally {
    stop.clear();
  }
}

async function lookUp(call: Arrival, queue: string, id: string): Promise<string | null> {
  const standing = await standingOf(call, queue, [id]);
  return (standing.ok && standing.value.results[0]) || null;
}

const answerOf = (pushed: Pushed, result: string | null, status: number): Response =>
  jsonText(textOf(pushed, result), status);

/** @param result JSON text of an object that says more of the task than the push did, its id and status included */
const textOf = (pushed: Pushed, result: string | null): string =>
  result === null ? JSON.stringify(pushed) : `${result.slice(0, -1)},"created":${pushed.created}}`;
