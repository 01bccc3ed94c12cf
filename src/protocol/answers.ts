/** What the server answers: schemas for the OpenAPI document, types for the rest. Absent fields are left out. */

import * as v from "valibot";
import { ERROR_CODES } from "../task/result.ts";
import { STATUSES } from "../task/status.ts";

const status = v.picklist(STATUSES);
const id = v.string();
export const whole = v.pipe(v.number(), v.integer());
export const count = v.pipe(whole, v.minValue(0));
const maybe = <const S extends v.GenericSchema>(schema: S) => v.exactOptional(schema);
/** How a queue is divided. `keyedPartitions` is left out where there is one partition, `draining` where there is none. */
export const division = { partitions: maybe(count), keyedPartitions: maybe(count), draining: maybe(count) };
const metaAnswerSchema = v.record(v.string(), v.unknown());

export const runSchema = v.strictObject({
  attempt: count,
  worker: v.string(),
  startedAt: whole,
  endedAt: maybe(whole),
  outcome: maybe(
    v.picklist(["done", "failed", "killed", "snoozed", "released", "rescheduled", "cancelled", "orphaned", "timeout"]),
  ),
  error: maybe(v.string()),
  logs: maybe(v.array(v.string())),
});

export const wholeBackoffSchema = v.strictObject({
  type: v.picklist(["exponential", "fixed"]),
  baseMs: count,
  factor: v.number(),
  maxMs: count,
  jitter: v.number(),
});

export const lastResultSchema = v.union([v.strictObject({ ok: v.unknown() }), v.strictObject({ err: v.string() })]);

export const taskSchema = v.strictObject({
  id,
  queue: v.string(),
  args: v.unknown(),
  status,
  priority: whole,
  attempt: count,
  maxAttempts: count,
  runAt: whole,
  createdAt: whole,
  lockAt: maybe(whole),
  lockBy: maybe(v.string()),
  doneAt: maybe(whole),
  lastResult: maybe(lastResultSchema),
  runs: v.array(runSchema),
  backoff: wholeBackoffSchema,
  timeoutMs: maybe(count),
  idempotencyKey: maybe(v.string()),
  idempotencyUntil: v.picklist(["gone", "terminal"]),
  codec: v.string(),
  progress: maybe(v.unknown()),
  groupKey: maybe(v.string()),
  meta: metaAnswerSchema,
  revision: count,
});
/** A task, as JSON. */
export type Task = v.InferOutput<typeof taskSchema>;

export const leasedTaskSchema = v.strictObject({ ...taskSchema.entries, lease: v.string() });
/** A task and the right to run it once. */
export type LeasedTask = v.InferOutput<typeof leasedTaskSchema>;

export const taskResultSchema = v.strictObject({
  id,
  status,
  attempt: count,
  result: maybe(lastResultSchema),
  /** What a result that is there is written in, where that is not JSON. */
  codec: maybe(v.string()),
});
/** What became of a task so far; `result` is absent while there is none. */
export type TaskResult = v.InferOutput<typeof taskResultSchema>;

export const pushedSchema = v.strictObject({ id, status, created: v.boolean() });
/** A push that waited: with what the task came to, if that was in time. */
export const pushedResultSchema = v.strictObject({
  ...pushedSchema.entries,
  attempt: maybe(count),
  result: maybe(lastResultSchema),
  codec: maybe(v.string()),
});
export const pushedManySchema = v.strictObject({ tasks: v.array(pushedSchema) });

const refusal = { code: v.picklist(ERROR_CODES), detail: v.string() };

/** One line of the answer to a stream of tasks; `line` is the one that failed, counted from 1. */
export const pushedLineSchema = v.union([
  pushedSchema,
  v.strictObject({ error: v.strictObject({ ...refusal, line: count, path: maybe(v.string()) }) }),
]);

export const eventAnswerSchema = v.union([
  v.strictObject({ id, status }),
  v.strictObject({
    id,
    error: v.strictObject({ ...refusal, taskStatus: maybe(status), path: maybe(v.string()) }),
  }),
]);

/** One entry of the answer to a wait, over HTTP or a socket. */
export const waitEntrySchema = v.union([
  taskResultSchema,
  v.strictObject({ id, error: v.strictObject({ code: v.picklist(ERROR_CODES), detail: maybe(v.string()) }) }),
]);
export type WaitEntry = v.InferOutput<typeof waitEntrySchema>;

/** One line of the answer to a wait over HTTP. */
export const waitLineSchema = v.union([
  waitEntrySchema,
  v.strictObject({ id, progress: v.unknown() }),
  v.strictObject({ pending: v.array(id) }),
]);
export type WaitLine = v.InferOutput<typeof waitLineSchema>;

export const pollAnswerSchema = v.strictObject({
  session: v.string(),
  tasks: v.array(leasedTaskSchema),
  events: v.array(eventAnswerSchema),
});
export type PollAnswer = v.InferOutput<typeof pollAnswerSchema>;

export const eventsAnswerSchema = v.strictObject({ events: v.array(eventAnswerSchema) });

export const registeredSchema = v.strictObject({
  worker: v.string(),
  session: v.string(),
  orphanAfterMs: count,
  protocol: v.literal(1),
  ...division,
  partitions: count,
  /** How a key finds its partition. */
  hash: maybe(v.literal("fnv1a32")),
});

export const heartbeatAnswerSchema = v.strictObject({ orphanAfterMs: count });
export const goodbyeAnswerSchema = v.strictObject({ released: count });

const nextCursor = maybe(v.string());
/** Present in views over all queues: the oldest reading that the answer was made from, ms. */
const asOf = maybe(whole);

export const tasksAnswerSchema = v.strictObject({ tasks: v.array(taskSchema), nextCursor, asOf });
export const statusAnswerSchema = v.strictObject({ results: v.array(taskResultSchema), unknown: v.array(id) });
export const resumedSchema = v.strictObject({ resumed: v.boolean() });
export const cancelledSchema = v.strictObject({ cancelled: v.boolean() });
export const bulkAnswerSchema = v.strictObject({ matched: count, changed: count, more: v.boolean() });
export const purgedSchema = v.strictObject({ purged: count, more: v.boolean() });
export const resumedManySchema = v.strictObject({ resumed: count });
export const vacuumedSchema = v.strictObject({ vacuumed: count, more: v.boolean() });

/** `application/problem+json`, RFC 9457. */
export const problemSchema = v.strictObject({
  type: v.string(),
  title: v.string(),
  status: whole,
  ...refusal,
  path: maybe(v.string()),
  taskStatus: maybe(status),
  ...division,
});
export type Problem = v.InferOutput<typeof problemSchema>;
