/** The state machine: one pure function that every writer of a task goes through. */

import { MAX_STRIKES } from "../limits.ts";
import { endLease, keepLease } from "./holder.ts";
import { closed, failed, HELD_FIELDS, started, wrongStatus } from "./moves.ts";
import { fail, ok, type Result } from "./result.ts";
import type { Moment, StatePatch, TaskEvent, TaskState, Transition } from "./state.ts";
import { isLeased, isTerminal } from "./status.ts";

/**
 * The one function through which a task changes.
 *
 * @returns what changes, or the refusal: `lease_lost` when the lease is not the live one, `wrong_status` when the table
 * has no such row, `bad_request` for a `maxAttempts` that is spent already. A refusal changes nothing.
 */
export function transition(task: TaskState, event: TaskEvent, moment: Moment): Result<Transition> {
  switch (event.type) {
    case "claim":
      return claim(task, event.token, event.autoStart, moment);
    case "start":
    case "extend":
    case "progress":
      return keepLease(task, event, moment);
    case "succeed":
    case "fail":
    case "abort":
    case "snooze":
    case "release":
      return endLease(task, event, moment);
    case "orphan":
      return orphan(task, event, moment);
    case "timeout":
      return timeout(task, moment);
    case "reschedule":
      return reschedule(task, event.runAt);
    case "resume":
      return resume(task, event.abandoned, moment);
    case "cancel":
      return cancel(task, moment);
    case "update":
      return update(task, event.patch);
    case "vacuum":
      return isTerminal(task.status) && (task.doneAt ?? 0) <= event.doneBy
        ? gone(task)
        : wrongStatus(task, "vacuumed now");
    case "delete":
      return isLeased(task.status) ? wrongStatus(task, "deleted: cancel it first") : gone(task);
    default:
      return event satisfies never;
  }
}

/**
 * The one eligibility predicate: may this task be claimed at `now`, if its queue is not paused?
 *
 * @returns "ready" when due, "scheduled" when it will be at its `runAt`, `null` when it waits for nothing
 */
export function placeOf(task: Pick<TaskState, "status" | "runAt">, now: number): "ready" | "scheduled" | null {
  if (task.status !== "Pending" && task.status !== "Failed") return null;
  return task.runAt <= now ? "ready" : "scheduled";
}

function claim(task: TaskState, token: number, autoStart: boolean, { now }: Moment): Result<Transition> {
  if (placeOf(task, now) !== "ready") return wrongStatus(task, "claimed now");
  const queued: TaskState = { ...task, ...HELD_FIELDS, status: "Queued", token, lockAt: now, past: null };
  const next = autoStart ? started(queued, now) : queued;
  return ok({ next, changed: true, answer: next.status });
}

type Orphaning = Extract<TaskEvent, { type: "orphan" }>;

function orphan(task: TaskState, event: Orphaning, moment: Moment): Result<Transition> {
  const { error, reason } = event;
  switch (task.status) {
    case "Running":
      return ok(failed(task, { outcome: "orphaned", error, lost: reason }, moment));
    case "Queued": {
      const transition = returned(task, event, moment);
      return ok({ ...transition, lost: reason });
    }
    default:
      return wrongStatus(task, "orphaned");
  }
}

/** Back to Pending unburned, unless the task has been the end of too many workers in a row. */
function returned(task: TaskState, { error, strike }: Orphaning, { now }: Moment): Transition {
  // One who is only slow neither adds to the row nor ends it: a task that kills some and stalls others must burn, too.
  const strikes = strike ? task.strikes + 1 : task.strikes;
  const runAt = Math.min(task.runAt, now);
  const back: TaskState = { ...task, ...HELD_FIELDS, status: "Pending", strikes, runAt };
  if (strikes < MAX_STRIKES) return { next: back, changed: true, answer: "Pending" };
  const burned: TaskState = { ...back, strikes: 0, attempt: task.attempt + 1 };
  if (burned.attempt < task.maxAttempts) return { next: burned, changed: true, answer: "Pending" };
  return { next: { ...burned, status: "Killed", doneAt: now }, changed: true, answer: "Killed", error };
}

function timeout(task: TaskState, moment: Moment): Result<Transition> {
  const { now } = moment;
  if (task.status !== "Running" || task.deadline === null || now < task.deadline) {
    return wrongStatus(task, "timed out now");
  }
  const error = `timed out after ${now - (task.startedAt ?? now)} ms`;
  return ok(failed(task, { outcome: "timeout", error, lost: "timeout" }, moment));
}

function reschedule(task: TaskState, runAt: number): Result<Transition> {
  if (task.status === "Done") return wrongStatus(task, "rescheduled: push it anew");
  const attempt = task.status === "Killed" ? 0 : task.status === "Running" ? task.attempt - 1 : task.attempt;
  const next: TaskState = { ...task, ...HELD_FIELDS, status: "Pending", attempt, runAt, strikes: 0, doneAt: null };
  return ok({ next, changed: true, answer: "Pending", ...takenBack(task, "rescheduled") });
}

/** Answers by `changed`: a task that is not Failed, Killed or abandoned is left alone, and that is no error. */
function resume(task: TaskState, abandoned: boolean, { now }: Moment): Result<Transition> {
  const resumable = task.status === "Failed" || task.status === "Killed" || (isLeased(task.status) && abandoned);
  if (!resumable) return ok({ next: task, changed: false, answer: task.status });
  const runAt = Math.min(task.runAt, now);
  const next: TaskState = { ...task, ...HELD_FIELDS, status: "Pending", attempt: 0, strikes: 0, runAt, doneAt: null };
  return ok({ next, changed: true, answer: "Pending", ...takenBack(task, "orphaned") });
}

function cancel(task: TaskState, { now }: Moment): Result<Transition> {
  if (isTerminal(task.status)) return ok({ next: task, changed: false, answer: task.status });
  const next: TaskState = { ...task, ...HELD_FIELDS, status: "Killed", strikes: 0, doneAt: now };
  return ok({ next, changed: true, answer: "Killed", error: "cancelled", ...takenBack(task, "cancelled") });
}

/** What a lease that is revoked leaves behind: the end of the execution, if one is under way, and a holder to be told. */
function takenBack(task: TaskState, why: "rescheduled" | "orphaned" | "cancelled"): Pick<Transition, "run" | "lost"> {
  if (!isLeased(task.status)) return {};
  return task.status === "Running" ? { run: closed(task, why), lost: why } : { lost: why };
}

function update(task: TaskState, patch: StatePatch): Result<Transition> {
  if (isLeased(task.status) || task.status === "Done") {
    return wrongStatus(task, "changed: only one that waits or was killed can");
  }
  if (patch.maxAttempts !== undefined && patch.maxAttempts <= task.attempt) {
    const detail = `\`maxAttempts\` must be above ${task.attempt}, the attempts that the task has had.`;
    return fail("bad_request", detail, { path: "maxAttempts", taskStatus: task.status });
  }
  const next: TaskState = { ...task, ...patch };
  return ok({ next, changed: true, answer: next.status });
}

const gone = (task: TaskState): Result<Transition> =>
  ok({ next: task, changed: true, answer: task.status, gone: true });
