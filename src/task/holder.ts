/** What the holder of a lease may do: begin, go on, end. A lease that is not the live one changes nothing. */

import { counted, failed, finish, giveBack, leaseLost, started, wrongStatus } from "./moves.ts";
import { ok, type Result } from "./result.ts";
import type { Moment, Past, TaskEvent, TaskState, Transition } from "./state.ts";

const holds = (task: TaskState, token: number): boolean => task.token !== null && task.token === token;

type Keeping = Extract<TaskEvent, { type: "start" | "extend" | "progress" }>;

/** Events after which the lease is as live as before. Refuses a stale one as `lease_lost`. */
export function keepLease(task: TaskState, event: Keeping, { now }: Moment): Result<Transition> {
  if (!holds(task, event.token)) return leaseLost(task);
  const to = (next: TaskState) => ok({ next, changed: true, answer: next.status });
  switch (event.type) {
    case "start":
      return task.status === "Running" ? ok({ next: task, changed: false, answer: "Running" }) : to(started(task, now));
    case "extend":
      if (task.status !== "Running") return wrongStatus(task, "extended: start it first");
      return to({ ...task, deadline: now + event.timeoutMs });
    case "progress":
      return to(task);
    default:
      return event satisfies never;
  }
}

type Ending = Extract<TaskEvent, { type: "succeed" | "fail" | "abort" | "snooze" | "release" }>;

/**
 * Events that end the lease, and are remembered with their answer until the task is claimed anew: the same event of the
 * same lease gets it again, for acks whatever they bring. Refuses any other stale lease as `lease_lost`.
 */
export function endLease(task: TaskState, event: Ending, moment: Moment): Result<Transition> {
  if (!holds(task, event.token)) return repeated(task, event);
  const transition = ended(task, event, moment);
  const past: Past = { token: event.token, event: pastKind(event), status: transition.answer };
  return ok({ ...transition, next: { ...transition.next, past } });
}

function ended(task: TaskState, event: Ending, moment: Moment): Transition {
  const { now } = moment;
  switch (event.type) {
    case "succeed":
      return finish(counted(task), "Done", "done", now);
    case "fail":
      return failed(counted(task), { outcome: "failed", error: event.error, retryAfterMs: event.retryAfterMs }, moment);
    case "abort":
      return finish(counted(task), "Killed", "killed", now, event.error);
    case "snooze":
      return giveBack(task, "snoozed", now + event.delayMs);
    case "release":
      return giveBack(task, "released", Math.min(task.runAt, now));
    default:
      return event satisfies never;
  }
}

const pastKind = (event: Ending): Past["event"] =>
  event.type === "snooze" || event.type === "release" ? event.type : "ack";

function repeated(task: TaskState, event: Ending): Result<Transition> {
  const { past } = task;
  if (past === null || past.token !== event.token || past.event !== pastKind(event)) return leaseLost(task);
  return ok({ next: task, changed: false, answer: past.status });
}
