/** What the holder of a lease may do: begin, go on, end. A lease that is not the live one changes nothing. */

import { counted, failed, finish, giveBack, leaseLost, started, wrongStatus } from "./moves.ts";
import { ok, type Result } from "./result.ts";
import type { Moment, Past, TaskEvent, TaskState, Transition } from "./state.ts";
import type { Status } from "./status.ts";

const held = (task: TaskState, token: number): boolean => task.token !== null && task.token === token;

type Keeping = Extract<TaskEvent, { type: "start" | "extend" | "progress" }>;

export function keepLease(task: TaskState, event: Keeping, { now }: Moment): Result<Transition> {
  if (!held(task, event.token)) return leaseLost(task);
  const to = (next: TaskState) => ok({ next, changed: true, answer: next.status });
  switch (event.type) {
    case "start":
      return task.status === "Running" ? ok({ next: task, changed: false, answer: "Running" }) : to(started(task, now));
    case "extend":
      return task.status === "Running" ? to({ ...task, deadline: now + event.timeoutMs }) : wrongStatus(task, "extend");
    case "progress":
      return to(task);
    default:
      return event satisfies never;
  }
}

type Ending = Extract<TaskEvent, { type: "succeed" | "fail" | "abort" | "snooze" | "release" }>;

export function endLease(task: TaskState, event: Ending, moment: Moment): Result<Transition> {
  if (!held(task, event.token)) return repeated(task, event);
  const { now } = moment;
  const past = (status: Status): Past => ({ token: event.token, event: pastKind(event), status });
  const kept = (transition: Transition): Result<Transition> =>
    ok({ ...transition, next: { ...transition.next, past: past(transition.next.status) } });
  switch (event.type) {
    case "succeed":
      return kept(finish(task, "Done", "done", now));
    case "fail":
      return kept(failed(counted(task), "failed", event.error, moment, undefined, event.retryAfterMs));
    case "abort":
      return kept({ ...finish(task, "Killed", "killed", now, event.error), error: event.error });
    case "snooze":
      return kept(giveBack(task, "snoozed", now + event.delayMs));
    case "release":
      return kept(giveBack(task, "released", Math.min(task.runAt, now)));
    default:
      return event satisfies never;
  }
}

const pastKind = (event: Ending): Past["event"] =>
  event.type === "snooze" || event.type === "release" ? event.type : "ack";

/** An event of a lease that its sender has ended already: the first answer is given again. */
function repeated(task: TaskState, event: Ending): Result<Transition> {
  const { past } = task;
  if (past === null || past.token !== event.token || past.event !== pastKind(event)) return leaseLost(task);
  return ok({ next: task, changed: false, answer: past.status });
}
