/** The moves that the rules are made of: each takes a task from one state to another, and asks nothing. */

import { backoffMs } from "./backoff.ts";
import { fail } from "./result.ts";
import type { ClosedRun, Moment, TaskState, Transition } from "./state.ts";
import type { LostReason, Outcome } from "./task.ts";

/** What goes with the lease. */
export const HELD_FIELDS = { token: null, lockAt: null, startedAt: null, deadline: null } as const;

/** Queued to Running: the attempt is counted, the row of strikes ends, and the time that it may take begins. */
export function started(task: TaskState, now: number): TaskState {
  const deadline = task.timeoutMs === null ? null : now + task.timeoutMs;
  return { ...task, status: "Running", attempt: task.attempt + 1, strikes: 0, startedAt: now, deadline };
}

/** An ack from Queued counts the attempt there and then: it was executed, only nobody said that it had begun. */
export function counted(task: TaskState): TaskState {
  if (task.status !== "Queued") return task;
  return { ...task, status: "Running", attempt: task.attempt + 1, startedAt: task.lockAt };
}

/** The execution under way, as it is remembered. */
export function closed(task: TaskState, outcome: Outcome, error?: string): ClosedRun {
  const run = { attempt: task.attempt, startedAt: task.startedAt ?? task.lockAt ?? 0, outcome };
  return error === undefined ? run : { ...run, error };
}

/** An execution under way ends for good. */
export function finish(
  task: TaskState,
  status: "Done" | "Killed",
  outcome: Outcome,
  now: number,
  error?: string,
): Transition {
  const next: TaskState = { ...task, ...HELD_FIELDS, status, strikes: 0, doneAt: now };
  const run = closed(task, outcome, error);
  return { next, changed: true, answer: status, run, ...(error === undefined ? {} : { error }) };
}

interface Failing {
  readonly outcome: "failed" | "orphaned" | "timeout";
  readonly error: string;
  /** Instead of the backoff. */
  readonly retryAfterMs?: number | undefined;
  /** Why its holder, who did not report this, lost the lease. */
  readonly lost?: LostReason;
}

/** An execution under way failed: another follows after the backoff, or none is left. */
export function failed(task: TaskState, { outcome, error, retryAfterMs, lost }: Failing, moment: Moment): Transition {
  const { now } = moment;
  const told = lost === undefined ? {} : { lost };
  if (task.attempt >= task.maxAttempts) {
    return { ...finish(task, "Killed", outcome === "failed" ? "killed" : outcome, now, error), ...told };
  }
  const runAt = now + (retryAfterMs ?? backoffMs(task.backoff, task.attempt, moment.random));
  const next: TaskState = { ...task, ...HELD_FIELDS, status: "Failed", strikes: 0, runAt };
  return { next, changed: true, answer: "Failed", run: closed(task, outcome, error), error, ...told };
}

/** Back to Pending by the holder's own wish: the execution does not count. */
export function giveBack(task: TaskState, outcome: "snoozed" | "released", runAt: number): Transition {
  const running = task.status === "Running";
  const attempt = running ? task.attempt - 1 : task.attempt;
  const next: TaskState = { ...task, ...HELD_FIELDS, status: "Pending", attempt, strikes: 0, runAt };
  return { next, changed: true, answer: "Pending", ...(running ? { run: closed(task, outcome) } : {}) };
}

export const leaseLost = (task: TaskState) =>
  fail("lease_lost", `This lease is not the task's live one; the task is ${task.status}: stop working on it.`, {
    taskStatus: task.status,
  });

/** @param verb completes "cannot be …", with what to do instead where there is something */
export const wrongStatus = (task: TaskState, verb: string) =>
  fail("wrong_status", `A task that is ${task.status} cannot be ${verb}.`, { taskStatus: task.status });
