/** What a client's frames do, each in its own part of the transaction. */

import { MAX_CREDIT } from "../limits.ts";
import { serverFrameText } from "../protocol/server-frames.ts";
import type { ClientFrame, InternalFrame } from "../protocol/types.ts";
import { applyEvents, unknownTasks } from "../store/events.ts";
import { namedSession, sessionById } from "../store/sessions.ts";
import { goodbye } from "../store/workers.ts";
import { fail, ok, type Result } from "../task/result.ts";
import type { Connection, Watch } from "./connection.ts";
import type { Desk } from "./desk.ts";
import { follow } from "./feed.ts";
import { dismiss, endPoll, registerSocket } from "./registration.ts";
import type { Step } from "./step.ts";
import { beginWait, endWait } from "./waiting.ts";

/** Pushes are not among them: those that come together are done together, see `pushes.ts`. */
type SingleFrame = Exclude<ClientFrame, { readonly type: "push" }> | InternalFrame;

type Of<T extends SingleFrame["type"]> = Extract<SingleFrame, { type: T }>;

/** Does what a frame asks; a refusal becomes an error frame with the frame's `ref`. */
export function perform(desk: Desk, step: Step, connection: Connection, frame: SingleFrame): void {
  const outcome = dispatch(desk, step, connection, frame);
  if (!outcome.ok) step.refuse(connection, outcome.error, "ref" in frame ? frame.ref : undefined);
}

function dispatch(desk: Desk, step: Step, connection: Connection, frame: SingleFrame): Result<null> {
  switch (frame.type) {
    case "register":
      return registerSocket(desk, step, connection, frame);
    case "events":
      return events(desk, step, connection, frame);
    case "credit":
      return credit(step, connection, frame);
    case "wait":
      return beginWait(step, desk.connections, connection, frame, desk.partition.isUsed());
    case "unwait":
      endWait(step, connection, frame.ref);
      return ok(null);
    case "watch":
      return watch(desk, step, connection, { ref: frame.ref, topics: [...new Set(frame.topics)] });
    case "goodbye":
      return leave(desk, step, connection);
    case "poll":
      return poll(desk, step, connection, frame);
    case "follow":
      follow(step, connection, frame, desk.partition.isUsed());
      return ok(null);
    case "cancel":
      endPoll(step, connection);
      return ok(null);
    default:
      return frame satisfies never;
  }
}

function events(desk: Desk, step: Step, connection: Connection, frame: Of<"events">): Result<null> {
  const { consumer, credit } = step.recall(connection);
  // The frame is refused as a whole or not at all: its credit is looked at before its events are.
  const checked = frame.credit === undefined ? ok(credit) : checkCredit(step, connection, credit + frame.credit);
  if (!checked.ok) return checked;
  const session = consumer?.session ?? null;
  const answers = desk.partition.isUsed() ? applyEvents(step.tx, frame.events, session) : unknownTasks(frame.events);
  step.send(connection, serverFrameText({ type: "answer", ref: frame.ref, events: answers }));
  if (frame.credit !== undefined) giveCredit(step, connection, checked.value);
  return ok(null);
}

function credit(step: Step, connection: Connection, frame: Of<"credit">): Result<null> {
  const wanted = frame.set ?? step.recall(connection).credit + (frame.credit ?? 0);
  const checked = checkCredit(step, connection, wanted);
  if (!checked.ok) return checked;
  if (frame.set !== undefined) step.send(connection, serverFrameText({ type: "credit", credit: frame.set }));
  giveCredit(step, connection, checked.value, frame.set);
  return ok(null);
}

function checkCredit(step: Step, connection: Connection, credit: number): Result<number> {
  if (!step.recall(connection).consumer)
    return fail("bad_request", "Only a registered worker has credit: send `register` first.", { path: "credit" });
  if (credit <= MAX_CREDIT) return ok(credit);
  return fail("too_many_requests", `A worker's credit ends at ${MAX_CREDIT}.`, { path: "credit" });
}

/** Nothing added is no news; credit that is set asks what there is for it, though it be the same as before. */
function giveCredit(step: Step, connection: Connection, credit: number, set?: number): void {
  const added = credit > step.recall(connection).credit;
  step.remember(connection, { credit });
  if (added || set !== undefined) step.stirred.add(connection);
}

function watch(desk: Desk, step: Step, connection: Connection, order: Watch): Result<null> {
  const memory = step.recall(connection);
  const watches = [...memory.watches.filter((one) => one.ref !== order.ref), order];
  if (!connection.fits({ ...memory, watches })) {
    return fail("too_many_requests", "This socket watches as much as it can remember: open another one.");
  }
  step.remember(connection, { watches });
  // A post like any other: what is answered before it comes before it.
  step.posts.push(() => desk.watchers.greet(connection, order));
  return ok(null);
}

function leave(desk: Desk, step: Step, connection: Connection): Result<null> {
  const { consumer } = step.recall(connection);
  const session = consumer && desk.partition.isUsed() ? sessionById(step.tx, consumer.session) : undefined;
  if (session) {
    goodbye(step.tx, session);
    dismiss(step, desk.connections, session.id);
  } else step.close(connection, 1000, "goodbye");
  return ok(null);
}

/** A long poll that the Worker holds: its session is as good as registered, for one answer. */
function poll(desk: Desk, step: Step, connection: Connection, frame: Of<"poll">): Result<null> {
  const session = desk.partition.isUsed() ? namedSession(step.tx, frame.worker, frame.session) : null;
  if (!session?.ok || session.value.superseded === 1 || step.recall(connection).consumer) {
    endPoll(step, connection);
    return ok(null);
  }
  const consumer = { worker: frame.worker, session: session.value.id, autoStart: frame.autoStart, poll: true };
  step.remember(connection, { consumer, credit: frame.max });
  return ok(null);
}
