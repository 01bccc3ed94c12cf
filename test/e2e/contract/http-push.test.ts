/** A push over HTTP: fields, defaults, limits, refusals. */

import { expect, test } from "vitest";
import { ack, expectProblem, first, Queue, serverForFile, ULID } from "./queue.ts";

const server = serverForFile();
const KIB = 1024;

const BACKOFF = { type: "exponential", baseMs: 1_000, factor: 2, maxMs: 3_600_000, jitter: 0.1 };

test("a task that says nothing but its args gets the defaults of the contract", async () => {
  const queue = new Queue(server());
  const before = Date.now();
  const pushed = await queue.post<{ id: string }>("/tasks", { args: { to: "ann" } });
  expect(pushed.status).toBe(201);
  expect(pushed.headers.get("content-type")).toMatch(/^application\/json/);
  expect(pushed.body).toEqual({ id: expect.stringMatching(ULID), status: "Pending", created: true });
  const task = await queue.task(pushed.body.id);
  expect(task).toStrictEqual({
    id: pushed.body.id,
    queue: queue.name,
    args: { to: "ann" },
    status: "Pending",
    priority: 0,
    attempt: 0,
    maxAttempts: 5,
    runAt: expect.any(Number),
    createdAt: expect.any(Number),
    runs: [],
    backoff: BACKOFF,
    idempotencyUntil: "gone",
    codec: "json",
    meta: {},
    revision: 1,
  });
  expect(task.createdAt).toBeGreaterThanOrEqual(before);
  expect(task.createdAt).toBeLessThanOrEqual(Date.now());
  expect(task.runAt).toBeGreaterThanOrEqual(before);
  expect(task.runAt).toBeLessThanOrEqual(Date.now());
});

test("every field that a push may give is kept", async () => {
  const queue = new Queue(server());
  const task = {
    args: [1, "two", null, { three: [] }],
    priority: -7,
    runAt: 2_000_000_000_000,
    maxAttempts: 9,
    backoff: { type: "fixed", baseMs: 5, factor: 3, maxMs: 50, jitter: 0 },
    timeoutMs: 1_234,
    idempotencyKey: "key",
    idempotencyUntil: "terminal",
    groupKey: "group",
    meta: { traceparent: "00-1-1-01", deep: { er: [1] } },
  };
  const id = await queue.push(task);
  expect(await queue.task(id)).toMatchObject({ ...task, codec: "json", revision: 1 });
});

test("the trace of a push is kept with the task, and reaches who polls", async () => {
  const queue = new Queue(server());
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const headers = { traceparent, tracestate: "vendor=1" };
  expect((await queue.call("POST", "/tasks", { args: 1 }, headers)).status).toBe(201);
  expect((await queue.poll()).tasks).toMatchObject([{ meta: headers }]);
});

test("delayMs counts from now", async () => {
  const queue = new Queue(server());
  const before = Date.now();
  const task = await queue.task(await queue.push({ delayMs: 60_000 }));
  expect(task.runAt - before).toBeGreaterThanOrEqual(60_000);
  expect(task.runAt - Date.now()).toBeLessThanOrEqual(60_000);
});

test("a list is answered in its order, and one of one is still a list", async () => {
  const queue = new Queue(server());
  const many = await queue.post<{ tasks: { id: string }[] }>("/tasks", [{ args: 1 }, { args: 2 }, { args: 3 }]);
  expect(many.status).toBe(201);
  expect(Object.keys(many.body)).toEqual(["tasks"]);
  expect(many.body.tasks).toEqual(
    [1, 2, 3].map(() => ({ id: expect.stringMatching(ULID), status: "Pending", created: true })),
  );
  const args = await Promise.all(many.body.tasks.map(async ({ id }) => (await queue.task(id)).args));
  expect(args).toEqual([1, 2, 3]);
  const one = await queue.post("/tasks", [{ args: 4 }]);
  expect(one.body).toEqual({ tasks: [{ id: expect.stringMatching(ULID), status: "Pending", created: true }] });
  expect(one.status).toBe(201);
});

