/** One task by its id: fetch, update, reschedule, resume, cancel, delete. */

import { expect, test } from "vitest";
import type { Task } from "../../../src/protocol/answers.ts";
import { ack, event, expectProblem, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const GONE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const STATUSES = ["Pending", "Queued", "Running", "Done", "Failed", "Killed"] as const;
type Status = (typeof STATUSES)[number];

/** Checks that a call is refused and leaves the task as it was. */
async function refused(
  queue: Queue,
  task: Task,
  call: Promise<Awaited<ReturnType<Queue["post"]>>>,
  code = "wrong_status",
) {
  expectProblem(await call, 409, code, { taskStatus: task.status });
  expect(await queue.task(task.id)).toEqual(task);
}

test("a task that is not there is not found, by every verb", async () => {
  const used = new Queue(server());
  const id = await used.push();
  const forged = id.slice(0, -1) + (id.endsWith("0") ? "1" : "0");
  for (const queue of [used, new Queue(server())]) {
    for (const gone of [GONE, forged, "nonsense", "x".repeat(64)]) {
      const found = (method: string, below = "", body?: object) => queue.call(method, `/tasks/${gone}${below}`, body);
      expectProblem(await found("GET"), 404, "task_not_found");
      expectProblem(await found("PATCH", "", { priority: 1 }), 404, "task_not_found");
      expectProblem(await found("DELETE"), 404, "task_not_found");
      expectProblem(await found("POST", "/reschedule", { delayMs: 1 }), 404, "task_not_found");
      expectProblem(await found("POST", "/resume"), 404, "task_not_found");
      expectProblem(await found("POST", "/cancel"), 404, "task_not_found");
    }
  }
  expectProblem(await new Queue(server()).get(`/tasks/${id}`), 404, "task_not_found");
});

test("a verb on a task of a queue that was never used does not begin it", async () => {
  const queue = new Queue(server());
  await queue.post(`/tasks/${GONE}/cancel`);
  await queue.get("/tasks");
  await queue.get("/stats");
  await queue.get("/config");
  await queue.post("/status", { ids: [GONE] });
  expectProblem(await queue.get(""), 404, "queue_not_found");
});

test.each(["Pending", "Failed", "Killed"] as const)("a %s task can be updated", async (status) => {
  const queue = new Queue(server());
  const before = await queue.taskIn(status, { meta: { a: 1 }, timeoutMs: 60_000 });
  const patch = {
    args: { new: true },
    priority: 7,
    runAt: 2_000_000_000_000,
    maxAttempts: 3,
    backoff: { type: "fixed", baseMs: 1, factor: 1, maxMs: 1, jitter: 0 },
    timeoutMs: 99,
    meta: { b: 2 },
  };
  const answer = await queue.call<Task>("PATCH", `/tasks/${before.id}`, { ...patch, revision: before.revision });
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({ ...before, ...patch, revision: before.revision + 1 });
  expect(await queue.task(before.id)).toEqual(answer.body);
});

test.each(["Queued", "Running", "Done"] as const)("a %s task cannot be updated", async (status) => {
  const queue = new Queue(server());
  const task = await queue.taskIn(status);
  await refused(queue, task, queue.call("PATCH", `/tasks/${task.id}`, { priority: 1 }));
});

test("an update with another revision changes nothing", async () => {
  const queue = new Queue(server());
  const task = await queue.task(await queue.push());
  await refused(
    queue,
    task,
    queue.call("PATCH", `/tasks/${task.id}`, { priority: 1, revision: 2 }),
    "revision_conflict",
  );
  expect((await queue.call("PATCH", `/tasks/${task.id}`, { priority: 1, revision: 1 })).status).toBe(200);
});

test("null clears timeoutMs, backoff and meta, and goes back to the default", async () => {
  const queue = new Queue(server());
  const id = await queue.push({ timeoutMs: 5, backoff: { type: "fixed", baseMs: 9 }, meta: { a: 1 } });
  const { body } = await queue.call<Task>("PATCH", `/tasks/${id}`, { timeoutMs: null, backoff: null, meta: null });
  expect(body).not.toHaveProperty("timeoutMs");
  expect(body.meta).toEqual({});
  expect(body.backoff).toEqual({ type: "exponential", baseMs: 1_000, factor: 2, maxMs: 3_600_000, jitter: 0.1 });
});

test.each([
  ["args null is args", { args: null }, null],
  ["priority null", { priority: null }, "priority"],
  ["runAt null", { runAt: null }, "runAt"],
  ["maxAttempts null", { maxAttempts: null }, "maxAttempts"],
  ["revision null", { revision: null }, "revision"],
  ["revision 0", { revision: 0 }, "revision"],
  ["a status", { status: "Pending" }, "status"],
  ["delayMs", { delayMs: 1 }, "delayMs"],
  ["a key", { idempotencyKey: "k" }, "idempotencyKey"],
  ["a group", { groupKey: "k" }, "groupKey"],
  ["maxAttempts 0", { maxAttempts: 0 }, "maxAttempts"],
  ["a strange backoff", { backoff: { type: "x" } }, "backoff.type"],
])("an update with %s", async (_what, patch, path) => {
  const queue = new Queue(server());
  const task = await queue.task(await queue.push());
  const answer = await queue.call<Task>("PATCH", `/tasks/${task.id}`, patch);
  if (path === null) expect(answer.body).toMatchObject({ args: null, revision: 2 });
  else {
    expectProblem(answer, 400, "bad_request", { path });
    expect(await queue.task(task.id)).toEqual(task);
  }
});

test("an update's maxAttempts must be above the attempts that were", async () => {
  const queue = new Queue(server());
  const task = await queue.taskIn("Failed");
  const answer = await queue.call("PATCH", `/tasks/${task.id}`, { maxAttempts: 1 });
  expect(answer.body).toMatchObject({ code: "bad_request", path: "maxAttempts" });
  expect(answer.status).toBe(400);
  expect(await queue.task(task.id)).toEqual(task);
  expect((await queue.call("PATCH", `/tasks/${task.id}`, { maxAttempts: 2 })).status).toBe(200);
});

test("args of another codec stay base64", async () => {
  const queue = new Queue(server());
  const task = await queue.task(await queue.push({ codec: "msgpack", args: "QUJD" }));
  expect((await queue.call("PATCH", `/tasks/${task.id}`, { args: { a: 1 } })).body).toMatchObject({
    code: "bad_request",
    path: "args",
  });
  expect(await queue.task(task.id)).toEqual(task);
  expect((await queue.call<Task>("PATCH", `/tasks/${task.id}`, { args: "QQ==" })).body).toMatchObject({
    args: "QQ==",
    codec: "msgpack",
  });
});

test("an updated runAt moves a task into the future and back", async () => {
  const queue = new Queue(server());
  const id = await queue.push();
  await queue.call("PATCH", `/tasks/${id}`, { runAt: Date.now() + 60_000 });
  expect((await queue.poll()).tasks).toEqual([]);
  await queue.call("PATCH", `/tasks/${id}`, { runAt: 0 });
  expect((await queue.poll()).tasks).toMatchObject([{ id }]);
});

test.each(STATUSES)("reschedule of a %s task", async (status) => {
  const queue = new Queue(server());
  const task = await queue.taskIn(status);
  if (status === "Done") return refused(queue, task, queue.post(`/tasks/${task.id}/reschedule`, { delayMs: 5 }));
  const before = Date.now();
  const answer = await queue.post<Task>(`/tasks/${task.id}/reschedule`, { delayMs: 9_000 });
  expect(answer.status).toBe(200);
  const attempt = { Pending: 0, Queued: 0, Running: 0, Failed: 1, Killed: 0 }[status];
  expect(answer.body).toMatchObject({ id: task.id, status: "Pending", attempt, revision: task.revision + 1 });
  expect(answer.body.runAt - before).toBeGreaterThanOrEqual(9_000);
  expect(answer.body.runAt - Date.now()).toBeLessThanOrEqual(9_000);
  for (const gone of ["lockAt", "lockBy", "doneAt"]) expect(answer.body).not.toHaveProperty(gone);
  if (status === "Running") expect(answer.body.runs).toMatchObject([{ attempt: 1, outcome: "rescheduled" }]);
  expect(await queue.task(task.id)).toEqual(answer.body);
});

test("reschedule revokes a lease", async () => {
  const queue = new Queue(server());
  const leased = await queue.leased();
  await queue.post(`/tasks/${leased.id}/reschedule`, { runAt: 2_000_000_000_000 });
  const { error } = await queue.event(ack(leased));
  expect(error).toMatchObject({ code: "lease_lost", taskStatus: "Pending" });
});

test.each([
  ["neither", {}, "delayMs"],
  ["both", { delayMs: 1, runAt: 1 }, "runAt"],
  ["a negative delay", { delayMs: -1 }, "delayMs"],
  ["null", { delayMs: null }, "delayMs"],
  ["an unknown field", { delayMs: 1, at: 2 }, "at"],
])("reschedule refuses %s", async (_what, body, path) => {
  const queue = new Queue(server());
  const task = await queue.task(await queue.push());
  expectProblem(await queue.post(`/tasks/${task.id}/reschedule`, body), 400, "bad_request", { path });
  expect(await queue.task(task.id)).toEqual(task);
});

test.each(STATUSES)("resume of a %s task", async (status) => {
  const queue = new Queue(server());
  const task = await queue.taskIn(status);
  const answer = await queue.post(`/tasks/${task.id}/resume`);
  expect(answer.status).toBe(200);
  const resumed = status === "Failed" || status === "Killed";
  expect(answer.body).toEqual({ resumed });
  const after = await queue.task(task.id);
  if (!resumed) return expect(after).toEqual(task);
  expect(after).toMatchObject({ status: "Pending", attempt: 0, runs: task.runs, revision: task.revision + 1 });
  expect(after.runAt).toBeLessThanOrEqual(Date.now());
  expect(after).not.toHaveProperty("doneAt");
  expect((await queue.poll()).tasks).toMatchObject([{ id: task.id, attempt: 1 }]);
});

test.each(STATUSES)("cancel of a %s task", async (status: Status) => {
  const queue = new Queue(server());
  const task = await queue.taskIn(status);
  const answer = await queue.post(`/tasks/${task.id}/cancel`);
  expect(answer.status).toBe(200);
  const cancelled = status !== "Done" && status !== "Killed";
  expect(answer.body).toEqual({ cancelled });
  const after = await queue.task(task.id);
  if (!cancelled) return expect(after).toEqual(task);
  expect(after).toMatchObject({
    status: "Killed",
    lastResult: { err: "cancelled" },
    doneAt: expect.any(Number),
    revision: task.revision + 1,
  });
  expect(after).not.toHaveProperty("lockBy");
  if (status === "Running") expect(after.runs).toMatchObject([{ attempt: 1, outcome: "cancelled" }]);
});

test("cancel revokes a lease", async () => {
  const queue = new Queue(server());
  for (const autoStart of [true, false]) {
    const leased = await queue.leased({}, { autoStart });
    await queue.post(`/tasks/${leased.id}/cancel`);
    const { error } = await queue.event(event("release", leased));
    expect(error).toMatchObject({ code: "lease_lost", taskStatus: "Killed" });
  }
});

test.each(STATUSES)("delete of a %s task", async (status) => {
  const queue = new Queue(server());
  const task = await queue.taskIn(status);
  const answer = await queue.call("DELETE", `/tasks/${task.id}`);
  if (status === "Queued" || status === "Running") {
    expectProblem(answer, 409, "wrong_status", { taskStatus: status });
    return expect(await queue.task(task.id)).toEqual(task);
  }
  expect(answer.status).toBe(204);
  expect(answer.body).toBeUndefined();
  expectProblem(await queue.get(`/tasks/${task.id}`), 404, "task_not_found");
  expectProblem(await queue.call("DELETE", `/tasks/${task.id}`), 404, "task_not_found");
  expect(await queue.counts()).toMatchObject({ [status]: 0 });
});
