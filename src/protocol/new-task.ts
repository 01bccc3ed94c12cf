/** Tasks as they are pushed and changed. */

import * as v from "valibot";
import {
  MAX_ARGS_BYTES,
  MAX_BATCH,
  MAX_CODEC_LENGTH,
  MAX_DURATION_MS,
  MAX_GROUP_KEY_BYTES,
  MAX_INT32,
  MAX_KEY_BYTES,
  MAX_META_BYTES,
  MAX_SCHEDULE_ARGS_BYTES,
} from "../limits.ts";
import { ok, type Result } from "../task/result.ts";
import type { NewTask, RawJson, TaskPatch } from "../task/task.ts";
import { isBase64Json } from "../task/text.ts";
import { notBoth, objectAt } from "./alternatives.ts";
import { isJsonObject } from "./json.ts";
import type { Shape } from "./scan.ts";
import { decodeBody } from "./validate.ts";
import {
  characters,
  decimal,
  duration,
  instant,
  integer,
  isSmallJson,
  jsonObject,
  list,
  object,
  oneOf,
  positiveDuration,
  rawJson,
  text,
} from "./vocabulary.ts";

export const prioritySchema = integer(-MAX_INT32 - 1, MAX_INT32);
export const maxAttemptsSchema = integer(1, MAX_INT32);
export const groupKeySchema = text(0, MAX_GROUP_KEY_BYTES);
export const idempotencyKeySchema = text(0, MAX_KEY_BYTES);

/** A backoff, as a whole or in part: what is left out is filled in from the defaults. */
export const backoffSchema = v.pipe(
  object({
    type: v.exactOptional(oneOf(["exponential", "fixed"])),
    baseMs: v.exactOptional(duration),
    factor: v.exactOptional(decimal(1)),
    maxMs: v.exactOptional(integer(0, MAX_DURATION_MS)),
    jitter: v.exactOptional(decimal(0, 1)),
  }),
  objectAt(({ baseMs, maxMs }) =>
    baseMs !== undefined && maxMs !== undefined && maxMs < baseMs
      ? { key: "maxMs", message: `must be at least \`baseMs\`, which is ${baseMs}` }
      : undefined,
  ),
);

const argsSchema = rawJson(MAX_ARGS_BYTES, "refuse");
const metaSchema = jsonObject(MAX_META_BYTES);

/** What every task that is pushed may say, whenever it is due. */
const standing = {
  args: argsSchema,
  priority: v.exactOptional(prioritySchema),
  maxAttempts: v.exactOptional(maxAttemptsSchema),
  backoff: v.exactOptional(backoffSchema),
  timeoutMs: v.exactOptional(positiveDuration),
  groupKey: v.exactOptional(groupKeySchema),
  codec: v.exactOptional(characters(1, MAX_CODEC_LENGTH)),
  meta: v.exactOptional(metaSchema),
};

const misfit = ({ args, codec = "json" }: { readonly args: RawJson; readonly codec?: string }) =>
  codec === "json" || isBase64Json(args)
    ? undefined
    : {
        key: "args",
        message: `is no base64 string, which args of the codec ${JSON.stringify(codec)} are: encode the payload`,
      };

export const newTaskSchema = v.pipe(
  object({
    ...standing,
    runAt: v.exactOptional(instant),
    delayMs: v.exactOptional(duration),
    idempotencyKey: v.exactOptional(idempotencyKeySchema),
    idempotencyUntil: v.exactOptional(oneOf(["gone", "terminal"])),
  }),
  notBoth("runAt", "delayMs"),
  objectAt(misfit),
);

/** A task as each tick of a schedule pushes it: due at once, under the key of the tick. */
export const scheduledTaskSchema = v.pipe(
  object({ ...standing, args: rawJson(MAX_SCHEDULE_ARGS_BYTES, "refuse") }),
  objectAt(misfit),
);

/** Tasks pushed together. */
export const newTasksSchema = list(newTaskSchema, 1, MAX_BATCH, isPlainTask);

/** Nothing but small args. */
function isPlainTask(task: unknown): boolean {
  return isJsonObject(task) && Object.keys(task).length === 1 && isSmallJson(task.args, MAX_ARGS_BYTES);
}

/** `null` goes back to the default. */
export const taskPatchSchema = object({
  args: v.exactOptional(argsSchema),
  priority: v.exactOptional(prioritySchema),
  runAt: v.exactOptional(instant),
  maxAttempts: v.exactOptional(maxAttemptsSchema),
  backoff: v.exactOptional(v.nullable(backoffSchema)),
  timeoutMs: v.exactOptional(v.nullable(positiveDuration)),
  meta: v.exactOptional(v.nullable(metaSchema)),
  revision: v.exactOptional(integer(1, Number.MAX_SAFE_INTEGER)),
});

/** Where the args are in a task. */
export const taskShape: Shape = { fields: new Map([["args", "raw"]]) };
/** Where the args are in a list of tasks. */
export const tasksShape: Shape = { items: taskShape };
const pushShape: Shape = { ...taskShape, ...tasksShape };

/** The body of a push: one task, or a list of them. */
export function decodePush(body: string): Result<{ tasks: NewTask[]; single: boolean }> {
  if (/^\s*\[/.test(body)) {
    const tasks = decodeBody(newTasksSchema, body, pushShape);
    return tasks.ok ? ok({ tasks: tasks.value, single: false }) : tasks;
  }
  const task = decodeBody(newTaskSchema, body, pushShape);
  return task.ok ? ok({ tasks: [task.value], single: true }) : task;
}

/** One line of a stream of tasks. The caller has measured it. */
export const decodeLine = (line: string): Result<NewTask> => decodeBody(newTaskSchema, line, taskShape);

/** The body of a PATCH of a task. Whether new args fit the task's codec is for who knows the task (`isBase64Json`). */
export const decodePatch = (body: string): Result<TaskPatch> => decodeBody(taskPatchSchema, body, taskShape);
