/** What a client's frames do, each in its own part of the transaction. */

import { MAX_CREDIT } from "../limits.ts";
import { serverFrameText } from "../protocol/server-frames.ts";
import type { ClientFrame, InternalFrame } from "../protocol/types.ts";
import { applyEvents } from "../store/events.ts";
import { push } from "../store/push.ts";
import { namedSession, sessionById } from "../store/sessions.ts";
import { goodbye } from "../store/workers.ts";
import { fail, ok, type Result } from "../task/result.ts";
import type { NewTask, Pushed } from "../task/task.ts";
import type { Connection, Watch } from "./connection.ts";
import { hand, takers } from "./delivery.ts";
import type { Desk } from "./desk.ts";
import { sendError } from "./refusal.ts";
import { registerSocket } from "./registration.ts";
import type { Step } from "./step.ts";
import { beginWait, endWait } from "./waiting.ts";

type Of<T extends (ClientFrame | InternalFrame)["type"]> = Extract<ClientFrame | InternalFrame, { type: T }>;

/** Does what a frame asks; a refusal becomes an error frame with the frame's `ref`. */
export function perform(desk: Desk, step: Step, connection: Connection, frame: ClientFrame | InternalFrame): void {
  const outcome = dispatch(desk, step, connection, frame);
  if (!outcome.ok) sendError(step, connection, outcome.error, "ref" in frame ? frame.ref : undefined);
}

function dispatch(desk: Desk, step: Step, connection: Connection, frame: ClientFrame | InternalFrame): Result<null> {
  switch (frame.type) {
    case "register":
      return registerSocket(desk, step, connection, frame);
    case "events":
      return events(desk, step, connection, frame);
    case "credit":
      return credit(step, connection, frame);
    case "push":
      return pushFrame(desk, step, connection, frame);
    case "wait":
      return beginWait(step, desk.connections, connection, frame, desk.partition.isUsed());
    case "unwait":
      endWait(step, desk.connections, connection, frame.ref);
      return ok(null);
    case "watch":
      return watch(desk, step, connection, { ref: frame.ref, topics: [...new Set(frame.topics)] });
    case "goodbye":
      return leave(step, connection);
    case "poll":
      return poll(desk, step, connection, frame);
    case "cancel":
      return cancelPoll(step, connection);
    default:
      return frame satisfies never;
  }
}

function events(desk: Desk, step: Step, connection: Connection, frame: Of<"events">): Result<null> {
  // The frame is refused as a whole or not at all: its credit is looked at before its events are.
  const added = frame.credit === undefined ? ok(0) : checkCredit(connection, step.creditOf(connection) + frame.credit);
  if (!added.ok) return added;
  const session = connection.consumer?.session ?? null;
  const answers = desk.partition.isUsed() ? applyEvents(step.tx, frame.events, session) : unknownTasks(frame.events);
  step.send(connection, serverFrameText({ type: "answer", ref: frame.ref, events: answers }));
  if (frame.credit !== undefined) giveCredit(step, connection, added.value);
  return ok(null);
}

/** A queue that was never used has no tables to look in. */
const unknownTasks = (given: Of<"events">["events"]) =>
  given.map(({ id }) => ({ id, error: { code: "task_not_found", detail: "This queue has no tasks yet." } }));

function credit(step: Step, connection: Connection, frame: Of<"credit">): Result<null> {
  const wanted = frame.set ?? step.creditOf(connection) + (frame.credit ?? 0);
  const checked = checkCredit(connection, wanted);
  if (!checked.ok) return checked;
  if (frame.set !== undefined) step.send(connection, serverFrameText({ type: "credit", credit: frame.set }));
  giveCredit(step, connection, checked.value);
  return ok(null);
}

function checkCredit(connection: Connection, credit: number): Result<number> {
  if (!connection.consumer)
    return fail("bad_request", "Only a registered worker has credit: send `register` first.", { path: "credit" });
  if (credit <= MAX_CREDIT) return ok(credit);
  return fail("too_many_requests", `A worker's credit ends at ${MAX_CREDIT}.`, { path: "credit" });
}

function giveCredit(step: Step, connection: Connection, credit: number): void {
  step.setCredit(connection, credit);
  step.stirred.add(connection);
}

function pushFrame(desk: Desk, step: Step, connection: Connection, frame: Of<"push">): Result<null> {
  const pushed = pushInto(desk, step, frame.tasks);
  if (!pushed.ok) return pushed;
  step.send(connection, serverFrameText({ type: "answer", ref: frame.ref, tasks: pushed.value }));
  return ok(null);
}

/** Pushes, and hands to whoever waits. */
export function pushInto(desk: Desk, step: Step, tasks: readonly NewTask[]): Result<Pushed[]> {
  desk.partition.open();
  const waiting = step.tx.config.paused ? [] : takers(step, desk.connections);
  const pushed = push(step.tx, tasks, waiting);
  if (!pushed.ok) return pushed;
  hand(step, pushed.value.deliveries);
  return ok(pushed.value.pushed);
}

function watch(desk: Desk, step: Step, connection: Connection, order: Watch): Result<null> {
  if (!connection.fits({ watches: [order] })) {
    return fail("too_many_requests", "This socket watches as much as it can remember: open another one.");
  }
  step.changed.add(connection);
  step.after.push(() => {
    connection.watches = [...connection.watches.filter((one) => one.ref !== order.ref), order];
    desk.connections.watching.add(connection);
    desk.watchers.greet(connection, order);
  });
  return ok(null);
}

function leave(step: Step, connection: Connection): Result<null> {
  const session = connection.consumer && sessionById(step.tx, connection.consumer.session);
  if (session) {
    goodbye(step.tx, session);
    step.endedSessions.add(session.id);
  }
  step.close(connection, 1000, "goodbye");
  return ok(null);
}

/** A long poll that the Worker holds: its session is as good as registered, for one answer. */
function poll(desk: Desk, step: Step, connection: Connection, frame: Of<"poll">): Result<null> {
  const session = namedSession(step.tx, frame.worker, frame.session);
  if (!session.ok || session.value.superseded === 1 || connection.consumer) return cancelPoll(step, connection);
  const consumer = { worker: frame.worker, session: session.value.id, autoStart: frame.autoStart, poll: true };
  step.setCredit(connection, frame.max);
  step.after.push(() => desk.connections.consume(connection, consumer));
  return ok(null);
}

/** Time is up: what was claimed went out before this, so nothing is claimed any more. */
function cancelPoll(step: Step, connection: Connection): Result<null> {
  step.send(connection, serverFrameText({ type: "tasks", tasks: [] }));
  step.close(connection, 1000, "answered");
  return ok(null);
}
