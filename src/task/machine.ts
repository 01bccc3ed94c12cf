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
      if (task.status !== "Running") return wrongStatus(task, "time out");
      return ok(
        failed(task, "timeout", `timed out after ${moment.now - (task.startedAt ?? moment.now)} ms`, moment, "timeout"),
      );
    case "reschedule":
      return reschedule(task, event.runAt);
    case "resume":
      return resume(task, event.abandoned, moment);
    case "cancel":
      return cancel(task, moment);
    case "update":
      return update(task, event.patch);
    case "vacuum":
      if (!isTerminal(task.status) || (task.doneAt ?? 0) > event.doneBy) return wrongStatus(task, "vacuum");
      return ok({ next: task, changed: true, answer: task.status, gone: true });
    case "delete":
      if (isLeased(task.status)) return wrongStatus(task, "delete");
      return ok({ next: task, changed: true, answer: task.status, gone: true });
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
  if (placeOf(task, now) !== "ready") return wrongStatus(task, "claim");
  const queued: TaskState = { ...task, ...HELD_FIELDS, status: "Queued", token, lockAt: now, past: null };
  const next = autoStart ? started(queued, now) : queued;
  return ok({ next, changed: true, answer: next.status });
}

function orphan(task: TaskState, event: Extract<TaskEvent, { type: "orphan" }>, moment: Moment): Result<Transition> {
  if (task.status === "Running") return ok(failed(task, "orphaned", event.error, moment, event.reason));
  if (task.status !== "Queued") return wrongStatus(task, "orphan");
  const strikes = event.strike ? task.strikes + 1 : 0;
  const back: TaskState = {
    ...task,
    ...HELD_FIELDS,
    status: "Pending",
    strikes,
    runAt: Math.min(task.runAt, moment.now),
  };
  const lost = event.reason;
  if (strikes < MAX_STRIKES) return ok({ next: back, changed: true, answer: "Pending", lost });
  const burned: TaskState = { ...back, strikes: 0, attempt: task.attempt + 1 };
  if (burned.attempt < task.maxAttempts) return ok({ next: burned, changed: true, answer: "Pending", lost });
  const killed: TaskState = { ...burned, status: "Killed", doneAt: moment.now };
  return ok({ next: killed, changed: true, answer: "Killed", error: event.error, lost });
}

function reschedule(task: TaskState, runAt: number): Result<Transition> {
  if (task.status === "Done") return wrongStatus(task, "reschedule");
  const running = task.status === "Running";
  const attempt = task.status === "Killed" ? 0 : running ? task.attempt - 1 : task.attempt;
  const next: TaskState = { ...task, ...HELD_FIELDS, status: "Pending", attempt, runAt, strikes: 0, doneAt: null };
  return ok({
    next,
    changed: true,
    answer: "Pending",
    ...(running ? { run: closed(task, "rescheduled") } : {}),
    ...(isLeased(task.status) ? { lost: "rescheduled" as const } : {}),
  });
}

/** Answers by `changed`: a task that is not Failed, Killed or abandoned is left alone, and that is no error. */
function resume(task: TaskState, abandoned: boolean, { now }: Moment): Result<Transition> {
  const leased = isLeased(task.status);
  const resumable = task.status === "Failed" || task.status === "Killed" || (leased && abandoned);
  if (!resumable) return ok({ next: task, changed: false, answer: task.status });
  const runAt = Math.min(task.runAt, now);
  const next: TaskState = { ...task, ...HELD_FIELDS, status: "Pending", attempt: 0, strikes: 0, runAt, doneAt: null };
  return ok({
    next,
    changed: true,
    answer: "Pending",
    ...(task.status === "Running" ? { run: closed(task, "orphaned") } : {}),
    ...(leased ? { lost: "orphaned" as const } : {}),
  });
}

function cancel(task: TaskState, { now }: Moment): Result<Transition> {
  if (isTerminal(task.status)) return ok({ next: task, changed: false, answer: task.status });
  const next: TaskState = { ...task, ...HELD_FIELDS, status: "Killed", strikes: 0, doneAt: now };
  return ok({
    next,
    changed: true,
    answer: "Killed",
    error: "cancelled",
    ...(task.status === "Running" ? { run: closed(task, "cancelled") } : {}),
    ...(isLeased(task.status) ? { lost: "cancelled" as const } : {}),
  });
}

function update(task: TaskState, patch: StatePatch): Result<Transition> {
  if (task.status !== "Pending" && task.status !== "Failed" && task.status !== "Killed")
    return wrongStatus(task, "update");
  if (patch.maxAttempts !== undefined && patch.maxAttempts <= task.attempt) {
    const detail = `\`maxAttempts\` must be above the ${task.attempt} attempts that the task has had`;
    return fail("bad_request", detail, { path: "maxAttempts", taskStatus: task.status });
  }
  const next: TaskState = { ...task, ...patch };
  return ok({ next, changed: true, answer: next.status });
}
