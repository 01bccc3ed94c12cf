/** Queues: numbers, settings, drop, workers, and the views over all of them. */

import { expect, test } from "vitest";
import type { Task } from "../../../src/protocol/answers.ts";
import { http } from "../../support/http.ts";
import { ack, type Body, expectProblem, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const DAY = 86_400_000;
const GONE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

const BACKOFF = { type: "exponential", baseMs: 1_000, factor: 2, maxMs: 3_600_000, jitter: 0.1 };
const CONFIG = {
  paused: false,
  orphanAfterMs: 60_000,
  retention: { doneMs: DAY, killedMs: 14 * DAY },
  defaults: { priority: 0, maxAttempts: 5, backoff: BACKOFF, timeoutMs: null },
};
const NONE = { Pending: 0, Queued: 0, Running: 0, Done: 0, Failed: 0, Killed: 0 };
const INFO = {
  partitions: 1,
  counts: NONE,
  workers: 0,
  oldestDueAgeMs: null,
  rates: { pushed: 0, done: 0, failed: 0, killed: 0 },
  activity: [0, 0, 0, 0, 0, 0, 0],
  config: CONFIG,
};

test("a queue that was never used is empty, not missing, but for its own route", async () => {
  const queue = new Queue(server());
  expectProblem(await queue.get(""), 404, "queue_not_found");
  expect((await queue.get("/tasks")).body).toEqual({ tasks: [] });
  expect((await queue.get("/workers")).body).toEqual({ workers: [] });
  expect((await queue.get("/config")).body).toStrictEqual(CONFIG);
  expect((await queue.get("/stats")).body).toMatchObject({ name: queue.name, ...INFO });
  expect((await queue.post("/status", { ids: [GONE] })).body).toEqual({ results: [], unknown: [GONE] });
  expect((await queue.post("/purge")).body).toEqual({ purged: 0, more: false });
  expect((await queue.post("/vacuum")).body).toEqual({ vacuumed: 0, more: false });
  expect((await queue.post("/resume-abandoned")).body).toEqual({ resumed: 0 });
  expect((await queue.call("DELETE", "")).status).toBe(204);
  expectProblem(await queue.get(""), 404, "queue_not_found");
});

test("a queue tells its numbers", async () => {
  const queue = new Queue(server());
  const before = Date.now();
  await queue.taskIn("Done");
  await queue.taskIn("Failed");
  await queue.taskIn("Running");
  await queue.taskIn("Killed");
  await queue.push({ delayMs: 60_000 });
  await queue.push({ runAt: before - 5_000 });
  const { body, status } = await queue.get("");
  expect(status).toBe(200);
  expect(body).toEqual({
    ...INFO,
    name: queue.name,
    counts: { Pending: 2, Queued: 0, Running: 1, Done: 1, Failed: 1, Killed: 1 },
    workers: 1,
    oldestDueAgeMs: expect.any(Number),
    rates: {
      pushed: 0.1,
      done: expect.closeTo(1 / 60),
      failed: expect.closeTo(1 / 60),
      killed: expect.closeTo(1 / 60),
    },
    activity: [0, 0, 0, 0, 0, 0, 6],
  });
  expect(body.oldestDueAgeMs).toBeGreaterThanOrEqual(5_000);
  expect(body.oldestDueAgeMs).toBeLessThan(15_000);
  const stats = await queue.get("/stats");
  expect(stats.body).toMatchObject({ name: queue.name, counts: body.counts as object, config: CONFIG });
  const percentiles = { p50: expect.any(Number), p90: expect.any(Number), p99: expect.any(Number) };
  expect(stats.body).toMatchObject({ waitMs: percentiles, runMs: percentiles });
});

test("settings are merged, and answered whole", async () => {
  const queue = new Queue(server());
  const patch = async (config: object) => {
    const answer = await queue.call("PATCH", "/config", config);
    expect(answer.status).toBe(200);
    return answer.body;
  };
  expect(await patch({})).toStrictEqual(CONFIG);
  expect(await patch({ paused: true, retention: { doneMs: 5 } })).toStrictEqual({
    ...CONFIG,
    paused: true,
    retention: { doneMs: 5, killedMs: 14 * DAY },
  });
  const after = await patch({
    retention: { killedMs: null },
    defaults: { backoff: { baseMs: 7 }, timeoutMs: 9 },
    orphanAfterMs: 1_000,
  });
  expect(after).toStrictEqual({
    paused: true,
    orphanAfterMs: 1_000,
    retention: { doneMs: 5, killedMs: null },
    defaults: { priority: 0, maxAttempts: 5, backoff: { ...BACKOFF, baseMs: 7 }, timeoutMs: 9 },
  });
  expect((await queue.get("/config")).body).toStrictEqual(after);
  expect((await queue.get<{ config: Body }>("")).body.config).toStrictEqual(after);
  expect(
    await patch({ defaults: { backoff: null, timeoutMs: null }, paused: false, orphanAfterMs: 86_400_000 }),
  ).toMatchObject({
    defaults: { backoff: BACKOFF, timeoutMs: null },
    orphanAfterMs: 86_400_000,
  });
});

test.each([
  [{ pause: true }, "pause"],
  [{ paused: null }, "paused"],
  [{ paused: "yes" }, "paused"],
  [{ orphanAfterMs: 999 }, "orphanAfterMs"],
  [{ orphanAfterMs: 86_400_001 }, "orphanAfterMs"],
  [{ orphanAfterMs: null }, "orphanAfterMs"],
  [{ retention: null }, "retention"],
  [{ retention: { doneMs: -1 } }, "retention.doneMs"],
  [{ retention: { failedMs: 1 } }, "retention.failedMs"],
  [{ defaults: null }, "defaults"],
  [{ defaults: { priority: null } }, "defaults.priority"],
  [{ defaults: { priority: 2 ** 31 } }, "defaults.priority"],
  [{ defaults: { maxAttempts: 0 } }, "defaults.maxAttempts"],
  [{ defaults: { maxAttempts: null } }, "defaults.maxAttempts"],
  [{ defaults: { timeoutMs: 0 } }, "defaults.timeoutMs"],
  [{ defaults: { backoff: { type: "x" } } }, "defaults.backoff.type"],
  [{ defaults: { runAt: 1 } }, "defaults.runAt"],
])("settings refuse %j", async (config, path) => {
  const queue = new Queue(server());
  expectProblem(await queue.call("PATCH", "/config", { paused: true, ...config }), 400, "bad_request", { path });
  expect((await queue.get("/config")).body).toStrictEqual(CONFIG);
});

test("a queue is dropped with all that it had", async () => {
  const queue = new Queue(server());
  await queue.configure({ orphanAfterMs: 5_000 });
  const task = await queue.taskIn("Done", { idempotencyKey: "k" });
  expect((await queue.call("DELETE", "")).status).toBe(204);
  expectProblem(await queue.get(""), 404, "queue_not_found");
  expectProblem(await queue.get(`/tasks/${task.id}`), 404, "task_not_found");
  expect((await queue.get("/config")).body).toStrictEqual(CONFIG);
  const listed = await http(server().url).get<{ queues: { name: string }[] }>("/v1/queues?limit=1000");
  expect(listed.body.queues.map(({ name }) => name)).not.toContain(queue.name);
  expect((await queue.post("/tasks", { args: 1, idempotencyKey: "k" })).body).toMatchObject({ created: true });
  expect(await queue.counts()).toEqual({ ...NONE, Pending: 1 });
});

test("a queue is not dropped while something is leased, unless forced", async () => {
  const queue = new Queue(server());
  const leased = await queue.leased();
  const task = await queue.task(leased.id);
  for (const query of ["", "?force=false", "?force=0"]) {
    expectProblem(await queue.call("DELETE", query), 409, "wrong_status");
  }
  expect(await queue.task(leased.id)).toEqual(task);
  expectProblem(await queue.call("DELETE", "?force=yes"), 400, "bad_request", { path: "force" });
  expect((await queue.call("DELETE", "?force")).status).toBe(204);
  expect((await queue.event(ack(leased))).error).toMatchObject({ code: "task_not_found" });
  expectProblem(await queue.get(""), 404, "queue_not_found");
});

test("views over all queues say how old they are", async () => {
  const api = http(server().url);
  const queue = new Queue(server(), "all/one");
  const other = new Queue(server(), "all/two");
  // A worker that is there from the first is in the first report.
  await other.poll();
  await other.leased();
  const id = await queue.push();
  const named = async () => {
    const { body } = await api.get<{ queues: { name: string; counts: Body }[]; asOf: number }>("/v1/queues?limit=1000");
    expect(body.asOf).toEqual(expect.any(Number));
    expect(body.asOf).toBeLessThanOrEqual(Date.now());
    return body.queues;
  };
  await expect
    .poll(async () => (await named()).map(({ name }) => name), { timeout: 5_000 })
    .toEqual(expect.arrayContaining(["all/one", "all/two"]));
  expect((await named()).find(({ name }) => name === "all/one")).toEqual({
    ...INFO,
    name: "all/one",
    counts: { ...NONE, Pending: 1 },
    oldestDueAgeMs: expect.any(Number),
    rates: expect.any(Object),
    activity: [0, 0, 0, 0, 0, 0, 1],
  });
  const totals = await api.get("/v1/stats");
  expect(totals.status).toBe(200);
  expect(totals.body).toMatchObject({ asOf: expect.any(Number), counts: expect.any(Object) });
  const listed = await all<{ tasks: Task[] } & Body>("/v1/tasks?limit=7");
  expect(listed.every(({ asOf }) => typeof asOf === "number" && asOf <= Date.now())).toBe(true);
  const mine = listed.flatMap(({ tasks }) => tasks).filter((task) => task.queue.startsWith("all/"));
  expect(mine.map((task) => [task.queue, task.status])).toEqual([
    ["all/one", "Pending"],
    ["all/two", "Running"],
  ]);
  expect(mine[0]?.id).toBe(id);
  const workers = await api.get<{ workers: Body[]; asOf: number }>("/v1/workers");
  expect(workers.body.asOf).toBeLessThanOrEqual(Date.now());
  expect(workers.body.workers.filter(({ queue: at }) => at === "all/two")).toEqual([
    {
      id: "w",
      queue: "all/two",
      startedAt: expect.any(Number),
      heardAt: expect.any(Number),
      layers: [],
      leases: expect.any(Number),
      alive: true,
    },
  ]);
});

async function all<T>(path: string): Promise<T[]> {
  const pages: T[] = [];
  let cursor = "";
  do {
    const { body, status } = await http(server().url).get<T & { nextCursor?: string }>(`${path}${cursor}`);
    expect(status).toBe(200);
    pages.push(body);
    cursor = body.nextCursor === undefined ? "" : `&cursor=${encodeURIComponent(body.nextCursor)}`;
  } while (cursor !== "");
  return pages;
}

test("queues are listed by name, a page at a time", async () => {
  for (const name of ["page c", "page a", "page/😀", "page b"]) await new Queue(server(), name).push();
  await expect
    .poll(async () =>
      (await all<{ queues: { name: string }[] }>("/v1/queues?limit=1000")).flatMap(({ queues }) =>
        queues.map(({ name }) => name),
      ),
    )
    .toEqual(expect.arrayContaining(["page a", "page b", "page c", "page/😀"]));
  const pages = await all<{ queues: { name: string }[] }>("/v1/queues?limit=2");
  expect(pages.slice(0, -1).every(({ queues }) => queues.length === 2)).toBe(true);
  const names = pages.flatMap(({ queues }) => queues.map(({ name }) => name));
  expect(names.filter((name) => name.startsWith("page"))).toEqual(["page a", "page b", "page c", "page/😀"]);
  expect(new Set(names).size).toBe(names.length);
  for (const [query, path] of [
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["cursor=%21", "cursor"],
    ["status=Done", "status"],
  ]) {
    expectProblem(await http(server().url).get(`/v1/queues?${query}`), 400, "bad_request", { path: path ?? "" });
  }
});

test("workers are listed while they live or hold leases", async () => {
  const queue = new Queue(server());
  const before = Date.now();
  const registered = await queue.post("/workers", { worker: "ann/1", layers: ["retry", "trace"], info: { pid: 1 } });
  expect(registered.status).toBe(201);
  expect(registered.body).toEqual({
    worker: "ann/1",
    session: expect.any(String),
    orphanAfterMs: 60_000,
    partitions: 1,
    protocol: 1,
  });
  await queue.leased({}, { worker: "bob" });
  const { body } = await queue.get<{ workers: { id: string; startedAt: number; heardAt: number }[] }>("/workers");
  const worker = { queue: queue.name, startedAt: expect.any(Number), heardAt: expect.any(Number), alive: true };
  expect(body.workers.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toStrictEqual([
    { id: "ann/1", ...worker, layers: ["retry", "trace"], leases: 0 },
    { id: "bob", ...worker, layers: [], leases: 1 },
  ]);
  for (const { startedAt, heardAt } of body.workers) {
    expect(startedAt).toBeGreaterThanOrEqual(before);
    expect(heardAt).toBeGreaterThanOrEqual(startedAt);
  }
  const bye = await queue.call("DELETE", "/workers/ann%2F1", { session: registered.body.session });
  expect(bye.status).toBe(200);
  expect(bye.body).toEqual({ released: 0 });
  const after = await queue.get<{ workers: { id: string }[] }>("/workers");
  expect(after.body.workers.map(({ id }) => id)).toEqual(["bob"]);
});

test("a heartbeat is answered with the time that a worker may be silent", async () => {
  const queue = new Queue(server());
  await queue.configure({ orphanAfterMs: 4_321 });
  const { session } = await queue.poll();
  expect((await queue.post("/workers/w/heartbeat", { session })).body).toEqual({ orphanAfterMs: 4_321 });
  for (const [worker, token] of [
    ["w", "nonsense"],
    ["other", session],
  ]) {
    expectProblem(await queue.post(`/workers/${worker}/heartbeat`, { session: token }), 404, "worker_not_found");
    expectProblem(await queue.call("DELETE", `/workers/${worker}`, { session: token }), 404, "worker_not_found");
  }
  expectProblem(await queue.post("/workers/w/heartbeat", {}), 400, "bad_request", { path: "session" });
  expectProblem(await queue.post("/workers/w/heartbeat"), 400, "bad_request", { path: "session" });
  expectProblem(await queue.call("DELETE", "/workers/w"), 400, "bad_request", { path: "session" });
  expectProblem(await new Queue(server()).post("/workers/w/heartbeat", { session }), 404, "worker_not_found");
});

test.each([
  [{}, "worker"],
  [{ worker: "" }, "worker"],
  [{ worker: "w", session: "x" }, "session"],
  [{ worker: "w", layers: null }, "layers"],
  [{ worker: "w", layers: "retry" }, "layers"],
  [{ worker: "w", layers: [1] }, "layers.0"],
  [{ worker: "w", info: null }, "info"],
])("registration refuses %j", async (body, path) => {
  const queue = new Queue(server());
  expectProblem(await queue.post("/workers", body), 400, "bad_request", { path });
  expectProblem(await queue.get(""), 404, "queue_not_found");
});
