/** Tasks as the pages read them: all that may be large or hostile stays the text that the server sent. */

import { childrenOf, fieldsOf, itemsOf, nodeAt } from "../ui/json.ts";

export type Status = "Pending" | "Queued" | "Running" | "Done" | "Failed" | "Killed";

export interface Run {
  readonly attempt: number;
  readonly worker: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly outcome?: string;
  readonly error?: string;
  readonly logs?: readonly string[];
}

interface Common {
  readonly id: string;
  readonly status: Status;
  readonly priority: number;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly runAt: number;
  readonly createdAt: number;
  readonly groupKey?: string;
}

export interface Task extends Common {
  readonly queue: string;
  readonly lockAt?: number;
  readonly lockBy?: string;
  readonly doneAt?: number;
  readonly runs: readonly Run[];
  readonly timeoutMs?: number;
  readonly idempotencyKey?: string;
  readonly idempotencyUntil: string;
  readonly codec: string;
  readonly revision: number;
  /** JSON as it was received. */
  readonly args: string;
  readonly backoff: string;
  readonly meta: string;
  readonly progress?: string;
  /** What the last execution returned, or why it failed. */
  readonly lastResult?: { readonly ok: string } | { readonly err: string };
}

/** A task in a list. */
export interface Row extends Common {
  /** The beginning of its args. */
  readonly preview: string;
  /** It left while one looked on. */
  readonly isGone?: true;
}

/** Kept as text: numbers keep their spelling, and nothing is parsed that nobody opens. */
const AS_TEXT = ["args", "backoff", "meta", "progress", "lastResult"];

/** Characters of args in a row. */
const PREVIEW = 140;

/** @param text a task as the server sends it */
export function taskOf(text: string): Task {
  const fields = fieldsOf(text);
  const task: Record<string, unknown> = {};
  for (const [name, value] of fields) task[name] = AS_TEXT.includes(name) ? value : JSON.parse(value);
  const result = fields.get("lastResult");
  if (result !== undefined) task.lastResult = resultOf(result);
  return task as unknown as Task;
}

function resultOf(text: string): Task["lastResult"] {
  const fields = fieldsOf(text);
  const ok = fields.get("ok");
  return ok === undefined ? { err: JSON.parse(fields.get("err") ?? '""') } : { ok };
}

export interface Page {
  readonly rows: readonly Row[];
  readonly nextCursor: string | undefined;
}

/** @param text `{tasks, nextCursor?}` as the server sends it */
export function pageOf(text: string): Page {
  const fields = fieldsOf(text);
  const cursor = fields.get("nextCursor");
  return {
    rows: itemsOf(fields.get("tasks") ?? "[]").map(rowOf),
    nextCursor: cursor === undefined ? undefined : JSON.parse(cursor),
  };
}

function rowOf(text: string): Row {
  const fields = fieldsOf(text);
  const read = (name: string) => JSON.parse(fields.get(name) ?? "null");
  const groupKey = fields.get("groupKey");
  return {
    id: read("id"),
    status: read("status"),
    priority: read("priority"),
    attempt: read("attempt"),
    maxAttempts: read("maxAttempts"),
    runAt: read("runAt"),
    createdAt: read("createdAt"),
    preview: previewOf(fields.get("args") ?? "null"),
    ...(groupKey === undefined ? {} : { groupKey: JSON.parse(groupKey) }),
  };
}

/** A copy of its own, so that a row does not keep the whole answer in memory. */
function previewOf(args: string): string {
  const cut = args.length > PREVIEW ? `${args.slice(0, PREVIEW)}…` : args;
  return JSON.parse(JSON.stringify(cut));
}

/** The ids of a list alone. */
export function idsOf(text: string): { ids: string[]; nextCursor: string | undefined } {
  const { rows, nextCursor } = pageOf(text);
  return { ids: rows.map(({ id }) => id), nextCursor };
}

/** The body of a push of the same again: not its idempotency key, which would only find the task that has it. */
export function copyOf(task: Task): string {
  const fields: [string, string | undefined][] = [
    ["args", task.args],
    ["priority", JSON.stringify(task.priority)],
    ["maxAttempts", JSON.stringify(task.maxAttempts)],
    ["backoff", task.backoff],
    ["timeoutMs", JSON.stringify(task.timeoutMs)],
    ["groupKey", JSON.stringify(task.groupKey)],
    ["codec", JSON.stringify(task.codec)],
    ["meta", childrenOf(task.meta, nodeAt(task.meta), 1).children.length === 0 ? undefined : task.meta],
  ];
  return objectOf(fields);
}

/** An object of values that are JSON already; what is `undefined` is left out. */
export function objectOf(fields: readonly (readonly [string, string | undefined])[]): string {
  const members = fields.flatMap(([name, value]) => (value === undefined ? [] : [`${JSON.stringify(name)}:${value}`]));
  return `{${members.join(",")}}`;
}