test("ids are ordered by time", async () => {
  const queue = new Queue(server());
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.push(await queue.push());
  expect([...ids].sort()).toEqual(ids);
});

test("a list has 1 to 1,000 tasks", async () => {
  const queue = new Queue(server());
  const tasks = (length: number) => Array.from({ length }, (_, args) => ({ args }));
  expectProblem(await queue.post("/tasks", tasks(0)), 400, "bad_request", { path: "body" });
  expectProblem(await queue.post("/tasks", tasks(1_001)), 400, "bad_request", { path: "body" });
  const full = await queue.post<{ tasks: unknown[] }>("/tasks", tasks(1_000));
  expect(full.status).toBe(201);
  expect(full.body.tasks).toHaveLength(1_000);
  expect(await queue.counts()).toEqual({ Pending: 1_000, Queued: 0, Running: 0, Done: 0, Failed: 0, Killed: 0 });
});

test("a list is pushed whole or not at all", async () => {
  const queue = new Queue(server());
  const answer = await queue.post("/tasks", [{ args: 1 }, { args: 2, priority: "high" }, { args: 3 }]);
  expectProblem(answer, 400, "bad_request", { path: "1.priority" });
  expectProblem(await queue.get(""), 404, "queue_not_found");
});

const REFUSED: [what: string, task: object, path: string][] = [
  ["no args", {}, "args"],
  ["an unknown field", { args: 1, prioritty: 1 }, "prioritty"],
  ["an id", { args: 1, id: "x" }, "id"],
  ["a priority above int32", { args: 1, priority: 2 ** 31 }, "priority"],
  ["a priority below int32", { args: 1, priority: -(2 ** 31) - 1 }, "priority"],
  ["a broken priority", { args: 1, priority: 1.5 }, "priority"],
  ["a priority as text", { args: 1, priority: "1" }, "priority"],
  ["priority null", { args: 1, priority: null }, "priority"],
  ["runAt null", { args: 1, runAt: null }, "runAt"],
  ["a broken runAt", { args: 1, runAt: 0.5 }, "runAt"],
  ["runAt as text", { args: 1, runAt: "2030-01-01" }, "runAt"],
  ["a negative delayMs", { args: 1, delayMs: -1 }, "delayMs"],
  ["delayMs null", { args: 1, delayMs: null }, "delayMs"],
  ["runAt and delayMs", { args: 1, runAt: 1, delayMs: 1 }, "delayMs"],
  ["maxAttempts 0", { args: 1, maxAttempts: 0 }, "maxAttempts"],
  ["maxAttempts null", { args: 1, maxAttempts: null }, "maxAttempts"],
  ["broken maxAttempts", { args: 1, maxAttempts: 1.5 }, "maxAttempts"],
  ["timeoutMs 0", { args: 1, timeoutMs: 0 }, "timeoutMs"],
  ["timeoutMs null", { args: 1, timeoutMs: null }, "timeoutMs"],
  ["backoff null", { args: 1, backoff: null }, "backoff"],
  ["a strange backoff", { args: 1, backoff: { type: "linear" } }, "backoff.type"],
  ["a backoff with a negative base", { args: 1, backoff: { type: "fixed", baseMs: -1 } }, "backoff.baseMs"],
  ["a backoff with too much jitter", { args: 1, backoff: { jitter: 1.1 } }, "backoff.jitter"],
  ["a backoff with an unknown field", { args: 1, backoff: { type: "fixed", base: 1 } }, "backoff.base"],
  ["a key as a number", { args: 1, idempotencyKey: 7 }, "idempotencyKey"],
  ["key null", { args: 1, idempotencyKey: null }, "idempotencyKey"],
  ["a key over 1 KiB", { args: 1, idempotencyKey: `${"k".repeat(1_023)}é` }, "idempotencyKey"],
  ["a strange idempotencyUntil", { args: 1, idempotencyKey: "a", idempotencyUntil: "never" }, "idempotencyUntil"],
  ["a group key over 255 bytes", { args: 1, groupKey: "é".repeat(128) }, "groupKey"],
  ["groupKey null", { args: 1, groupKey: null }, "groupKey"],
  ["a codec over 64", { args: 1, codec: "c".repeat(65) }, "codec"],
  ["codec null", { args: 1, codec: null }, "codec"],
  ["meta null", { args: 1, meta: null }, "meta"],
  ["meta as a list", { args: 1, meta: [] }, "meta"],
  ["meta as text", { args: 1, meta: "x" }, "meta"],
];

