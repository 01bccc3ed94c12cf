/** Schedules of a queue, in its first partition: what may be asked of them, and their ticks. */

import { objectText } from "../protocol/encode.ts";
import {
  deleteSchedule,
  pauseSchedule,
  putSchedule,
  runSchedule,
  type ScheduledTask,
  type ScheduleRow,
  schedule,
  schedules,
  tickSchedules,
  ticksAhead,
} from "../store/schedules.ts";
import { type Layout, UNDIVIDED } from "../task/layout.ts";
import { partitionOfKey } from "../task/partition.ts";
import { otherKeyed, scheduleNotFound } from "../task/refusals.ts";
import { fail, ok, type Result } from "../task/result.ts";
import { checkRule, type ScheduleRule } from "../task/schedule.ts";
import type { NewTask, Pushed } from "../task/task.ts";
import type { Desk } from "./desk.ts";
import { pushInto } from "./pushes.ts";
import { mapped } from "./reads.ts";
import type { Step } from "./step.ts";

/** A schedule as it is set. */
export interface ScheduleInput {
  readonly name: string;
  readonly rule: ScheduleRule;
  readonly task: ScheduledTask;
}

/** A Schedule as JSON text: the `args` of its task are never parsed on the way. */
export type ScheduleText = string;

export class Schedules {
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  list(): Result<ScheduleText[]> {
    const tx = this.#reading();
    return ok(tx === null ? [] : schedules(tx).map(textOf));
  }

  get(name: string): Result<ScheduleText> {
    const tx = this.#reading();
    return tx === null ? scheduleNotFound(name) : mapped(schedule(tx, name), textOf);
  }

  put(step: Step, { name, rule, task }: ScheduleInput, layout: Layout = UNDIVIDED): Result<ScheduleText> {
    const belongs = this.#belongs(task, layout);
    if (!belongs.ok) return belongs;
    const checked = checkRule(rule, step.tx.now);
    if (!checked.ok) return checked;
    this.#desk.partition.open();
    return mapped(putSchedule(step.tx, name, rule, task), textOf);
  }

  pause(step: Step, name: string, paused: boolean): Result<ScheduleText> {
    return this.#isUsed() ? mapped(pauseSchedule(step.tx, name, paused), textOf) : scheduleNotFound(name);
  }

  delete(step: Step, name: string): Result<null> {
    return this.#isUsed() ? deleteSchedule(step.tx, name) : scheduleNotFound(name);
  }

  run(step: Step, name: string): Result<Pushed> {
    return this.#isUsed() ? runSchedule(step.tx, name, this.#pushing(step)) : scheduleNotFound(name);
  }

  /** All that is due, as far as one slice goes. */
  tick(step: Step): void {
    tickSchedules(step.tx, this.#pushing(step));
  }

  #pushing(step: Step): (tasks: readonly NewTask[]) => Result<Pushed[]> {
    return (tasks) => pushInto(this.#desk, step, tasks);
  }

  /** A tick and its task are one transaction, and so of one partition; the tasks of a group are of the partition of its key. */
  #belongs({ groupKey }: ScheduledTask, layout: Layout): Result<null> {
    if (groupKey === undefined) return ok(null);
    const { queue, number, keyed } = this.#desk.partition;
    if (keyed !== null && keyed !== layout.keyed) return otherKeyed(queue, keyed, layout);
    if (partitionOfKey(groupKey, layout.keyed) === number) return ok(null);
    const detail =
      "`task.groupKey` belongs to another partition than 0, where the schedules of a divided queue are: leave it out, or have the schedule in a queue that is not divided.";
    return fail("bad_request", detail, { path: "task.groupKey" });
  }

  #isUsed(): boolean {
    return this.#desk.partition.isUsed();
  }

  #reading() {
    return this.#desk.partition.readIfUsed(Date.now());
  }
}

function textOf(row: ScheduleRow): ScheduleText {
  const { cron, timeZone, everyMs, startAt, endAt, missed, overlap, paused } = JSON.parse(row.rule) as ScheduleRule;
  const json = (value: unknown): string | undefined => JSON.stringify(value);
  const task = row.task === "{}" ? `{"args":${row.args}}` : `{"args":${row.args},${row.task.slice(1)}`;
  return objectText({
    name: json(row.name),
    cron: json(cron),
    timeZone: cron === undefined ? undefined : json(timeZone ?? "UTC"),
    everyMs: json(everyMs),
    startAt: json(startAt),
    endAt: json(endAt),
    missed: json(missed),
    overlap: json(overlap),
    paused: json(paused),
    task,
    createdAt: json(row.created_at),
    updatedAt: json(row.updated_at),
    lastAt: json(row.last_at ?? undefined),
    lastTask: json(row.last_task ?? undefined),
    ticks: json(row.ticks),
    skipped: json(row.skipped),
    next: json(ticksAhead(row)),
  });
}
