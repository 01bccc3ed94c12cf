/** What anybody may do to a task by its id: cancel, resume, reschedule, update, delete. */

import type { Patch } from "../port.ts";
import { dueNow, revoke, wholeBackoff } from "./moves.ts";
import type { ModelQueue } from "./queue.ts";
import { isLeased, isTerminal, type ModelTask } from "./task.ts";
import { isDead } from "./workers.ts";

/** Whether anything changed. */
export function cancel(q: ModelQueue, task: ModelTask): boolean {
  if (isTerminal(task)) return false;
  revoke(q, task, "cancelled");
  task.strikes = 0;
  task.lastResult = { err: "cancelled" };
  q.move(task, "Killed");
  return true;
}

export function mayResume(q: ModelQueue, task: ModelTask): boolean {
  if (task.status === "Failed" || task.status === "Killed") return true;
  return isLeased(task) && task.holder !== null && isDead(q, task.holder);
}

/** Whether anything changed. */
export function resume(q: ModelQueue, task: ModelTask): boolean {
  if (!mayResume(q, task)) return false;
  revoke(q, task, "orphaned");
  task.runAt = dueNow(q, task);
  task.attempt = 0;
  task.strikes = 0;
  q.move(task, "Pending");
  return true;
}

/** Whether it is allowed: from Done it is not. */
export function reschedule(q: ModelQueue, task: ModelTask, runAt: number): boolean {
  if (task.status === "Done") return false;
  const attempt = task.status === "Killed" ? 0 : task.status === "Running" ? task.attempt - 1 : task.attempt;
  revoke(q, task, "rescheduled");
  Object.assign(task, { attempt, runAt, strikes: 0 });
  q.move(task, "Pending");
  return true;
}

/** Whether it went. */
export function remove(q: ModelQueue, task: ModelTask): boolean {
  if (isLeased(task)) return false;
  q.remove(task);
  return true;
}

/** Why the change is refused: where several reasons hold, the contract does not say which is given. */
export function updateRefusals(q: ModelQueue, task: ModelTask, patch: Patch): string[] {
  const refusals: string[] = [];
  // What another call of the same moment changed has a later revision than the one that is known.
  const isKnown = patch.revision === task.revision && !q.changed.has(task);
  if (patch.revision !== undefined && !isKnown) refusals.push("revision_conflict");
  if (isLeased(task) || task.status === "Done") refusals.push("wrong_status");
  if (patch.maxAttempts !== undefined && patch.maxAttempts <= task.attempt) refusals.push("bad_request");
  return refusals;
}

export function update(q: ModelQueue, task: ModelTask, patch: Patch): void {
  q.touch(task);
  const { args, priority, runAt, maxAttempts, backoff, timeoutMs, meta } = patch;
  if (args !== undefined) task.args = args;
  if (priority !== undefined) task.priority = priority;
  if (runAt !== undefined) task.runAt = runAt;
  if (maxAttempts !== undefined) task.maxAttempts = maxAttempts;
  if (timeoutMs !== undefined) task.timeoutMs = timeoutMs;
  if (meta !== undefined) task.meta = meta ?? {};
  if (backoff !== undefined) task.backoff = backoff === null ? q.config.defaults.backoff : wholeBackoff(backoff);
}
