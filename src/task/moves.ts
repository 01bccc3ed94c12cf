/** The moves that the rules are made of: each takes a task from one state to another, and asks nothing. */

import { backoffMs } from "./backoff.ts";
import { fail } from "./result.ts";
import type { ClosedRun, Moment, TaskState, Transition } from "./state.ts";
import type { LostReason, Outcome } from "./task.ts";

export const HELD_FIELDS = { token: null, lockAt: null, startedAt: null, deadline: null } as const;

export function started(task: TaskState, now: number): TaskState {
  const deadline = task.timeoutMs === null ? null : now + task.timeoutMs;
  return { ...task, status: "Running", attempt: task.attempt + 1, strikes: 0, startedAt: now, deadline };
}

/** An ack from Queued counts the attempt there and then: it was executed, only nobody said that it had begun. */
export function counted(task: TaskState): TaskState {
  return task.status === "Queued"
    ? { ...task, status: "Running", attempt: task.attempt + 1, startedAt: task.lockAt }
    : task;
}

export function closed(task: TaskState, outcome: Outcome, error?: string): ClosedRun {
  const run = { attempt: task.attempt, startedAt: task.startedAt ?? task.lockAt ?? 0, outcome };
  return error === undefined ? run : { ...run, error };
}

/** To a terminal status, from Queued or Running. */
export function finish(
  from: TaskState,
  status: "Done" | "Killed",
  outcome: Outcome,
  now: number,
  error?: string,
): Transition {
  const task = counted(from);
  const next: TaskState = { ...task, ...HELD_FIELDS, status, strikes: 0, doneAt: now };
  return { next, changed: true, answer: status, run: closed(task, outcome, error) };
}

/** An execution failed: another follows after the backoff, or none is left. */
export function failed(
  task: TaskState,
  outcome: "failed" | "orphaned" | "timeout",
  error: string,
  { now, random }: Moment,
  lost?: LostReason,
  retryAfterMs?: number,
): Transition {
  const told = lost === undefined ? {} : { lost };
  if (task.attempt >= task.maxAttempts) {
    const killed = finish(task, "Killed", outcome === "failed" ? "killed" : outcome, now, error);
    return { ...killed, error, ...told };
  }
  const runAt = now + (retryAfterMs ?? backoffMs(task.backoff, task.attempt, random));
  const next: TaskState = { ...task, ...HELD_FIELDS, status: "Failed", strikes: 0, runAt };
  return { next, changed: true, answer: "Failed", run: closed(task, outcome, error), error, ...told };
}

/** Back to Pending by the holder's own wish: the execution does not count. */
export function giveBack(task: TaskState, outcome: Outcome, runAt: number): Transition {
  const running = task.status === "Running";
  const attempt = running ? task.attempt - 1 : task.attempt;
  const next: TaskState = { ...task, ...HELD_FIELDS, status: "Pending", attempt, strikes: 0, runAt };
  return { next, changed: true, answer: "Pending", ...(running ? { run: closed(task, outcome) } : {}) };
}

export const leaseLost = (task: TaskState) =>
  fail("lease_lost", `This lease is not the task's live one; the task is ${task.status}.`, { taskStatus: task.status });
export const wrongStatus = (task: TaskState, verb: string) =>
  fail("wrong_status", `A task that is ${task.status} cannot ${verb}.`, { taskStatus: task.status });
