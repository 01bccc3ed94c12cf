/** Answers as JSON text, with the parts that nobody need parse put in as they are. */

import { type Backoff, DEFAULT_BACKOFF, type RawJson } from "../task/task.ts";
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
export const taskText = (task: TaskView): RawJson => `{${fieldsOf(task)}}`;

/** What tells apart tasks that were leased together. */
export interface LeasedName {
  readonly id: string;
  readonly args: RawJson;
  /** ms. */
  readonly runAt: number;
  readonly createdAt: number;
  readonly lease: string;
}

/** Stands in a template for what it leaves open. No JSON text has such a character. */
const GAP = "\u0000";

/** Encodes tasks that are like this one in all but their names: what they have in common is written once. */
export function leasedTaskTemplate(task: LeasedTaskView): (name: LeasedName) => RawJson {
  const open = fieldsOf({ ...task, id: GAP, args: GAP, runAt: GAP, createdAt: GAP });
  const [head, afterId, afterArgs, afterRunAt, rest] = open.split(GAP);
  return ({ id, args, runAt, createdAt, lease }) =>
    `{${head}${id}${afterId}${args}${afterArgs}${runAt}${afterRunAt}${createdAt}${rest},"lease":"${lease}"}`;
}

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

/** A task, or the template of one. */
type Encodable = Omit<TaskView, "runAt" | "createdAt"> & Record<"runAt" | "createdAt", number | typeof GAP>;

/**
 * All fields of a task. Written out, since nothing is written so often, and going through a list of fields costs more. What cannot hold a character to be escaped is quoted by hand.
 */
function fieldsOf(task: Encodable): string {
  const { lastResult } = task;
  return (
    `"id":"${task.id}","queue":${JSON.stringify(task.queue)},"args":${task.args},"status":"${task.status}",` +
    `"priority":${task.priority},"attempt":${task.attempt},"maxAttempts":${task.maxAttempts},` +
    `"runAt":${task.runAt},"createdAt":${task.createdAt}` +
    optional("lockAt", task.lockAt) +
    optional("lockBy", given(task.lockBy)) +
    optional("doneAt", task.doneAt) +
    optional("lastResult", lastResult && lastResultText(lastResult)) +
    `,"runs":${JSON.stringify(task.runs)},"backoff":${backoffText(task.backoff)}` +
    optional("timeoutMs", task.timeoutMs) +
    optional("idempotencyKey", given(task.idempotencyKey)) +
    `,"idempotencyUntil":"${task.idempotencyUntil}","codec":${JSON.stringify(task.codec)}` +
    optional("progress", task.progress) +
    optional("groupKey", given(task.groupKey)) +
    `,"meta":${JSON.stringify(task.meta)},"revision":${task.revision}`
  );
}

/** @param value JSON text, or a number, which is its own */
const optional = (key: keyof TaskView, value: RawJson | number | undefined): string =>
  value === undefined ? "" : `,"${key}":${value}`;

const DEFAULT_BACKOFF_TEXT = JSON.stringify(DEFAULT_BACKOFF);

/** Nearly all tasks have the built-in one, which is one object. */
const backoffText = (backoff: Backoff): RawJson =>
  backoff === DEFAULT_BACKOFF ? DEFAULT_BACKOFF_TEXT : JSON.stringify(backoff);
