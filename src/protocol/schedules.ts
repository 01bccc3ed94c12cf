/** Schedules, as they are set and as they are told. */

import * as v from "valibot";
import { MAX_CRON_LENGTH, MAX_DURATION_MS, MIN_EVERY_MS } from "../limits.ts";
import { ok, type Result } from "../task/result.ts";
import { MISSED, OVERLAPS, type ScheduleRule } from "../task/schedule.ts";
import { eitherOf, objectAt } from "./alternatives.ts";
import { count } from "./answers.ts";
import { scheduledTaskSchema, taskShape } from "./new-task.ts";
import { decodeBody } from "./validate.ts";
import { characters, flag, instant, integer, object, oneOf } from "./vocabulary.ts";

export const scheduleInputSchema = v.pipe(
  object({
    cron: v.exactOptional(characters(1, MAX_CRON_LENGTH)),
    timeZone: v.exactOptional(characters(1, MAX_CRON_LENGTH)),
    everyMs: v.exactOptional(integer(MIN_EVERY_MS, MAX_DURATION_MS)),
    startAt: v.exactOptional(instant),
    endAt: v.exactOptional(instant),
    missed: v.exactOptional(oneOf(MISSED)),
    overlap: v.exactOptional(oneOf(OVERLAPS)),
    paused: v.exactOptional(flag),
    task: scheduledTaskSchema,
  }),
  eitherOf("cron", "everyMs"),
  objectAt(({ everyMs, timeZone }) =>
    everyMs !== undefined && timeZone !== undefined
      ? { key: "timeZone", message: "cannot be given together with `everyMs`, which counts and knows no time zone" }
      : undefined,
  ),
);

/** A schedule as it is set, but for its name. */
export interface NewSchedule {
  readonly rule: ScheduleRule;
  readonly task: v.InferOutput<typeof scheduledTaskSchema>;
}

/** The body of a PUT. Whether the expression makes sense is for who reads it (`checkRule`). */
export function decodeSchedule(body: string): Result<NewSchedule> {
  const read = decodeBody(scheduleInputSchema, body, { fields: new Map([["task", taskShape]]) });
  if (!read.ok) return read;
  const { task, missed = "one", overlap = "allow", paused = false, ...rule } = read.value;
  return ok({ task, rule: { ...rule, missed, overlap, paused } });
}

export const schedulePatchSchema = object({ paused: flag });

export const scheduleSchema = v.strictObject({
  name: v.string(),
  cron: v.exactOptional(v.string()),
  timeZone: v.exactOptional(v.string()),
  everyMs: v.exactOptional(count),
  startAt: v.exactOptional(count),
  endAt: v.exactOptional(count),
  missed: v.picklist(MISSED),
  overlap: v.picklist(OVERLAPS),
  paused: v.boolean(),
  task: scheduledTaskSchema,
  createdAt: count,
  updatedAt: count,
  /** The last tick that was told, ms. */
  lastAt: v.exactOptional(count),
  /** The id of its task. */
  lastTask: v.exactOptional(v.string()),
  /** Tasks that its ticks became. */
  ticks: count,
  /** Ticks that became none, since the task before was under way. */
  skipped: count,
  /** The next five, ms. */
  next: v.array(count),
});

export const schedulesAnswerSchema = v.strictObject({ schedules: v.array(scheduleSchema) });
