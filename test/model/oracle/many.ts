/** Verbs for many tasks at once, and what removes rows: bulk, purge, vacuum. */

import type { CallOf, Filter } from "../port.ts";
import { must } from "../violation.ts";
import type { ModelQueue } from "./queue.ts";
import { isLeased, isTerminal, type ModelTask } from "./task.ts";
import { cancel, mayResume, remove, reschedule, resume } from "./verbs.ts";

export const isFound = (task: ModelTask, { status, groupKey, after, before }: Filter): boolean =>
  (status === undefined || task.status === status) &&
  (groupKey === undefined || task.group === groupKey) &&
  (after === undefined || task.createdAt >= after) &&
  (before === undefined || task.createdAt < before);

function applies(q: ModelQueue, of: CallOf<"bulk">["of"], task: ModelTask): boolean {
  if (of === "resume") return mayResume(q, task);
  if (of === "cancel") return !isTerminal(task);
  return of === "reschedule" ? task.status !== "Done" : !isLeased(task);
}

function act(q: ModelQueue, call: CallOf<"bulk">, task: ModelTask): void {
  if (call.of === "resume") resume(q, task);
  else if (call.of === "cancel") cancel(q, task);
  else if (call.of === "delete") remove(q, task);
  else reschedule(q, task, q.now + (call.delayMs ?? 0));
}

/** The limit counts what changes, in the order of the ids, or the oldest first; what is behind it stays for the next call. */
export function bulk(
  q: ModelQueue,
  call: CallOf<"bulk">,
  answer: { matched: number; changed: number; more: boolean },
): void {
  const { ids, filter = {}, limit = 10_000 } = call;
  const found = ids
    ? [...new Set(ids)].flatMap((id) => q.tasks.get(id) ?? [])
    : q.oldestFirst().filter((task) => isFound(task, filter));
  const able = found.filter((task) => applies(q, call.of, task));
  const taken = able.slice(0, limit);
  must(answer.changed === taken.length, `${taken.length} tasks change`, answer);
  if (able.length > limit) must(answer.more, "more is to be changed", answer);
  if (!answer.more) must(answer.matched === found.length, `${found.length} tasks are named, or found`, answer);
  must(answer.matched >= answer.changed && answer.matched <= found.length, "only what matches is counted", answer);
  // Each slice is a transaction.
  q.costs.commits = 2 + found.length + (ids?.length ?? 0);
  if (!call.dryRun) for (const task of taken) act(q, call, task);
}

export function purge(q: ModelQueue, answer: { purged: number; more: boolean }): void {
  const loose = q.oldestFirst().filter((task) => !isLeased(task));
  must(answer.purged === loose.length && !answer.more, `${loose.length} tasks go`, answer);
  for (const task of loose) q.remove(task);
}

export function vacuum(q: ModelQueue, call: CallOf<"vacuum">, answer: { vacuumed: number; more: boolean }): void {
  const old = q.oldestFirst().filter((task) => {
    if (!isTerminal(task) || (call.status !== undefined && task.status !== call.status)) return false;
    const until = call.olderThanMs === undefined ? q.keptUntil(task) : (task.doneAt ?? 0) + call.olderThanMs;
    return until !== null && until <= q.now;
  });
  const count = Math.min(old.length, call.limit ?? old.length);
  must(answer.vacuumed === count, `${count} tasks go`, answer);
  must(answer.more === old.length > count, "whether there is more", answer);
  q.costs.commits = 2 + count;
  // Of those that may go, the limit does not say which.
  if (count < old.length) q.mayGo(old, count);
  else for (const task of old) q.remove(task);
}
