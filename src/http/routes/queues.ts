/** One queue: its numbers, its settings, and what empties or removes it. */

import { purgedSchema, resumedManySchema, vacuumedSchema } from "../../protocol/answers.ts";
import { configPatchSchema, decodeConfigPatch } from "../../protocol/config.ts";
import {
  configViewSchema,
  historySchema,
  queueConfigSchema,
  queueInfoSchema,
  queueStatsSchema,
} from "../../protocol/queue-answers.ts";
import { dropQuerySchema, vacuumSchema } from "../../protocol/selection.ts";
import { decodeBody } from "../../protocol/validate.ts";
import { ok } from "../../task/result.ts";
import { json, noContent } from "../answer.ts";
import { queueHistory } from "../history.ts";
import { queueInfo, queueStats } from "../numbers.ts";
import { callPartition, FIRST_PARTITION } from "../objects.ts";
import { type Route, route } from "../route.ts";
import { configure, drop, purge, resumeAbandoned, vacuum } from "../whole-queue.ts";

const QUEUE = "/v1/queues/:queue";

const infoRoute = route({
  method: "GET",
  path: QUEUE,
  operation: "getQueue",
  summary: "A queue's numbers and settings; 404 when it was never used",
  access: ["read"],
  refusals: ["queue_not_found"],
  answers: { 200: { description: "The queue", schema: queueInfoSchema } },
  handle: async (call) => {
    const info = await queueInfo(call, call.parameters.queue);
    return info.ok ? ok(json(info.value)) : info;
  },
});

const statsRoute = route({
  method: "GET",
  path: `${QUEUE}/stats`,
  operation: "getStats",
  summary: "A queue's numbers, with percentiles of wait and run time",
  access: ["read"],
  answers: { 200: { description: "The numbers", schema: queueStatsSchema } },
  handle: async (call) => {
    const stats = await queueStats(call, call.parameters.queue);
    return stats.ok ? ok(json(stats.value)) : stats;
  },
});

const historyRoute = route({
  method: "GET",
  path: `${QUEUE}/history`,
  operation: "getHistory",
  summary: "What a queue did in each of the last 60 minutes and 168 hours, without those in which nothing happened",
  access: ["read"],
  answers: { 200: { description: "The points, oldest first", schema: historySchema } },
  handle: async (call) => {
    const history = await queueHistory(call, call.parameters.queue);
    return history.ok ? ok(json(history.value)) : history;
  },
});

const configRoute = route({
  method: "GET",
  path: `${QUEUE}/config`,
  operation: "getConfig",
  summary: "A queue's settings: as they hold, what code has, and what was set",
  access: ["read"],
  answers: { 200: { description: "The settings", schema: configViewSchema } },
  handle: async (call) => {
    const config = await callPartition(call, call.parameters.queue, FIRST_PARTITION, (stub) => stub.config());
    return config.ok ? ok(json(config.value)) : config;
  },
});

const configureRoute = route({
  method: "PATCH",
  path: `${QUEUE}/config`,
  operation: "configure",
  summary: "Change a queue's settings: what is given is merged in",
  access: ["admin"],
  body: { schema: configPatchSchema, decode: decodeConfigPatch },
  answers: { 200: { description: "The settings as they are now", schema: queueConfigSchema } },
  handle: async (call) => {
    const config = await configure(call, call.parameters.queue, call.body);
    return config.ok ? ok(json(config.value)) : config;
  },
});

const purgeRoute = route({
  method: "POST",
  path: `${QUEUE}/purge`,
  operation: "purge",
  summary: "Drop all tasks that are not leased",
  access: ["admin"],
  answers: { 200: { description: "How many went, and whether there are more", schema: purgedSchema } },
  handle: async (call) => {
    const purged = await purge(call, call.parameters.queue);
    if (!purged.ok) return purged;
    call.note({ count: purged.value.purged });
    return ok(json(purged.value));
  },
});

const dropRoute = route({
  method: "DELETE",
  path: QUEUE,
  operation: "dropQueue",
  summary: "Remove a queue; while something is leased only with force, and then the holders are told",
  access: ["admin"],
  query: dropQuerySchema,
  refusals: ["wrong_status"],
  answers: { 204: { description: "Gone" } },
  handle: async (call) => {
    const { force } = call.query;
    const dropped = await drop(call, call.parameters.queue, force);
    return dropped.ok ? ok(noContent()) : dropped;
  },
});

const resumeAbandonedRoute = route({
  method: "POST",
  path: `${QUEUE}/resume-abandoned`,
  operation: "resumeAbandoned",
  summary: "Take back, now, the leases of workers that are dead",
  access: ["admin"],
  answers: { 200: { description: "How many leases were taken back", schema: resumedManySchema } },
  handle: async (call) => {
    const resumed = await resumeAbandoned(call, call.parameters.queue);
    if (!resumed.ok) return resumed;
    call.note({ count: resumed.value.resumed });
    return ok(json(resumed.value));
  },
});

const vacuumRoute = route({
  method: "POST",
  path: `${QUEUE}/vacuum`,
  operation: "vacuum",
  summary: "Drop terminal tasks that are older than the retention, or than olderThanMs",
  access: ["admin"],
  body: { schema: vacuumSchema, decode: (text) => decodeBody(vacuumSchema, text) },
  answers: { 200: { description: "How many went, and whether there are more", schema: vacuumedSchema } },
  handle: async (call) => {
    const vacuumed = await vacuum(call, call.parameters.queue, call.body);
    if (!vacuumed.ok) return vacuumed;
    call.note({ count: vacuumed.value.vacuumed });
    return ok(json(vacuumed.value));
  },
});

export const queueRoutes: readonly Route[] = [
  infoRoute,
  statsRoute,
  historyRoute,
  configRoute,
  configureRoute,
  purgeRoute,
  dropRoute,
  resumeAbandonedRoute,
  vacuumRoute,
];