test.each(REFUSED)("refuses %s, with the path of the field", async (_what, task, path) => {
  const queue = new Queue(server());
  expectProblem(await queue.post("/tasks", task), 400, "bad_request", { path });
  expectProblem(await queue.post("/tasks", [{ args: 0 }, task]), 400, "bad_request", { path: `1.${path}` });
  expectProblem(await queue.get(""), 404, "queue_not_found");
});

test.each([
  ["text that is no JSON", "{"],
  ["a number", "7"],
  ["null", "null"],
  ["a string", '"x"'],
])("refuses %s as a body", async (_what, body) => {
  const queue = new Queue(server());
  expectProblem(await queue.post("/tasks", body), 400, "bad_request", { path: "body" });
});

test("limits are inclusive", async () => {
  const queue = new Queue(server());
  const task = {
    args: "a".repeat(KIB * KIB - 2),
    priority: -(2 ** 31),
    idempotencyKey: "k".repeat(KIB),
    groupKey: "g".repeat(255),
    meta: { m: "m".repeat(8 * KIB - 8) },
  };
  expect(JSON.stringify(task.meta)).toHaveLength(8 * KIB);
  const id = await queue.push(task);
  expect(await queue.task(id)).toMatchObject(task);
  await queue.push({ priority: 2 ** 31 - 1, maxAttempts: 1, delayMs: 0 });
  await queue.push({ codec: "c".repeat(64), args: "QUJD" });
  await queue.push({ runAt: 0 });
});

test("args over 1 MiB and meta over 8 KiB are too large", async () => {
  const queue = new Queue(server());
  expectProblem(await queue.post("/tasks", { args: "a".repeat(KIB * KIB - 1) }), 413, "payload_too_large", {
    path: "args",
  });
  expectProblem(await queue.post("/tasks", { args: "é".repeat((KIB * KIB) / 2) }), 413, "payload_too_large", {
    path: "args",
  });
  expectProblem(
    await queue.post("/tasks", { args: 1, meta: { m: "m".repeat(8 * KIB - 7) } }),
    413,
    "payload_too_large",
    {
      path: "meta",
    },
  );
  expectProblem(await queue.get(""), 404, "queue_not_found");
});

test("a body ends at 8 MiB", async () => {
  const queue = new Queue(server());
  const tasks = Array.from({ length: 9 }, () => ({ args: "a".repeat(KIB * KIB - 100) }));
  expectProblem(await queue.post("/tasks", tasks), 413, "payload_too_large", { path: "body" });
  expect((await queue.post("/tasks", tasks.slice(1))).status).toBe(201);
});

test("spaces and escapes that the server would not write do not count", async () => {
  const queue = new Queue(server());
  const args = `{"a"  :  "${"\\u0061".repeat(300_000)}"}`;
  const answer = await queue.post<{ id: string }>("/tasks", `{"args":${args}}`);
  expect(answer.status).toBe(201);
  expect((await queue.task(answer.body.id)).args).toEqual({ a: "a".repeat(300_000) });
});

