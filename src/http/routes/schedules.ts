/** Schedules: tasks that a queue pushes by itself, by a cron expression or an interval. */

import { pushedSchema } from "../../protocol/answers.ts";
import { listText, objectText } from "../../protocol/encode.ts";
import {
  decodeSchedule,
  scheduleInputSchema,
  schedulePatchSchema,
  scheduleSchema,
  schedulesAnswerSchema,
} from "../../protocol/schedules.ts";
import { decodeBody } from "../../protocol/validate.ts";
import { ok } from "../../task/result.ts";
import { json, jsonText, noContent } from "../answer.ts";
import { callPartition, FIRST_PARTITION, toldLayout } from "../objects.ts";
import { type Route, route } from "../route.ts";

const SCHEDULES = "/v1/queues/:queue/schedules";
const ONE = `${SCHEDULES}/:schedule` as const;

const listRoute = route({
  method: "GET",
  path: SCHEDULES,
  operation: "listSchedules",
  summary: "The schedules of a queue, by name",
  access: ["read"],
  answers: { 200: { description: "All of them", schema: schedulesAnswerSchema } },
  handle: async (call) => {
    const found = await callPartition(call, call.parameters.queue, FIRST_PARTITION, (stub) => stub.schedules());
    return found.ok ? ok(jsonText(objectText({ schedules: listText(found.value) }))) : found;
  },
});

const getRoute = route({
  method: "GET",
  path: ONE,
  operation: "getSchedule",
  summary: "A schedule, with its last tick and its next five",
  access: ["read"],
  refusals: ["schedule_not_found"],
  answers: { 200: { description: "The schedule", schema: scheduleSchema } },
  handle: async (call) => {
    const { queue, schedule } = call.parameters;
    const found = await callPartition(call, queue, FIRST_PARTITION, (stub) => stub.schedule(schedule));
    return found.ok ? ok(jsonText(found.value)) : found;
  },
});

const putRoute = route({
  method: "PUT",
  path: ONE,
  operation: "putSchedule",
  summary: "Make a schedule, or set it anew; no tick that was told comes again",
  access: ["manage"],
  body: { schema: scheduleInputSchema, decode: decodeSchedule },
  answers: { 200: { description: "The schedule as it is now", schema: scheduleSchema } },
  handle: async (call) => {
    const { queue, schedule: name } = call.parameters;
    const input = { name, ...call.body };
    const put = await callPartition(call, queue, FIRST_PARTITION, (stub) =>
      stub.putSchedule(input, ...toldLayout(call, queue)),
    );
    return put.ok ? ok(jsonText(put.value)) : put;
  },
});

const pauseRoute = route({
  method: "PATCH",
  path: ONE,
  operation: "pauseSchedule",
  summary: "Pause a schedule, or let it go on with the next tick",
  access: ["manage"],
  body: { schema: schedulePatchSchema, decode: (text) => decodeBody(schedulePatchSchema, text) },
  refusals: ["schedule_not_found"],
  answers: { 200: { description: "The schedule as it is now", schema: scheduleSchema } },
  handle: async (call) => {
    const { queue, schedule: name } = call.parameters;
    const { paused } = call.body;
    const changed = await callPartition(call, queue, FIRST_PARTITION, (stub) => stub.pauseSchedule({ name, paused }));
    return changed.ok ? ok(jsonText(changed.value)) : changed;
  },
});

const deleteRoute = route({
  method: "DELETE",
  path: ONE,
  operation: "deleteSchedule",
  summary: "Delete a schedule; the tasks of its ticks stay",
  access: ["manage"],
  refusals: ["schedule_not_found"],
  answers: { 204: { description: "Gone" } },
  handle: async (call) => {
    const { queue, schedule } = call.parameters;
    const gone = await callPartition(call, queue, FIRST_PARTITION, (stub) => stub.deleteSchedule(schedule));
    return gone.ok ? ok(noContent()) : gone;
  },
});

const runRoute = route({
  method: "POST",
  path: `${ONE}/run`,
  operation: "runSchedule",
  summary: "Push the task of a schedule now, beside its ticks",
  access: ["manage"],
  refusals: ["schedule_not_found"],
  answers: { 201: { description: "The task", schema: pushedSchema } },
  handle: async (call) => {
    const { queue, schedule } = call.parameters;
    // Sent again, it would be another task.
    const run = await callPartition(call, queue, FIRST_PARTITION, (stub) => stub.runSchedule(schedule), "once");
    return run.ok ? ok(json(run.value, 201)) : run;
  },
});

export const scheduleRoutes: readonly Route[] = [listRoute, getRoute, putRoute, pauseRoute, deleteRoute, runRoute];
