/** The moves of a task, as the table of the contract has them. */

import type { Backoff, Outcome } from "../../../src/task/task.ts";
import type { PartialBackoff } from "../port.ts";
import { BUILT_IN_BACKOFF, type ModelQueue } from "./queue.ts";
import type { Between, ModelTask, Text } from "./task.ts";

const REMEMBERED_RUNS = 20;
const MOST_STRIKES = 5;

/** An execution begins. */
export function start(q: ModelQueue, task: ModelTask): void {
  q.move(task, "Running");
  task.attempt++;
  task.executions++;
  task.strikes = 0;
  task.startedAt = q.now;
  task.deadline = task.timeoutMs === null ? null : q.now + task.timeoutMs;
}

/** An ack of a task that nobody said had begun: it was executed all the same, from the claim on. */
export function countUnsaid(task: ModelTask): void {
  if (task.status !== "Queued") return;
  task.attempt++;
  task.executions++;
  task.startedAt = task.lockAt;
}

export interface Closing {
  readonly outcome: Outcome;
  readonly error?: Text;
  readonly logs?: readonly string[] | undefined;
}

/** The execution under way is remembered. */
function close(q: ModelQueue, task: ModelTask, { outcome, error, logs }: Closing): void {
  const run = {
    attempt: task.attempt,
    worker: task.holder?.worker ?? "",
    startedAt: task.startedAt ?? -1,
    endedAt: q.now,
    outcome,
    ...(error === undefined ? {} : { error }),
    ...(logs === undefined || logs.length === 0 ? {} : { logs }),
  };
  task.runs = [...task.runs, run].slice(-REMEMBERED_RUNS);
}

/** It ends for good. */
export function finish(q: ModelQueue, task: ModelTask, status: "Done" | "Killed", closing: Closing): void {
  close(q, task, closing);
  if (closing.error !== undefined) task.lastResult = { err: closing.error };
  task.strikes = 0;
  q.letGo(task);
  q.move(task, status);
}

/** An execution failed: it is tried again after the wait, or it was the last. */
export function failed(q: ModelQueue, task: ModelTask, closing: Closing, retryAfterMs?: number): void {
  if (task.attempt >= task.maxAttempts) {
    const last = closing.outcome === "failed" ? { ...closing, outcome: "killed" as const } : closing;
    finish(q, task, "Killed", last);
    return;
  }
  close(q, task, closing);
  if (closing.error !== undefined) task.lastResult = { err: closing.error };
  task.strikes = 0;
  q.letGo(task);
  q.move(task, "Failed");
  task.runAt = retryAfterMs === undefined ? after(q.now, task.backoff, task.attempt) : q.now + retryAfterMs;
}

/** The first wait is baseMs; the cap comes before the jitter, which goes both ways. */
function after(now: number, backoff: Backoff, attempt: number): number | Between {
  let wait = backoff.baseMs;
  if (backoff.type === "exponential") for (let n = 1; n < attempt; n++) wait *= backoff.factor;
  wait = Math.min(wait, backoff.maxMs);
  const from = now + Math.round(wait * (1 - backoff.jitter));
  const to = now + Math.round(wait * (1 + backoff.jitter));
  return from === to ? from : { from, to };
}

/** Back to Pending; an execution under way does not count. */
export function giveBack(q: ModelQueue, task: ModelTask, outcome: Outcome, runAt: number): void {
  if (task.status === "Running") {
    close(q, task, { outcome });
    task.attempt--;
  }
  backToPending(q, task, runAt);
}

function backToPending(q: ModelQueue, task: ModelTask, runAt: number): void {
  task.strikes = 0;
  q.letGo(task);
  q.move(task, "Pending");
  task.runAt = runAt;
}

/** "Due now" keeps a runAt that has passed. */
export const dueNow = (q: ModelQueue, task: ModelTask): number =>
  typeof task.runAt === "number" ? Math.min(task.runAt, q.now) : q.now;

/** A lease is taken back from a worker that is gone, or was too slow to start. */
export function orphan(q: ModelQueue, task: ModelTask, isToBlame: boolean): void {
  const error = { begins: "abandoned:" };
  if (task.status === "Running") failed(q, task, { outcome: "orphaned", error });
  else goBack(q, task, error, isToBlame);
}

/** Unburned, unless it has been the end of too many workers in a row: the fifth burns an attempt. */
function goBack(q: ModelQueue, task: ModelTask, error: Text, isToBlame: boolean): void {
  const strikes = task.strikes + (isToBlame ? 1 : 0);
  backToPending(q, task, dueNow(q, task));
  task.strikes = strikes;
  if (strikes < MOST_STRIKES) return;
  task.strikes = 0;
  task.attempt++;
  if (task.attempt < task.maxAttempts) return;
  task.lastResult = { err: error };
  q.move(task, "Killed");
}

/** Revokes what is held, whoever holds it. */
export function revoke(q: ModelQueue, task: ModelTask, outcome: "cancelled" | "rescheduled" | "orphaned"): void {
  if (task.status === "Running") close(q, task, { outcome });
  q.letGo(task);
}

/** What a push or a change leaves out comes from the built-in backoff; a base above the cap lifts the cap. */
export function wholeBackoff(given: PartialBackoff): Backoff {
  const maxMs = Math.max(BUILT_IN_BACKOFF.maxMs, given.baseMs ?? 0);
  return { ...BUILT_IN_BACKOFF, maxMs, ...given };
}
