/** TaskSink and ListTasks: push, in its three forms, and the list of a queue. */

import * as v from "valibot";
import { pushedLineSchema, pushedManySchema, pushedResultSchema, tasksAnswerSchema } from "../../protocol/answers.ts";
import { listText, objectText } from "../../protocol/encode.ts";
import { decodePush, newTaskSchema, newTasksSchema } from "../../protocol/new-task.ts";
import { listQuerySchema, pushQuerySchema } from "../../protocol/selection.ts";
import { fail, ok } from "../../task/result.ts";
import { json, jsonText, stream } from "../answer.ts";
import { NDJSON_TYPE } from "../body.ts";
import { listQueue } from "../list-queue.ts";
import { push, pushParts } from "../push.ts";
import { pushStream } from "../push-stream.ts";
import { pushedAndEnded } from "../push-wait.ts";
import { type Route, route } from "../route.ts";
import { traced, traceIn } from "../trace.ts";

const waitsForOne = () =>
  fail(
    "bad_request",
    "`waitMs` waits for one task: push it alone, or push the list without `waitMs` and wait for its ids by POST …/wait.",
    { path: "waitMs" },
  );

const pushRoute = route({
  method: "POST",
  path: "/v1/queues/:queue/tasks",
  operation: "push",
  summary:
    "Push a task, a list of up to 1,000 (all or nothing), or a stream of lines (all or nothing for each 500); a single task may be waited for",
  access: ["push"],
  query: pushQuerySchema,
  headers: {
    traceparent: "The trace that the push belongs to, as W3C Trace Context has it: kept in the meta of its tasks.",
    tracestate: "Kept beside the traceparent.",
  },
  body: { schema: v.union([newTaskSchema, newTasksSchema]), decode: decodePush },
  stream: {
    type: NDJSON_TYPE,
    schema: newTaskSchema,
    handle: async (call) => {
      if (call.query.waitMs !== undefined) return waitsForOne();
      const { queue } = call.parameters;
      const trace = traceIn(call.request.headers);
      const answers = call.body && pushStream(call.body, (tasks) => pushParts(call, queue, traced(tasks, trace)));
      return ok(stream(answers, NDJSON_TYPE));
    },
  },
  answers: {
    200: {
      description: "The task of that idempotency key, which was there already; for a stream, a line for each line",
      schema: v.union([pushedResultSchema, pushedLineSchema]),
      types: ["application/json", NDJSON_TYPE],
    },
    201: { description: "Pushed, in order", schema: v.union([pushedResultSchema, pushedManySchema]) },
  },
  handle: async (call) => {
    const { tasks, single } = call.body;
    const { waitMs } = call.query;
    if (waitMs !== undefined && !single) return waitsForOne();
    const trace = traceIn(call.request.headers);
    const pushed = await push(call, call.parameters.queue, traced(tasks, trace));
    if (!pushed.ok) return pushed;
    const [first] = pushed.value;
    if (single && first !== undefined)
      return waitMs === undefined
        ? ok(json(first, first.created ? 201 : 200))
        : pushedAndEnded(call, call.parameters.queue, first, waitMs);
    return ok(json({ tasks: pushed.value }, 201));
  },
});

const listRoute = route({
  method: "GET",
  path: "/v1/queues/:queue/tasks",
  operation: "listTasks",
  summary: "List tasks, newest first, a page at a time; only the lack of nextCursor ends a list",
  access: ["read"],
  query: listQuerySchema,
  answers: { 200: { description: "A page, which may be short or empty", schema: tasksAnswerSchema } },
  handle: async (call) => {
    const page = await listQueue(call, call.parameters.queue, call.query);
    if (!page.ok) return page;
    const { tasks, nextCursor } = page.value;
    return ok(jsonText(objectText({ tasks: listText(tasks), nextCursor: nextCursor && JSON.stringify(nextCursor) })));
  },
});

export const taskRoutes: readonly Route[] = [pushRoute, listRoute];