test("nesting ends at 500", async () => {
  const queue = new Queue(server());
  const nested = (depth: number) => `{"args":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  expect((await queue.post("/tasks", nested(500))).status).toBe(201);
  expectProblem(await queue.post("/tasks", nested(501)), 400, "bad_request", { path: "args" });
  expectProblem(await queue.post("/tasks", nested(100_000)), 400, "bad_request", { path: "args" });
});

test("args come back as they were sent, digit for digit", async () => {
  const queue = new Queue(server());
  const args = '{"b":12345678901234567890,"a":1.000000000000000000001,"e":1e400,"b2":-0,"é\\u00e9":"\\u2028 😀"}';
  const pushed = await queue.post<{ id: string }>("/tasks", `{"priority":1,"args":${args}}`);
  const text = async (path: string, init?: RequestInit) => (await fetch(queue.url + path, init)).text();
  expect(await text(`/tasks/${pushed.body.id}`)).toContain(`"args":${args}`);
  expect(await text("/tasks")).toContain(`"args":${args}`);
  const poll = await text("/poll", {
    method: "POST",
    body: '{"worker":"w"}',
    headers: { "content-type": "application/json" },
  });
  expect(poll).toContain(`"args":${args}`);
  const { lease } = first((JSON.parse(poll) as { tasks: { lease: string }[] }).tasks);
  const result = '{"n":98765432109876543210}';
  const body = `{"events":[{"type":"ack","id":"${pushed.body.id}","lease":"${lease}","result":{"ok":${result}}}]}`;
  await queue.post("/events", body);
  expect(await text(`/tasks/${pushed.body.id}`)).toContain(`"lastResult":{"ok":${result}}`);
  const asked = { method: "POST", headers: { "content-type": "application/json" } };
  expect(await text("/status", { ...asked, body: `{"ids":["${pushed.body.id}"]}` })).toContain(
    `"result":{"ok":${result}}`,
  );
  expect(await text("/wait", { ...asked, body: `{"ids":["${pushed.body.id}"]}` })).toContain(
    `"result":{"ok":${result}}`,
  );
});

test("another codec has base64 strings for args and result", async () => {
  const queue = new Queue(server());
  expectProblem(await queue.post("/tasks", { args: { a: 1 }, codec: "msgpack" }), 400, "bad_request", { path: "args" });
  expectProblem(await queue.post("/tasks", { args: "not base64!", codec: "msgpack" }), 400, "bad_request", {
    path: "args",
  });
  const task = await queue.leased({ args: "gaFhAQ==", codec: "msgpack" });
  expect(task).toMatchObject({ args: "gaFhAQ==", codec: "msgpack" });
  const status = async () => (await queue.post("/status", { ids: [task.id] })).body;
  expect(await status()).toMatchObject({ results: [{ id: task.id, status: "Running", attempt: 1 }] });
  expect(await queue.event(ack(task, { ok: "gaFhAg==" }))).toEqual({ id: task.id, status: "Done" });
  // Who waits must know how to read it, without fetching the task.
  const result = { id: task.id, status: "Done", attempt: 1, result: { ok: "gaFhAg==" }, codec: "msgpack" };
  expect(await status()).toEqual({ results: [result], unknown: [] });
});

test("defaults of the queue are copied into a task when it is pushed", async () => {
  const queue = new Queue(server());
  const backoff = { type: "fixed", baseMs: 7, factor: 1, maxMs: 70, jitter: 0 };
  await queue.configure({ defaults: { priority: 3, maxAttempts: 2, timeoutMs: 99, backoff } });
  const id = await queue.push();
  await queue.configure({ defaults: { priority: 4, maxAttempts: 1, timeoutMs: null, backoff: null } });
  expect(await queue.task(id)).toMatchObject({ priority: 3, maxAttempts: 2, timeoutMs: 99, backoff });
  const later = await queue.task(await queue.push());
  expect(later).toMatchObject({ priority: 4, maxAttempts: 1, backoff: BACKOFF });
  expect(later).not.toHaveProperty("timeoutMs");
  expect(await queue.task(await queue.push({ priority: 0, maxAttempts: 8, timeoutMs: 5 }))).toMatchObject({
    priority: 0,
    maxAttempts: 8,
    timeoutMs: 5,
  });
});
