/** One task by its id: fetch, change, reschedule, resume, cancel, delete. */

import { cancelledSchema, resumedSchema, taskSchema } from "../../protocol/answers.ts";
import { decodePatch, taskPatchSchema } from "../../protocol/new-task.ts";
import { rescheduleSchema } from "../../protocol/selection.ts";
import { decodeBody } from "../../protocol/validate.ts";
import { ok } from "../../task/result.ts";
import { json, jsonText, noContent } from "../answer.ts";
import { callTask } from "../objects.ts";
import { type Route, route } from "../route.ts";

const TASK = "/v1/queues/:queue/tasks/:id";

const fetchRoute = route({
  method: "GET",
  path: TASK,
  operation: "fetchTask",
  summary: "Fetch a task",
  access: ["push", "read"],
  refusals: ["task_not_found"],
  answers: { 200: { description: "The task", schema: taskSchema } },
  names: ({ parameters }) => [parameters.id],
  handle: async (call) => {
    const { queue, id } = call.parameters;
    const task = await callTask(call, queue, id, (stub) => stub.task(id));
    return task.ok ? ok(jsonText(task.value)) : task;
  },
});

const updateRoute = route({
  method: "PATCH",
  path: TASK,
  operation: "updateTask",
  summary: "Change a task that is Pending, Failed or Killed; with a revision, only if it still has it",
  access: ["manage"],
  body: { schema: taskPatchSchema, decode: decodePatch },
  refusals: ["task_not_found", "wrong_status", "revision_conflict"],
  answers: { 200: { description: "The task as it is now", schema: taskSchema } },
  handle: async (call) => {
    const { queue, id } = call.parameters;
    const task = await callTask(call, queue, id, (stub) => stub.update({ id, patch: call.body }));
    return task.ok ? ok(jsonText(task.value)) : task;
  },
});

const removeRoute = route({
  method: "DELETE",
  path: TASK,
  operation: "deleteTask",
  summary: "Delete a task that is not leased",
  access: ["manage"],
  refusals: ["task_not_found", "wrong_status"],
  answers: { 204: { description: "Gone" } },
  handle: async (call) => {
    const { queue, id } = call.parameters;
    const removed = await callTask(call, queue, id, (stub) => stub.remove(id));
    return removed.ok ? ok(noContent()) : removed;
  },
});

const rescheduleRoute = route({
  method: "POST",
  path: `${TASK}/reschedule`,
  operation: "rescheduleTask",
  summary: "Run a task at another time; a held lease is revoked",
  access: ["manage"],
  body: { schema: rescheduleSchema, decode: (text) => decodeBody(rescheduleSchema, text) },
  refusals: ["task_not_found", "wrong_status"],
  answers: { 200: { description: "The task as it is now", schema: taskSchema } },
  handle: async (call) => {
    const { queue, id } = call.parameters;
    const task = await callTask(call, queue, id, (stub) => stub.reschedule({ id, ...call.body }));
    return task.ok ? ok(jsonText(task.value)) : task;
  },
});

const resumeRoute = route({
  method: "POST",
  path: `${TASK}/resume`,
  operation: "resumeTask",
  summary: "Run a Failed or Killed task again, or one whose worker is dead",
  access: ["manage"],
  refusals: ["task_not_found"],
  answers: { 200: { description: "Whether anything changed", schema: resumedSchema } },
  handle: async (call) => {
    const { queue, id } = call.parameters;
    const resumed = await callTask(call, queue, id, (stub) => stub.resume(id));
    if (!resumed.ok) return resumed;
    call.note({ count: Number(resumed.value.resumed) });
    return ok(json(resumed.value));
  },
});

const cancelRoute = route({
  method: "POST",
  path: `${TASK}/cancel`,
  operation: "cancelTask",
  summary: "Cancel a task that is not terminal; a held lease is revoked",
  access: ["push", "manage"],
  refusals: ["task_not_found"],
  answers: { 200: { description: "Whether anything changed", schema: cancelledSchema } },
  handle: async (call) => {
    const { queue, id } = call.parameters;
    const cancelled = await callTask(call, queue, id, (stub) => stub.cancel(id));
    if (!cancelled.ok) return cancelled;
    call.note({ count: Number(cancelled.value.cancelled) });
    return ok(json(cancelled.value));
  },
});

export const byIdRoutes: readonly Route[] = [
  fetchRoute,
  updateRoute,
  removeRoute,
  rescheduleRoute,
  resumeRoute,
  cancelRoute,
];
