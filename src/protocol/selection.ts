/** Which tasks a request is about: lists, bulk verbs, waits, vacuum. */

import * as v from "valibot";
import {
  DEFAULT_PAGE,
  MAX_BATCH,
  MAX_BEARER_LENGTH,
  MAX_BULK,
  MAX_CURSOR_BYTES,
  MAX_INT32,
  MAX_PAGE,
  MAX_PARTITION,
  MAX_WAIT_MS,
} from "../limits.ts";
import type { BulkVerb } from "../task/bulk.ts";
import { STATUSES } from "../task/status.ts";
import { eitherOf } from "./alternatives.ts";
import { groupKeySchema, idempotencyKeySchema } from "./new-task.ts";
import { queryFlag, queryInstant, queryInteger } from "./query.ts";
import { duration, flag, instant, integer, list, object, oneOf, text, token } from "./vocabulary.ts";

export const idsSchema = list(token, 1, MAX_BATCH);
const statusSchema = oneOf(STATUSES);

const page = {
  limit: v.exactOptional(queryInteger(1, MAX_PAGE), DEFAULT_PAGE),
  cursor: v.exactOptional(text(1, MAX_CURSOR_BYTES)),
};

/** Tasks of one queue, or of all. */
export const listQuerySchema = object({
  status: v.exactOptional(statusSchema),
  groupKey: v.exactOptional(groupKeySchema),
  idempotencyKey: v.exactOptional(idempotencyKeySchema),
  after: v.exactOptional(queryInstant),
  before: v.exactOptional(queryInstant),
  order: v.exactOptional(oneOf(["newest", "oldest"]), "newest"),
  ...page,
});
/** A page of tasks: `after` (inclusive) and `before` (exclusive) bound `createdAt`, ms. */
export type ListQuery = v.InferOutput<typeof listQuerySchema>;

/** Lists that page and nothing else. */
export const pageQuerySchema = object(page);
/** The list of queues: with `stats`, each with what its own route of that name adds, as it was last reported. */
export const queuesQuerySchema = object({ ...page, stats: v.exactOptional(queryFlag, false) });
/** Routes that take no query. */
export const noQuerySchema = object({});
/** Routes that take no body, or an empty object. */
export const emptyBodySchema = object({});

export const dropQuerySchema = object({ force: v.exactOptional(queryFlag, false) });
export const socketQuerySchema = object({ partition: v.exactOptional(queryInteger(0, MAX_PARTITION)) });

export const statusBodySchema = object({ ids: idsSchema });

export const waitBodySchema = object({
  ids: idsSchema,
  waitMs: v.exactOptional(integer(0, MAX_WAIT_MS), MAX_WAIT_MS),
  progress: v.exactOptional(flag, false),
});
export type WaitInput = v.InferOutput<typeof waitBodySchema>;

/** The same for a browser's EventSource, which can only GET: `id` once for each task. */
export const waitQuerySchema = object({
  id: idsSchema,
  waitMs: v.exactOptional(queryInteger(0, MAX_WAIT_MS), MAX_WAIT_MS),
  progress: v.exactOptional(queryFlag, false),
  /** A token for these tasks, as such a one can set no header either. */
  token: v.exactOptional(text(1, MAX_BEARER_LENGTH)),
});

/** A push may wait for its task; nothing is waited for, or looked at, when this is left out. */
export const pushQuerySchema = object({ waitMs: v.exactOptional(queryInteger(0, MAX_WAIT_MS)) });

const when = { delayMs: v.exactOptional(duration), runAt: v.exactOptional(instant) };

export const rescheduleSchema = v.pipe(object(when), eitherOf("delayMs", "runAt"));

const selection = {
  ids: v.exactOptional(idsSchema),
  filter: v.exactOptional(
    object({
      status: v.exactOptional(statusSchema),
      groupKey: v.exactOptional(groupKeySchema),
      after: v.exactOptional(instant),
      before: v.exactOptional(instant),
    }),
  ),
  limit: v.exactOptional(integer(1, MAX_BULK)),
  dryRun: v.exactOptional(flag, false),
};

/** Bulk resume, cancel and delete. */
export const bulkSchema = v.pipe(object(selection), eitherOf("ids", "filter"));
export const bulkRescheduleSchema = v.pipe(
  object({ ...selection, ...when }),
  eitherOf("ids", "filter"),
  eitherOf("delayMs", "runAt"),
);

/** A bulk verb and what it is about. `delayMs` or `runAt` come with `reschedule` alone. */
export type BulkInput = { readonly verb: BulkVerb } & v.InferOutput<typeof bulkRescheduleSchema>;

export const vacuumSchema = object({
  olderThanMs: v.exactOptional(duration),
  status: v.exactOptional(oneOf(["Done", "Killed"])),
  limit: v.exactOptional(integer(1, MAX_INT32)),
});
export type VacuumInput = v.InferOutput<typeof vacuumSchema>;
