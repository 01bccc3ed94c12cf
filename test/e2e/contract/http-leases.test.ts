/** Events over HTTP: repeated, stale, malformed, and from the wrong sender. */

import { expect, test } from "vitest";
import type { LeasedTask } from "../../../src/protocol/answers.ts";
import { ack, type Body, event, expectProblem, first, type Polled, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const GONE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

const refused = ({ id }: { id: string }, code: string, taskStatus?: string): Body => ({
  id,
  error: { code, detail: expect.any(String), ...(taskStatus === undefined ? {} : { taskStatus }) },
});

const ENDS: [string, (task: LeasedTask) => object, string][] = [
  ["ok", (task) => ack(task, { ok: 1 }), "Done"],
  ["err", (task) => ack(task, { err: "x", retryAfterMs: 60_000 }), "Failed"],
  ["abort", (task) => ack(task, { err: "x", abort: true }), "Killed"],
  ["snooze", (task) => event("snooze", task, { delayMs: 60_000 }), "Pending"],
  ["release", (task) => event("release", task), "Pending"],
];

test.each(ENDS)(
  "after %s the same event gets its first answer again, and changes nothing",
  async (_what, end, status) => {
    const queue = new Queue(server());
    const leased = await queue.leased();
    expect(await queue.event(end(leased))).toEqual({ id: leased.id, status });
    const before = await queue.task(leased.id);
    expect(await queue.event(end(leased))).toEqual({ id: leased.id, status });
    expect(await queue.task(leased.id)).toEqual(before);
  },
);

test("whatever the same lease acks again, the first answer wins", async () => {
  const queue = new Queue(server());
  const leased = await queue.leased();
  await queue.event(ack(leased, { ok: "first" }));
  const before = await queue.task(leased.id);
  for (const result of [{ ok: "second" }, { err: "third" }, { err: "fourth", abort: true }]) {
    expect(await queue.event(ack(leased, result))).toEqual({ id: leased.id, status: "Done" });
  }
  expect(await queue.task(leased.id)).toEqual(before);
});

test.each(ENDS)("after %s every other event of the lease is refused", async (_what, end, status) => {
  const queue = new Queue(server());
  const leased = await queue.leased();
  await queue.event(end(leased));
  const before = await queue.task(leased.id);
  const others = [
    event("start", leased),
    event("extend", leased, { timeoutMs: 1 }),
    event("progress", leased, { progress: 1 }),
    ...(status === "Pending" ? [ack(leased)] : [event("snooze", leased, { delayMs: 1 }), event("release", leased)]),
  ];
  for (const other of others) expect(await queue.event(other)).toEqual(refused(leased, "lease_lost", status));
  expect(await queue.task(leased.id)).toEqual(before);
});

test("the first answer is given until the task is claimed anew, whatever befalls it meanwhile", async () => {
  const queue = new Queue(server());
  const leased = await queue.leased();
  const result = { err: "x", retryAfterMs: 60_000 };
  for (const verb of ["", "cancel", "resume", "reschedule"]) {
    if (verb !== "") await queue.post(`/tasks/${leased.id}/${verb}`, verb === "reschedule" ? { delayMs: 0 } : {});
    const before = verb === "" ? undefined : await queue.task(leased.id);
    expect(await queue.event(ack(leased, result)), verb).toEqual({ id: leased.id, status: "Failed" });
    if (before !== undefined) expect(await queue.task(leased.id)).toEqual(before);
  }
  await queue.poll();
  expect(await queue.event(ack(leased, result))).toEqual(refused(leased, "lease_lost", "Running"));
});

test("once the task is claimed anew the old lease is lost for good", async () => {
  const queue = new Queue(server());
  const old = await queue.leased();
  await queue.event(ack(old, { err: "x", retryAfterMs: 0 }));
  const live = first((await queue.poll()).tasks);
  const before = await queue.task(old.id);
  for (const stale of [ack(old, { err: "x", retryAfterMs: 0 }), event("release", old), event("start", old)]) {
    expect(await queue.event(stale)).toEqual(refused(old, "lease_lost", "Running"));
  }
  expect(await queue.task(old.id)).toEqual(before);
  expect(await queue.event(ack(live))).toEqual({ id: live.id, status: "Done" });
});

test("a lease of another task, a made-up one and an unknown id are refused, each by itself and in order", async () => {
  const queue = new Queue(server());
  await queue.post("/tasks", [{ args: 1 }, { args: 2 }]);
  const [a, b] = (await queue.poll({ max: 2 })).tasks as [LeasedTask, LeasedTask];
  const answer = await queue.post("/events", {
    events: [
      ack({ id: a.id, lease: b.lease }),
      ack({ id: a.id, lease: "x" }),
      ack({ id: GONE, lease: a.lease }),
      ack({ id: "nonsense", lease: a.lease }),
      ack(a),
      event("extend", b, { timeoutMs: 1_000_000 }),
      ack(b),
    ],
  });
  expect(answer.body).toEqual({
    events: [
      refused(a, "lease_lost", "Running"),
      refused(a, "lease_lost", "Running"),
      refused({ id: GONE }, "task_not_found"),
      refused({ id: "nonsense" }, "task_not_found"),
      { id: a.id, status: "Done" },
      { id: b.id, status: "Running" },
      { id: b.id, status: "Done" },
    ],
  });
});

test("several events of one task are applied in their order", async () => {
  const queue = new Queue(server());
  const task = await queue.leased({}, { autoStart: false });
  const answer = await queue.post("/events", {
    events: [
      event("start", task),
      event("progress", task, { progress: 1 }),
      ack(task),
      event("start", task),
      ack(task),
    ],
  });
  expect(answer.body).toEqual({
    events: [
      { id: task.id, status: "Running" },
      { id: task.id, status: "Running" },
      { id: task.id, status: "Done" },
      refused(task, "lease_lost", "Done"),
      { id: task.id, status: "Done" },
    ],
  });
});

const MALFORMED: [what: string, broken: object, path: string][] = [
  ["no type", { id: "a", lease: "b" }, "events.1.type"],
  ["an unknown type", { type: "finish", id: "a", lease: "b" }, "events.1.type"],
  ["no id", { type: "start", lease: "b" }, "events.1.id"],
  ["no lease", { type: "start", id: "a" }, "events.1.lease"],
  ["lease null", { type: "start", id: "a", lease: null }, "events.1.lease"],
  ["an unknown field", { type: "start", id: "a", lease: "b", at: 1 }, "events.1.at"],
  ["no result", { type: "ack", id: "a", lease: "b" }, "events.1.result"],
  ["an empty result", { type: "ack", id: "a", lease: "b", result: {} }, "events.1.result"],
  ["ok and err", { type: "ack", id: "a", lease: "b", result: { ok: 1, err: "x" } }, "events.1.result.err"],
  ["err as a number", { type: "ack", id: "a", lease: "b", result: { err: 1 } }, "events.1.result.err"],
  ["err null", { type: "ack", id: "a", lease: "b", result: { err: null } }, "events.1.result.err"],
  ["abort false", { type: "ack", id: "a", lease: "b", result: { err: "x", abort: false } }, "events.1.result.abort"],
  ["abort with ok", { type: "ack", id: "a", lease: "b", result: { ok: 1, abort: true } }, "events.1.result.abort"],
  [
    "retryAfterMs null",
    { type: "ack", id: "a", lease: "b", result: { err: "x", retryAfterMs: null } },
    "events.1.result.retryAfterMs",
  ],
  [
    "negative retryAfterMs",
    { type: "ack", id: "a", lease: "b", result: { err: "x", retryAfterMs: -1 } },
    "events.1.result.retryAfterMs",
  ],
  [
    "too many logs",
    { type: "ack", id: "a", lease: "b", result: { ok: 1 }, logs: Array(51).fill("l") },
    "events.1.logs",
  ],
  [
    "a log line over 1 KiB",
    { type: "ack", id: "a", lease: "b", result: { ok: 1 }, logs: ["l".repeat(1_025)] },
    "events.1.logs.0",
  ],
  ["no delayMs", { type: "snooze", id: "a", lease: "b" }, "events.1.delayMs"],
  ["a negative delayMs", { type: "snooze", id: "a", lease: "b", delayMs: -1 }, "events.1.delayMs"],
  ["no timeoutMs", { type: "extend", id: "a", lease: "b" }, "events.1.timeoutMs"],
  ["timeoutMs 0", { type: "extend", id: "a", lease: "b", timeoutMs: 0 }, "events.1.timeoutMs"],
  ["no progress", { type: "progress", id: "a", lease: "b" }, "events.1.progress"],
];

test.each(MALFORMED)("an event with %s refuses the request, and nothing is applied", async (_what, broken, path) => {
  const queue = new Queue(server());
  const task = await queue.leased();
  const before = await queue.task(task.id);
  expectProblem(await queue.post("/events", { events: [ack(task), broken] }), 400, "bad_request", { path });
  expect(await queue.task(task.id)).toEqual(before);
});

test.each([
  ["no events", {}, "events"],
  ["an empty list", { events: [] }, "events"],
  ["1,001", { events: Array(1_001).fill({ type: "start", id: "a", lease: "b" }) }, "events"],
  ["an unknown field", { events: [{ type: "start", id: "a", lease: "b" }], waitMs: 1 }, "waitMs"],
  ["worker null", { worker: null, events: [{ type: "start", id: "a", lease: "b" }] }, "worker"],
])("the events route refuses %s", async (_what, body, path) => {
  expectProblem(await new Queue(server()).post("/events", body), 400, "bad_request", { path });
});

test("who sends must be true", async () => {
  const queue = new Queue(server());
  const task = await queue.leased();
  const { session } = await queue.poll();
  const other = (await queue.poll({ worker: "other" })).session;
  const before = await queue.task(task.id);
  for (const sender of [
    { worker: "nobody" },
    { session: "x" },
    { worker: "w", session: other },
    { worker: "other", session },
  ]) {
    expectProblem(await queue.post("/events", { ...sender, events: [ack(task)] }), 404, "worker_not_found");
  }
  expect(await queue.event(ack(task), { worker: "other", session: other })).toEqual(
    refused(task, "lease_lost", "Running"),
  );
  expect(await queue.task(task.id)).toEqual(before);
  expect(await queue.event(ack(task), { worker: "w", session })).toEqual({ id: task.id, status: "Done" });
});

test("the lease alone is the right", async () => {
  const queue = new Queue(server());
  for (const sender of [{}, { worker: "w" }]) {
    const task = await queue.leased();
    expect(await queue.event(ack(task), sender)).toEqual({ id: task.id, status: "Done" });
  }
});

test("a superseded session may still heartbeat and end what it runs", async () => {
  const queue = new Queue(server());
  const task = await queue.leased();
  const { session } = await queue.poll();
  const next = (await queue.post<Polled>("/workers", { worker: "w" })).body.session;
  expect((await queue.post("/workers/w/heartbeat", { session })).status).toBe(200);
  expect(await queue.event(ack(task), { worker: "w", session: next })).toEqual(refused(task, "lease_lost", "Running"));
  expect(await queue.event(ack(task), { worker: "w", session })).toEqual({ id: task.id, status: "Done" });
});

test("an event of a task that is gone is answered", async () => {
  const queue = new Queue(server());
  const task = await queue.leased();
  await queue.event(ack(task));
  await queue.call("DELETE", `/tasks/${task.id}`);
  expect(await queue.event(ack(task))).toEqual(refused(task, "task_not_found"));
  expect(await new Queue(server()).event(ack(task))).toEqual(refused(task, "task_not_found"));
});
