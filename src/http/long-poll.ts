/** A poll that waits: held by the Worker over a socket, so that the queue's object may sleep meanwhile. */

import { CANCEL_GRACE_MS, MAX_BODY_BYTES, MAX_FAN_OUT, MAX_REOPEN_PAUSE_MS, REOPEN_PAUSE_MS } from "../limits.ts";
import type { PollInput } from "../protocol/events.ts";
import { isJsonObject } from "../protocol/json.ts";
import { ERROR_CODES, type Failure, fail, ok, type Result } from "../task/result.ts";
import { byteLength } from "../task/text.ts";
import { reportEvents } from "./events.ts";
import { Lanes, partitionsOf } from "./fan-out.ts";
import { type Frames, openFrames } from "./frames.ts";
import type { Reach } from "./objects.ts";
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
 * Waits for tasks on all partitions at once. The first that has some ends the wait; what others have claimed by then comes
 * along if it fits, and is given back if it does not.
 *
 * @param stop ends the wait; it is cleared here
 * @param session the worker's, as the poll before answered it; its events were applied then, and are not sent again
 * @returns a JSON list of leased tasks, empty when the time ran out
 */
export async function longPoll(
  reach: Reach,
  queue: string,
  input: PollInput,
  session: string,
  stop: Stop,
): Promise<Result<string>> {
  const opening = new Lanes(MAX_FAN_OUT);
  const stops = partitionsOf(reach, queue).map((partition) => ({ partition, stop: stop.child() }));
  const catches: string[] = [];
  const answers = await Promise.all(
    stops.map(async (part) => {
      const answer = await waitOn({ reach, queue, partition: part.partition, opening }, input, session, part.stop);
      if (!answer.ok || answer.value === NO_TASKS) return answer;
      catches.push(answer.value);
      for (const other of stops) other.stop.enough();
      return answer;
    }),
  );
  stop.clear();
  const [first, ...rest] = catches;
  if (first !== undefined) return ok(await together(reach, queue, input.max, first, rest));
  const refused = answers.find((answer) => !answer.ok);
  return refused !== undefined && answers.every((answer) => !answer.ok) ? refused : ok(NO_TASKS);
}

/** One list of several, as long as it is not too long. */
async function together(reach: Reach, queue: string, max: number, first: string, rest: readonly string[]) {
  let whole = first;
  let room = max - (rest.length === 0 ? max : lengthOf(first));
  for (const more of rest) {
    const count = lengthOf(more);
    if (count > room || byteLength(whole) + byteLength(more) > MAX_BODY_BYTES) await release(reach, queue, more);
    else {
      whole = `${whole.slice(0, -1)},${more.slice(1)}`;
      room -= count;
    }
  }
  return whole;
}

const lengthOf = (list: string): number => (JSON.parse(list) as unknown[]).length;

/** A wait on one partition. */
interface Place {
  readonly reach: Reach;
  readonly queue: string;
  readonly partition: number;
  readonly opening: Lanes;
}

/**
 * What the object claims is never lost on the way: a poll that ends is cancelled, and what was under way still comes; if
 * the client is gone by then, it is released.
 */
async function waitOn(
  { reach, queue, partition, opening }: Place,
  { worker, max, autoStart }: PollInput,
  session: string,
  stop: Stop,
): Promise<Result<string>> {
  const poll = { type: "poll", worker, session, max, autoStart };
  for (let pauseMs = REOPEN_PAUSE_MS; stop.reason === null; pauseMs = Math.min(pauseMs * 2, MAX_REOPEN_PAUSE_MS)) {
    const frames = await opening.run(() => openFrames(reach, queue, partition));
    // The queue is out of reach: it may come back while there is time.
    const outcome = frames.ok ? await pollOnce(reach, frames.value, poll, stop) : ({ type: "broken" } as const);
    if (outcome.type === "refused") return { ok: false, error: outcome.failure };
    if (outcome.type === "tasks") {
      if (stop.reason !== "gone") return ok(outcome.tasks);
      await release(reach, queue, outcome.tasks);
      return ok(NO_TASKS);
    }
    await stop.pause(pauseMs);
  }
  return ok(NO_TASKS);
}

async function pollOnce(reach: Reach, frames: Frames, poll: object, stop: Stop): Promise<Outcome> {
  try {
    if (stop.reason !== null) return { type: "broken" };
    frames.send(poll);
    const answer = outcomeOf(frames);
    const first = await Promise.race([answer, stop.promise]);
    if (typeof first === "object") return first;
    frames.send({ type: "cancel" });
    return await within(reach, answer);
  } finally {
    frames.close();
  }
}

/** An answer to a cancel that does not come in time is one that the socket's end has eaten. */
async function within({ timing }: Reach, answer: Promise<Outcome>): Promise<Outcome> {
  const { promise: late, resolve } = Promise.withResolvers<Outcome>();
  const cancel = timing.after(CANCEL_GRACE_MS, () => resolve({ type: "broken" }));
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
export async function release(reach: Reach, queue: string, tasks: string): Promise<void> {
  const leased = JSON.parse(tasks) as { id: string; lease: string }[];
  if (leased.length === 0) return;
  const events = leased.map(({ id, lease }) => ({ type: "release", id, lease }) as const);
  await reportEvents(reach, queue, { events });
}
