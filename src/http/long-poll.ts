/** A poll that waits: held by the Worker over a socket, so that the queue's object may sleep meanwhile. */

import { CANCEL_GRACE_MS, MAX_REOPEN_PAUSE_MS, REOPEN_PAUSE_MS } from "../limits.ts";
import type { PollInput } from "../protocol/events.ts";
import { isJsonObject } from "../protocol/json.ts";
import { ERROR_CODES, type Failure, fail, ok, type Result } from "../task/result.ts";
import { type Frames, openFrames } from "./frames.ts";
import { callQueue } from "./objects.ts";
import type { Arrival } from "./route.ts";
import type { Stop } from "./stop.ts";

/** How the frame that ends a poll begins; the list of tasks and one brace follow. */
const TASKS = '{"type":"tasks","tasks":';
/** The list without tasks, as JSON. */
export const NO_TASKS = "[]";

type Outcome =
  | { readonly type: "tasks"; readonly tasks: string }
  | { readonly type: "refused"; readonly failure: Failure }
  | { readonly type: "broken" };

/**
 * Waits for tasks. What the object claims is never lost on the way: a poll that ends is cancelled, and what was under
 * way still comes; if the client is gone by then, it is released.
 *
 * @param stop ends the wait; it is cleared here
 * @param session the worker's, as the poll before answered it; its events were applied then, and are not sent again
 * @returns a JSON list of leased tasks, empty when the time ran out
 */
export async function longPoll(
  arrival: Arrival,
  queue: string,
  { worker, max, autoStart }: PollInput,
  session: string,
  stop: Stop,
): Promise<Result<string>> {
  const poll = { type: "poll", worker, session, max, autoStart };
  try {
    for (let pauseMs = REOPEN_PAUSE_MS; stop.reason === null; pauseMs = Math.min(pauseMs * 2, MAX_REOPEN_PAUSE_MS)) {
      const frames = await openFrames(arrival, queue);
      // The queue is out of reach: it may come back while there is time.
      const outcome = frames.ok ? await pollOnce(arrival, frames.value, poll, stop) : ({ type: "broken" } as const);
      if (outcome.type === "refused") return { ok: false, error: outcome.failure };
      if (outcome.type === "tasks") {
        if (stop.reason !== "gone") return ok(outcome.tasks);
        await release(arrival, queue, outcome.tasks);
        return ok(NO_TASKS);
      }
      await stop.pause(pauseMs);
    }
    return ok(NO_TASKS);
  } finally {
    stop.clear();
  }
}

async function pollOnce(arrival: Arrival, frames: Frames, poll: object, stop: Stop): Promise<Outcome> {
  try {
    if (stop.reason !== null) return { type: "broken" };
    frames.send(poll);
    const answer = outcomeOf(frames);
    const first = await Promise.race([answer, stop.promise]);
    if (typeof first === "object") return first;
    frames.send({ type: "cancel" });
    return await within(arrival, answer);
  } finally {
    frames.close();
  }
}

/** An answer to a cancel that does not come in time is one that the socket's end has eaten. */
async function within(arrival: Arrival, answer: Promise<Outcome>): Promise<Outcome> {
  const { promise: late, resolve } = Promise.withResolvers<Outcome>();
  const cancel = arrival.timing.after(CANCEL_GRACE_MS, () => resolve({ type: "broken" }));
  const outcome = await Promise.race([answer, late]);
  cancel();
  return outcome;
}

async function outcomeOf(frames: Frames): Promise<Outcome> {
  for (let frame = await frames.next(); frame !== null; frame = await frames.next()) {
    if (frame.startsWith(TASKS)) return { type: "tasks", tasks: frame.slice(TASKS.length, -1) };
    const failure = failureOf(frame);
    if (failure !== null) return { type: "refused", failure };
  }
  return { type: "broken" };
}

/** The refusal in an error frame; `null` for any other frame. */
function failureOf(frame: string): Failure | null {
  const parsed: unknown = JSON.parse(frame);
  if (!isJsonObject(parsed) || parsed.type !== "error") return null;
  const code = ERROR_CODES.find((known) => known === parsed.code) ?? "internal";
  return fail(code, String(parsed.detail)).error;
}

/** Gives back what nobody will run: the attempts are not burned. */
export async function release(arrival: Arrival, queue: string, tasks: string): Promise<void> {
  const leased = JSON.parse(tasks) as { id: string; lease: string }[];
  if (leased.length === 0) return;
  const events = leased.map(({ id, lease }) => ({ type: "release", id, lease }) as const);
  await callQueue(arrival, queue, (stub) => stub.events({ events }));
}
