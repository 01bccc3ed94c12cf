/** Polls over HTTP: what is claimed, in which order, by whom. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { ack, expectProblem, first, type Polled, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();

test("a poll claims and starts one task", async () => {
  const queue = new Queue(server());
  const id = await queue.push({ args: { n: 1 } });
  await queue.push();
  const before = Date.now();
  const answer = await queue.post<Polled>("/poll", { worker: "ann" });
  expect(answer.status).toBe(200);
  expect(Object.keys(answer.body).sort()).toEqual(["events", "session", "tasks"]);
  expect(answer.body.events).toEqual([]);
  expect(answer.body.session).toEqual(expect.any(String));
  const task = first(answer.body.tasks);
  expect(answer.body.tasks).toHaveLength(1);
  expect(task).toStrictEqual({
    ...(await queue.task(id)),
    lease: expect.any(String),
    status: "Running",
    attempt: 1,
    lockBy: "ann",
    lockAt: expect.any(Number),
    revision: 2,
    runs: [{ attempt: 1, worker: "ann", startedAt: task.lockAt }],
  });
  expect(task.lockAt).toBeGreaterThanOrEqual(before);
  expect(task.lockAt).toBeLessThanOrEqual(Date.now());
  expect(await queue.task(id)).not.toHaveProperty("lease");
});

test("without autoStart the task is Queued, and no attempt is counted", async () => {
  const queue = new Queue(server());
  const task = await queue.leased({}, { autoStart: false });
  expect(task).toMatchObject({ status: "Queued", attempt: 0, runs: [], lockBy: "w", lockAt: expect.any(Number) });
});

test("a poll of an empty queue is empty, and needs no registration", async () => {
  const queue = new Queue(server());
  expect(await queue.poll({ max: 1_000 })).toEqual({ session: expect.any(String), tasks: [], events: [] });
});

test("tasks come by priority, then runAt, then sequence, within a batch and across", async () => {
  const queue = new Queue(server());
  const now = Date.now();
  const tasks = [
    { args: "h", priority: -1, runAt: 0 },
    { args: "c", priority: 0, runAt: now - 500 },
    { args: "d", priority: 0, runAt: now - 100 },
    { args: "e", priority: 0, runAt: now - 100 },
    { args: "a", priority: 9, runAt: now - 1 },
    { args: "b", priority: 0, runAt: now - 9_000 },
    { args: "never", priority: 99, runAt: now + 60_000 },
  ];
  await queue.post("/tasks", tasks);
  const three = await queue.poll({ max: 3 });
  expect(three.tasks.map(({ args }) => args)).toEqual(["a", "b", "c"]);
  const rest = await queue.poll({ max: 10 });
  expect(rest.tasks.map(({ args }) => args)).toEqual(["d", "e", "h"]);
});

test("a batch keeps its order by the thousand", async () => {
  const queue = new Queue(server());
  const priorities = Array.from({ length: 1_000 }, (_, at) => (at * 7919) % 10);
  await queue.post(
    "/tasks",
    priorities.map((priority, args) => ({ args, priority })),
  );
  const { tasks } = await queue.poll({ max: 1_000 });
  const wanted = priorities
    .map((priority, args) => ({ args, priority }))
    .sort((a, b) => b.priority - a.priority || a.args - b.args);
  expect(tasks.map(({ args }) => args)).toEqual(wanted.map(({ args }) => args));
});

test("tasks that became due stand in the same order as those that were", async () => {
  const queue = new Queue(server());
  await queue.post(
    "/tasks",
    Array.from({ length: 300 }, (_, at) => ({ args: at, delayMs: 300, priority: at % 3 })),
  );
  await queue.push({ args: "ready", priority: 1 });
  await sleep(350);
  const { tasks } = await queue.poll({ max: 1_000 });
  expect(tasks).toHaveLength(301);
  const keys = tasks.map(({ priority, runAt, id }) => [-priority, runAt, id] as const);
  expect(keys).toEqual([...keys].sort((a, b) => a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : 1)));
});

test.each([
  ["no worker", {}, "worker"],
  ["an empty worker", { worker: "" }, "worker"],
  ["a worker called .", { worker: "." }, "worker"],
  ["a worker called ..", { worker: ".." }, "worker"],
  ["a worker over 255 bytes", { worker: "é".repeat(128) }, "worker"],
  ["a broken worker", { worker: "\ud800" }, "worker"],
  ["max 0", { worker: "w", max: 0 }, "max"],
  ["max 1,001", { worker: "w", max: 1_001 }, "max"],
  ["max null", { worker: "w", max: null }, "max"],
  ["a negative waitMs", { worker: "w", waitMs: -1 }, "waitMs"],
  ["waitMs over 25 s", { worker: "w", waitMs: 25_001 }, "waitMs"],
  ["waitMs null", { worker: "w", waitMs: null }, "waitMs"],
  ["autoStart as text", { worker: "w", autoStart: "true" }, "autoStart"],
  ["autoStart null", { worker: "w", autoStart: null }, "autoStart"],
  ["session null", { worker: "w", session: null }, "session"],
  ["events null", { worker: "w", events: null }, "events"],
  ["an unknown field", { worker: "w", timeout: 1 }, "timeout"],
  ["too many events", { worker: "w", events: Array(1_001).fill({ type: "start", id: "a", lease: "b" }) }, "events"],
])("a poll refuses %s", async (_what, body, path) => {
  const queue = new Queue(server());
  const id = await queue.push();
  const before = await queue.task(id);
  expectProblem(await queue.post("/poll", body), 400, "bad_request", { path });
  expect(await queue.task(id)).toEqual(before);
});

test("without a session the worker's present one is used", async () => {
  const queue = new Queue(server());
  const registered = await queue.post<Polled>("/workers", { worker: "w" });
  const { session } = await queue.poll();
  expect(session).toBe(registered.body.session);
  expect((await queue.poll({ session })).session).toBe(session);
  expect((await queue.poll()).session).toBe(session);
  expect((await queue.poll({ worker: "other" })).session).not.toBe(session);
});

test("an unknown session, another's and an old one are refused, and claim nothing", async () => {
  const queue = new Queue(server());
  const { session: old } = await queue.poll();
  const other = await queue.poll({ worker: "other" });
  await queue.post("/workers", { worker: "w" });
  const id = await queue.push();
  for (const session of [old, other.session, "nonsense"]) {
    expectProblem(await queue.post("/poll", { worker: "w", session }), 404, "worker_not_found");
    expectProblem(await queue.post("/poll", { worker: "w", session, waitMs: 1_000 }), 404, "worker_not_found");
  }
  expect(await queue.task(id)).toMatchObject({ status: "Pending", revision: 1 });
});

test("a session in a queue that was never used is refused, and begins none", async () => {
  const queue = new Queue(server());
  expectProblem(await queue.post("/poll", { worker: "w", session: "x" }), 404, "worker_not_found");
  expectProblem(await queue.get(""), 404, "queue_not_found");
});

test("events travel along, and are applied before the claim", async () => {
  const queue = new Queue(server());
  const task = await queue.leased();
  const id = await queue.push({ args: "next" });
  const round = await queue.poll({ events: [ack(task, { err: "once more", retryAfterMs: 0 })], max: 5 });
  expect(round.events).toEqual([{ id: task.id, status: "Failed" }]);
  expect(round.tasks.map((one) => [one.id, one.attempt])).toEqual([
    [id, 1],
    [task.id, 2],
  ]);
});

test("a refused event spoils neither the others nor the claim", async () => {
  const queue = new Queue(server());
  const task = await queue.leased();
  const id = await queue.push();
  const round = await queue.poll({
    events: [
      { type: "start", id: task.id, lease: "stale" },
      { type: "start", id: "01ARZ3NDEKTSV4RRFFQ69G5FAV", lease: "x" },
      ack(task),
    ],
  });
  expect(round.events).toEqual([
    { id: task.id, error: { code: "lease_lost", detail: expect.any(String), taskStatus: "Running" } },
    { id: "01ARZ3NDEKTSV4RRFFQ69G5FAV", error: { code: "task_not_found", detail: expect.any(String) } },
    { id: task.id, status: "Done" },
  ]);
  expect(round.tasks.map((one) => one.id)).toEqual([id]);
});

test("a malformed event refuses the whole poll, and nothing is applied", async () => {
  const queue = new Queue(server());
  const task = await queue.leased();
  const id = await queue.push();
  const before = [await queue.task(task.id), await queue.task(id)];
  const events = [ack(task), { type: "ack", id: task.id, lease: task.lease }];
  expectProblem(await queue.post("/poll", { worker: "w", events }), 400, "bad_request", { path: "events.1.result" });
  expect([await queue.task(task.id), await queue.task(id)]).toEqual(before);
});

test("a poll with an old session refuses its events too", async () => {
  const queue = new Queue(server());
  const { session } = await queue.poll();
  const task = await queue.leased();
  await queue.post("/workers", { worker: "w" });
  const before = await queue.task(task.id);
  expectProblem(await queue.post("/poll", { worker: "w", session, events: [ack(task)] }), 404, "worker_not_found");
  expect(await queue.task(task.id)).toEqual(before);
});

test("an event of another session's lease is lost when the poll names its session, and good when it does not", async () => {
  const queue = new Queue(server());
  const task = await queue.leased();
  const { session } = (await queue.post<Polled>("/workers", { worker: "w" })).body;
  const named = await queue.poll({ session, events: [ack(task)] });
  expect(named.events).toMatchObject([{ id: task.id, error: { code: "lease_lost", taskStatus: "Running" } }]);
  const unnamed = await queue.poll({ events: [ack(task)] });
  expect(unnamed.events).toEqual([{ id: task.id, status: "Done" }]);
});

test("a paused queue gives nothing, but takes pushes and acks", async () => {
  const queue = new Queue(server());
  const task = await queue.leased();
  await queue.configure({ paused: true });
  const id = await queue.push();
  const round = await queue.poll({ max: 10, events: [ack(task)] });
  expect(round).toMatchObject({ tasks: [], events: [{ id: task.id, status: "Done" }] });
  const waiting = queue.poll({ waitMs: 5_000 });
  await sleep(100);
  await queue.configure({ paused: false });
  expect((await waiting).tasks.map((one) => one.id)).toEqual([id]);
});

test("an answer of tasks ends at 8 MiB: fewer come than were asked for, and the rest with the next", async () => {
  const queue = new Queue(server());
  const args = "a".repeat(1024 * 1024 - 100);
  for (let i = 0; i < 3; i++) await queue.post("/tasks", Array(4).fill({ args }));
  const seen = new Set<string>();
  while (seen.size < 12) {
    const response = await fetch(`${queue.url}/poll`, {
      method: "POST",
      body: '{"worker":"w","max":100}',
      headers: { "content-type": "application/json" },
    });
    const text = await response.text();
    expect(text.length).toBeLessThanOrEqual(8 * 1024 * 1024);
    const { tasks } = JSON.parse(text) as Polled;
    expect(tasks.length).toBeGreaterThan(0);
    for (const { id } of tasks) seen.add(id);
  }
});
