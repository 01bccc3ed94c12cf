/** Views over all queues that the caller may see, from the directory's snapshots. */

import * as v from "valibot";
import { MAX_SCRAPED_QUEUES } from "../../limits.ts";
import { tasksAnswerSchema } from "../../protocol/answers.ts";
import { decodeCursor, encodeCursor } from "../../protocol/cursor.ts";
import { listText, objectText } from "../../protocol/encode.ts";
import { queuesAnswerSchema, totalsSchema, workersAnswerSchema } from "../../protocol/queue-answers.ts";
import { listQuerySchema, queuesQuerySchema } from "../../protocol/selection.ts";
import { ok } from "../../task/result.ts";
import { json, jsonText, plainText } from "../answer.ts";
import { EXPOSITION_TYPE } from "../exposition.ts";
import { listAll } from "../list-all.ts";
import { metricsText } from "../metrics.ts";
import { callDirectory, divisionOf, layoutOf } from "../objects.ts";
import { type Route, route } from "../route.ts";

const queuesRoute = route({
  method: "GET",
  path: "/v1/queues",
  operation: "listQueues",
  summary: "List queues by name, a page at a time",
  access: ["read"],
  query: queuesQuerySchema,
  answers: { 200: { description: "A page of queues", schema: queuesAnswerSchema } },
  handle: async (call) => {
    const { limit, cursor, stats } = call.query;
    const start = cursor === undefined ? ok(undefined) : decodeCursor(cursor);
    if (!start.ok) return start;
    const after = start.value === undefined ? {} : { after: start.value.queue };
    const page = await callDirectory(call, (directory) =>
      directory.queues({ patterns: call.caller.queues, limit, stats, ...after }),
    );
    if (!page.ok) return page;
    const { queues, more, asOf } = page.value;
    const last = queues.at(-1);
    const next = more && last !== undefined ? { nextCursor: encodeCursor({ queue: last.name }) } : {};
    return ok(json({ queues: queues.map((info) => ({ ...info, ...divisionOf(call, info.name) })), ...next, asOf }));
  },
});

const allTasksRoute = route({
  method: "GET",
  path: "/v1/tasks",
  operation: "listAllTasks",
  summary: "List tasks of all queues, queue by queue; only the lack of nextCursor ends the list",
  access: ["read"],
  query: listQuerySchema,
  answers: { 200: { description: "A page, which may be short or empty", schema: tasksAnswerSchema } },
  handle: async (call) => {
    const page = await listAll(call, call.query);
    if (!page.ok) return page;
    const { tasks, next, asOf } = page.value;
    const nextCursor = next && JSON.stringify(encodeCursor(next));
    return ok(jsonText(objectText({ tasks: listText(tasks), nextCursor, asOf: String(asOf) })));
  },
});

const allWorkersRoute = route({
  method: "GET",
  path: "/v1/workers",
  operation: "listAllWorkers",
  summary: "List the workers of all queues",
  access: ["read"],
  answers: { 200: { description: "The workers", schema: workersAnswerSchema } },
  handle: async (call) => {
    const listed = await callDirectory(call, (directory) => directory.workers({ patterns: call.caller.queues }));
    return listed.ok ? ok(json(listed.value)) : listed;
  },
});

const totalsRoute = route({
  method: "GET",
  path: "/v1/stats",
  operation: "getTotals",
  summary: "Sums over all queues",
  access: ["read"],
  answers: { 200: { description: "The sums", schema: totalsSchema } },
  handle: async (call) => {
    const totals = await callDirectory(call, (directory) => directory.stats({ patterns: call.caller.queues }));
    return totals.ok ? ok(json(totals.value)) : totals;
  },
});

const metricsRoute = route({
  method: "GET",
  path: "/v1/metrics",
  operation: "getMetrics",
  summary: "Counters, gauges and histograms of all queues, as Prometheus reads them",
  access: ["read"],
  answers: {
    200: { description: "The text format of Prometheus, version 0.0.4", schema: v.string(), types: [EXPOSITION_TYPE] },
  },
  handle: async (call) => {
    const { queues: patterns } = call.caller;
    const scraped = await callDirectory(call, (directory) =>
      directory.metrics({ patterns, limit: MAX_SCRAPED_QUEUES }),
    );
    if (!scraped.ok) return scraped;
    const { queues, omitted } = scraped.value;
    const divided = queues.map((queue) => ({ ...queue, partitions: layoutOf(call, queue.info.name).partitions }));
    return ok(plainText(metricsText(divided, omitted, call.timing.now()), EXPOSITION_TYPE));
  },
});

export const allQueueRoutes: readonly Route[] = [
  queuesRoute,
  allTasksRoute,
  allWorkersRoute,
  totalsRoute,
  metricsRoute,
];
