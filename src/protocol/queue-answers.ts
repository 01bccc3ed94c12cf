/** What the server answers of queues and workers: schemas for the OpenAPI document, types for the rest. */

import * as v from "valibot";
import { STATUSES } from "../task/status.ts";
import { count, division, whole, wholeBackoffSchema } from "./answers.ts";

const rate = v.pipe(v.number(), v.minValue(0));
/** The oldest reading that the answer was made from, ms. */
const asOf = whole;

export const workerInfoSchema = v.strictObject({
  /** The worker's name. */
  id: v.string(),
  queue: v.string(),
  startedAt: whole,
  heardAt: whole,
  layers: v.array(v.string()),
  /** How many leases it holds. */
  leases: count,
  /** Whether it was heard within `orphanAfterMs`. */
  alive: v.boolean(),
});
export type WorkerInfo = v.InferOutput<typeof workerInfoSchema>;

export const workersAnswerSchema = v.strictObject({
  workers: v.array(workerInfoSchema),
  asOf: v.exactOptional(asOf),
});

export const queueConfigSchema = v.strictObject({
  paused: v.boolean(),
  orphanAfterMs: count,
  retention: v.strictObject({ doneMs: v.nullable(count), killedMs: v.nullable(count) }),
  defaults: v.strictObject({
    priority: whole,
    maxAttempts: count,
    backoff: wholeBackoffSchema,
    timeoutMs: v.nullable(count),
  }),
});

/** What code has of the settings, and what was set by changes, field by field. */
const someConfig = v.strictObject({
  paused: v.exactOptional(v.boolean()),
  orphanAfterMs: v.exactOptional(count),
  retention: v.exactOptional(v.partial(queueConfigSchema.entries.retention)),
  defaults: v.exactOptional(
    v.partial(
      v.strictObject({ ...queueConfigSchema.entries.defaults.entries, backoff: v.partial(wholeBackoffSchema) }),
    ),
  ),
});

/**
 * The settings as they hold. Where code has some, with these and what was set by changes; where it has none, what differs
 * from the defaults was set. A webhook has its place in both parts.
 */
export const configViewSchema = v.strictObject({
  ...queueConfigSchema.entries,
  code: v.exactOptional(someConfig),
  set: v.exactOptional(someConfig),
});

const totals = {
  /** Tasks by status. */
  counts: v.strictObject(v.entriesFromList(STATUSES, count)),
  /** Workers that are alive. */
  workers: count,
  /** For how long the task that is due longest has been due; `null` when none is. */
  oldestDueAgeMs: v.nullable(count),
  /** Per second, over the last minute. */
  rates: v.strictObject({ pushed: rate, done: rate, failed: rate, killed: rate }),
  /** Tasks pushed on each of the last seven days, oldest first. */
  activity: v.pipe(v.array(count), v.length(7)),
};

export const queueInfoSchema = v.strictObject({
  name: v.string(),
  ...division,
  partitions: count,
  ...totals,
  config: queueConfigSchema,
});
export type QueueInfo = v.InferOutput<typeof queueInfoSchema>;

/** Percentiles in ms; `null` when nothing was measured. */
const percentiles = v.nullable(v.strictObject({ p50: v.number(), p90: v.number(), p99: v.number() }));

export const queueStatsSchema = v.strictObject({
  ...queueInfoSchema.entries,
  /** From due to claimed. */
  waitMs: percentiles,
  /** From started to acked. */
  runMs: percentiles,
  rowsWritten: count,
  alarmsSet: count,
  commits: count,
});
export type QueueStats = v.InferOutput<typeof queueStatsSchema>;

const pointSchema = v.strictObject({
  /** The beginning of the minute or hour, ms. */
  at: whole,
  pushed: count,
  done: count,
  /** Attempts that failed and are made again. */
  failed: count,
  killed: count,
  waitMs: percentiles,
  runMs: percentiles,
  /** Tasks that waited at its end, due or not. */
  waiting: count,
  /** For how long the task that was due longest had been due at its end; `null` when none was. */
  oldestDueAgeMs: v.nullable(count),
});
export type HistoryPoint = v.InferOutput<typeof pointSchema>;

/** Oldest first, the one under way included, without those in which nothing happened. */
export const historySchema = v.strictObject({
  /** The last 60. */
  minutes: v.array(pointSchema),
  /** The last 168. */
  hours: v.array(pointSchema),
});
export type History = v.InferOutput<typeof historySchema>;

/** The data of an event of the feed: a task as it stands after a change, a worker, or the partition of which something was missed. */
export const feedEventSchema = v.union([
  v.strictObject({
    id: v.string(),
    queue: v.string(),
    status: v.picklist(STATUSES),
    attempt: count,
    priority: whole,
    runAt: whole,
    at: whole,
  }),
  v.strictObject({ id: v.string(), queue: v.string(), gone: v.literal(true), at: whole }),
  v.strictObject({
    worker: v.string(),
    event: v.picklist(["registered", "left", "dead"]),
    queue: v.string(),
    at: whole,
  }),
  v.strictObject({ partition: count }),
]);

/** Sums over the queues that the caller may see. */
export const totalsSchema = v.strictObject({ queues: count, ...totals, asOf });
export type Totals = v.InferOutput<typeof totalsSchema>;

export const queuesAnswerSchema = v.strictObject({
  /** The last five where the list is asked for with `stats`. */
  queues: v.array(
    v.strictObject({
      ...queueInfoSchema.entries,
      waitMs: v.exactOptional(percentiles),
      runMs: v.exactOptional(percentiles),
      rowsWritten: v.exactOptional(count),
      alarmsSet: v.exactOptional(count),
      commits: v.exactOptional(count),
    }),
  ),
  nextCursor: v.exactOptional(v.string()),
  asOf,
});

export const capabilitiesSchema = v.strictObject({
  name: v.string(),
  version: v.string(),
  protocol: v.literal(1),
  traits: v.array(v.string()),
  limits: v.record(v.string(), v.number()),
});
