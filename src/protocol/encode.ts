/** Answers as JSON text, with the parts that nobody need parse put in as they are. */

import type { RawJson } from "../task/task.ts";
import type { LastResult, LeasedTaskView, TaskResultView, TaskView } from "../task/view.ts";

/** JSON text of an object whose values are JSON text already; absent ones are left out. */
export function objectText(fields: Readonly<Record<string, RawJson | undefined>>): RawJson {
  const parts: string[] = [];
  for (const key in fields) {
    const value = fields[key];
    if (value !== undefined) parts.push(`${JSON.stringify(key)}:${value}`);
  }
  return `{${parts.join(",")}}`;
}

/** JSON text of a list whose elements are JSON text already. */
export const listText = (elements: readonly RawJson[]): RawJson => `[${elements.join(",")}]`;

/** A task. */
export const taskText = (task: TaskView): RawJson => objectText(taskFields(task));

/** A task and its lease. */
export const leasedTaskText = (task: LeasedTaskView): RawJson =>
  objectText({ ...taskFields(task), lease: JSON.stringify(task.lease) });

/** A TaskResult: what became of a task so far. */
export const resultText = ({ id, status, attempt, result, codec }: TaskResultView): RawJson =>
  objectText({
    id: JSON.stringify(id),
    status: JSON.stringify(status),
    attempt: String(attempt),
    result: result && lastResultText(result),
    codec: given(codec),
  });

const lastResultText = (result: LastResult): RawJson =>
  "ok" in result ? objectText({ ok: result.ok }) : objectText({ err: JSON.stringify(result.err) });

const given = (value: string | number | undefined): RawJson | undefined =>
  value === undefined ? undefined : JSON.stringify(value);

function taskFields(task: TaskView): Record<keyof TaskView, RawJson | undefined> {
  return {
    id: JSON.stringify(task.id),
    queue: JSON.stringify(task.queue),
    args: task.args,
    status: JSON.stringify(task.status),
    priority: String(task.priority),
    attempt: String(task.attempt),
    maxAttempts: String(task.maxAttempts),
    runAt: String(task.runAt),
    createdAt: String(task.createdAt),
    lockAt: given(task.lockAt),
    lockBy: given(task.lockBy),
    doneAt: given(task.doneAt),
    lastResult: task.lastResult && lastResultText(task.lastResult),
    runs: JSON.stringify(task.runs),
    backoff: JSON.stringify(task.backoff),
    timeoutMs: given(task.timeoutMs),
    idempotencyKey: given(task.idempotencyKey),
    idempotencyUntil: JSON.stringify(task.idempotencyUntil),
    codec: JSON.stringify(task.codec),
    progress: task.progress,
    groupKey: given(task.groupKey),
    meta: JSON.stringify(task.meta),
    revision: String(task.revision),
  };
}
