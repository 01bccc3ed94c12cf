/**
 * What users hand in, read by the decoders of the wire: a queue in this process refuses what the server refuses, in the
 * same words. So it is written as it would be sent.
 */

import { jsonText } from "../backend/outgoing.ts";
import type { PollRequest } from "../backend/poll-port.ts";
import type { BulkOrder, Changes, Introduction, TaskText, VacuumOrder, When } from "../backend/port.ts";
import { parametersOf } from "../backend/query.ts";
import { eventsText } from "../backend/report.ts";
import { decodeConfigPatch } from "../protocol/config.ts";
import { decodeEvents, decodePoll } from "../protocol/events.ts";
import { decodePatch, newTasksSchema, tasksShape } from "../protocol/new-task.ts";
import { decodeQuery } from "../protocol/query.ts";
import type { Shape } from "../protocol/scan.ts";
import {
  bulkRescheduleSchema,
  bulkSchema,
  listQuerySchema,
  pageQuerySchema,
  rescheduleSchema,
  statusBodySchema,
  vacuumSchema,
} from "../protocol/selection.ts";
import type { BulkInput } from "../protocol/types.ts";
import { check, decodeBody } from "../protocol/validate.ts";
import { object, token } from "../protocol/vocabulary.ts";
import { registerSchema } from "../protocol/workers.ts";
import type { BulkVerb } from "../task/bulk.ts";
import type { ConfigChange } from "../task/config.ts";
import type { HolderEvent, NewTask } from "../task/task.ts";
import { accepted } from "./refusal.ts";
import type { Sender } from "./store.ts";

const pushSchema = object({ tasks: newTasksSchema });
const pushShape: Shape = { fields: new Map([["tasks", tasksShape]]) };

/** Paths are those of a frame: `tasks.3.priority`. */
export function pushInput(tasks: readonly TaskText[]): readonly NewTask[] {
  const body = `{"tasks":[${tasks.map(({ text }) => text).join()}]}`;
  return accepted(decodeBody(pushSchema, body, pushShape)).tasks;
}

const idSchema = object({ id: token });

export const idInput = (id: string): string => accepted(check(idSchema, { id })).id;

export const idsInput = (ids: readonly string[]): readonly string[] =>
  accepted(decodeBody(statusBodySchema, jsonText({ ids }))).ids;

export const listInput = (filter: object) => accepted(decodeQuery(listQuerySchema, parametersOf(filter)));

export const pageInput = (page: object) => accepted(decodeQuery(pageQuerySchema, parametersOf(page)));

export const patchInput = (changes: Changes) => accepted(decodePatch(jsonText(changes)));

/** When to run, ms since the epoch. */
export function runAtInput(when: When, now: number): number {
  const { runAt, delayMs = 0 } = accepted(decodeBody(rescheduleSchema, jsonText(when)));
  return runAt ?? now + delayMs;
}

export function bulkInput(verb: BulkVerb, order: BulkOrder): BulkInput {
  const schema = verb === "reschedule" ? bulkRescheduleSchema : bulkSchema;
  return { verb, ...accepted(decodeBody(schema, jsonText(order))) };
}

export const vacuumInput = (order: VacuumOrder) => accepted(decodeBody(vacuumSchema, jsonText(order)));

export const configInput = (change: ConfigChange) => accepted(decodeConfigPatch(jsonText(change)));

/** Whatever the session is, it is one that is known, or it is not. */
export function registerInput({ session, ...rest }: Introduction) {
  const introduced = accepted(decodeBody(registerSchema, jsonText(rest)));
  return session === undefined ? introduced : { ...introduced, session };
}

export function eventsInput({ worker, session }: Sender, events: readonly HolderEvent[]) {
  return accepted(decodeEvents(withEvents({ worker, session }, events)));
}

export function pollInput({ worker, session, max, waitMs, autoStart, events }: PollRequest) {
  return accepted(decodePoll(withEvents({ worker, session, max, waitMs, autoStart }, events)));
}

/** Results and progress are JSON already. */
function withEvents(fields: object, events: readonly HolderEvent[]): string {
  const list = `"events":${eventsText(events)}`;
  const rest = JSON.stringify(fields).slice(0, -1);
  return rest === "{" ? `{${list}}` : `${rest},${list}}`;
}
