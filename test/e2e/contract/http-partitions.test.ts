/** A queue of three partitions over HTTP: every verb, as on a queue of one. */

import { describe, expect, test } from "vitest";
import type { LeasedTask, Task } from "../../../src/protocol/answers.ts";
import type { History } from "../../../src/protocol/queue-answers.ts";
import { http } from "../../support/http.ts";
import { until } from "../../support/processes.ts";
import { keyIn, PARTITIONS, partitioned, partitionOf } from "./partitions.ts";
import { ack, expectProblem, linesOf, Queue, serverForFile } from "./queue.ts";

const server = serverForFile(partitioned("parts*"));
const COUNTS = { partitions: PARTITIONS, keyedPartitions: PARTITIONS };
const NOWHERE = "01ARZ3NDEKZZ00000001000000";
let queues = 0;
const fresh = () => new Queue(server(), `parts ${++queues}`);

/** A task in each partition, by partition. */
async function spread(queue: Queue, task: object = {}): Promise<string[]> {
  const ids: string[] = [];
  for (let k = 0; k < PARTITIONS; k++) ids.push(await queue.push({ ...task, idempotencyKey: keyIn(k) }));
  expect(ids.map(partitionOf)).toEqual([0, 1, 2]);
  return ids;
}

const sorted = (ids: readonly { id: string }[]) => ids.map(({ id }) => id).sort();

describe("push", () => {
  test("sends a key where it belongs, once, and a group before a key", async () => {
    const queue = fresh();
    const ids = await spread(queue);
    for (const [k, id] of ids.entries()) {
      const again = await queue.post("/tasks", { args: null, idempotencyKey: keyIn(k) });
      expect(again).toMatchObject({ status: 200, body: { id, created: false } });
    }
    const grouped = await queue.push({ groupKey: keyIn(2), idempotencyKey: keyIn(0) });
    expect(partitionOf(grouped)).toBe(2);
  });

  test("keeps a list in one partition, that of its keys, and refuses one that needs several", async () => {
    const queue = fresh();
    const mixed = [{ args: 1 }, { args: 2, groupKey: keyIn(1) }, { args: 3 }];
    const pushed = await queue.post<{ tasks: { id: string }[] }>("/tasks", mixed);
    expect(pushed.body.tasks.map(({ id }) => partitionOf(id))).toEqual([1, 1, 1]);
    const odd = await queue.post("/tasks", [
      ...mixed,
      { args: 4, idempotencyKey: keyIn(0) },
      { args: 5, groupKey: keyIn(2) },
    ]);
    expectProblem(odd, 400, "bad_request", { path: "3.idempotencyKey", ...COUNTS });
    expect((await queue.counts()).Pending).toBe(3);
  });

  test("spreads what has no key", async () => {
    const queue = fresh();
    const ids = await Promise.all(Array.from({ length: 60 }, () => queue.push()));
    const counts = [0, 1, 2].map((k) => ids.filter((id) => partitionOf(id) === k).length);
    expect(Math.min(...counts)).toBeGreaterThan(3);
  });

  test("answers a stream line by line, whatever partitions its lines are for", async () => {
    const queue = fresh();
    const lines = Array.from({ length: 9 }, (_, at) => ({
      args: at,
      ...(at % 4 === 3 ? {} : { groupKey: keyIn(at % 3) }),
    }));
    const response = await fetch(`${queue.url}/tasks`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: lines.map((line) => JSON.stringify(line)).join("\n"),
    });
    const answers = linesOf(await response.text()) as { id: string; created: boolean }[];
    expect(answers).toHaveLength(9);
    for (const [at, { id }] of answers.entries()) {
      expect((await queue.task(id)).args).toBe(at);
      if (at % 4 !== 3) expect(partitionOf(id)).toBe(at % 3);
    }
  });
});

describe("work", () => {
  test("a poll gathers from all partitions up to its max, and takes events for all", async () => {
    const queue = fresh();
    const ids = await spread(queue);
    const { session, tasks } = await queue.poll({ max: 2 });
    expect(tasks).toHaveLength(2);
    const rest = await queue.poll({ session, max: 10, events: tasks.map((task) => ack(task)) });
    expect(rest.session).toBe(session);
    expect(rest.events).toEqual(tasks.map(({ id }) => ({ id, status: "Done" })));
    expect(sorted([...tasks, ...rest.tasks])).toEqual([...ids].sort());
    expect((await queue.poll({ session, max: 10 })).tasks).toEqual([]);
  });

  test("events go to the partitions of their tasks, and are answered in order", async () => {
    const queue = fresh();
    await spread(queue);
    const { session, tasks } = await queue.poll({ max: 3 });
    const events = [
      ack({ id: NOWHERE, lease: "1.1" }),
      ...tasks.toReversed().map((task) => ack(task)),
      ack({ id: "x", lease: "1.1" }),
    ];
    const { status, body } = await queue.post<{ events: object[] }>("/events", { worker: "w", session, events });
    expect(status).toBe(200);
    expect(body.events).toMatchObject([
      { id: NOWHERE, error: { code: "task_not_found" } },
      ...tasks.toReversed().map(({ id }) => ({ id, status: "Done" })),
      { id: "x", error: { code: "task_not_found" } },
    ]);
    const stranger = { worker: "w", session: "1-aaaaaaaaaaaaaaaaaaaaaaaaaa" };
    expectProblem(await queue.post("/events", { ...stranger, events }), 404, "worker_not_found");
    expectProblem(await queue.post("/events", { worker: "who", events: [events[0]] }), 404, "worker_not_found");
  });

  test("a long poll waits on all partitions, and nothing that any of them claimed is lost", async () => {
    const queue = fresh();
    await queue.poll();
    const waiting = queue.poll({ max: 2, waitMs: 8_000 });
    await Promise.all([0, 1, 2].map((k) => queue.push({ groupKey: keyIn(k) })));
    const { session, tasks } = await waiting;
    expect(tasks.length).toBeGreaterThan(0);
    const more: LeasedTask[] = [];
    await until(async () => {
      more.push(...(await queue.poll({ session, max: 3 })).tasks);
      return tasks.length + more.length === 3;
    }, "the others were given back, and claimed again");
    expect([...tasks, ...more].map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
    const started = Date.now();
    expect((await queue.poll({ session, waitMs: 300 })).tasks).toEqual([]);
    expect(Date.now() - started).toBeGreaterThanOrEqual(290);
  });

  test("a session is good on all partitions, and its successor takes the name on all of them", async () => {
    const queue = fresh();
    const registered = await queue.post<{ session: string }>("/workers", { worker: "w", layers: ["trace"] });
    expect(registered).toMatchObject({ status: 201, body: { ...COUNTS, hash: "fnv1a32", protocol: 1 } });
    const { session } = registered.body;
    const ids = await spread(queue);
    const { tasks } = await queue.poll({ session, max: 3, autoStart: false });
    expect(sorted(tasks)).toEqual([...ids].sort());
    expect((await queue.post("/workers/w/heartbeat", { session })).body).toEqual({ orphanAfterMs: 60_000 });
    const { body } = await queue.get<{ workers: object[] }>("/workers");
    expect(body.workers).toMatchObject([{ id: "w", leases: 3, alive: true, layers: ["trace"] }]);
    const next = await queue.post<{ session: string }>("/workers", { worker: "w" });
    // What the first has not started goes back at once, on all partitions.
    expect((await queue.counts()).Pending).toBe(3);
    expectProblem(await queue.post("/poll", { worker: "w", session }), 404, "worker_not_found");
    const taken = await queue.poll({ session: next.body.session, max: 3, autoStart: false });
    expect(sorted(taken.tasks)).toEqual([...ids].sort());
    const left = await queue.call("DELETE", "/workers/w", { session: next.body.session });
    expect(left.body).toEqual({ released: 3 });
    expectProblem(await queue.call("DELETE", "/workers/w", { session: next.body.session }), 404, "worker_not_found");
    expectProblem(await queue.post("/workers/w/heartbeat", { session: "nobody" }), 404, "worker_not_found");
  });

  test("a worker that polls one partition keeps what it runs on the others", async () => {
    const queue = fresh();
    await queue.configure({ orphanAfterMs: 1_500 });
    const ids = await spread(queue);
    const { session, tasks } = await queue.poll({ max: 3 });
    expect(tasks).toHaveLength(3);
    const until = Date.now() + 3_500;
    while (Date.now() < until) {
      await queue.push({ groupKey: keyIn(0) });
      await queue.poll({ session, max: 1 });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    for (const id of ids) expect(await queue.task(id)).toMatchObject({ status: "Running", attempt: 1 });
  });
});

describe("one task", () => {
  test("is found, changed and removed by its id, and one of no partition is not found", async () => {
    const queue = fresh();
    const ids = await spread(queue);
    for (const id of ids) {
      expect((await queue.call("PATCH", `/tasks/${id}`, { priority: 3 })).body).toMatchObject({ id, priority: 3 });
      expect((await queue.post(`/tasks/${id}/reschedule`, { delayMs: 60_000 })).body).toMatchObject({ id });
      expect((await queue.post(`/tasks/${id}/cancel`)).body).toEqual({ cancelled: true });
      expect((await queue.post(`/tasks/${id}/resume`)).body).toEqual({ resumed: true });
      expect((await queue.call("DELETE", `/tasks/${id}`)).status).toBe(204);
      expectProblem(await queue.get(`/tasks/${id}`), 404, "task_not_found");
    }
    for (const id of [NOWHERE, "x"]) {
      expectProblem(await queue.get(`/tasks/${id}`), 404, "task_not_found");
      expectProblem(await queue.post(`/tasks/${id}/cancel`), 404, "task_not_found");
    }
  });

  test("is waited for wherever it is, and its status is told", async () => {
    const queue = fresh();
    const ids = await spread(queue);
    const { tasks } = await queue.poll({ max: 3 });
    const [early, ...late] = tasks as [LeasedTask, LeasedTask, LeasedTask];
    await queue.event(ack(early));
    const response = await fetch(`${queue.url}/wait`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ids: [...ids, NOWHERE, "x"], waitMs: 8_000 }),
    });
    for (const task of late) await queue.event(ack(task));
    const lines = linesOf(await response.text());
    expect(
      lines
        .filter((line) => "status" in line)
        .map((line) => line.id)
        .sort(),
    ).toEqual([...ids].sort());
    expect(
      lines
        .filter((line) => "error" in line)
        .map((line) => line.id)
        .sort(),
    ).toEqual([NOWHERE, "x"]);
    const open = await spread(new Queue(server(), `${queue.name} more`));
    const other = new Queue(server(), `${queue.name} more`);
    for (const waitMs of [0, 300]) {
      const pending = await fetch(`${other.url}/wait`, {
        method: "POST",
        body: JSON.stringify({ ids: open, waitMs }),
        headers: { "content-type": "application/json" },
      });
      const [line] = linesOf(await pending.text()) as { pending: string[] }[];
      expect(line?.pending.toSorted()).toEqual(open.toSorted());
    }
    const { body } = await queue.post<{ results: { id: string }[]; unknown: string[] }>("/status", {
      ids: [...ids, NOWHERE],
    });
    expect(sorted(body.results)).toEqual([...ids].sort());
    expect(body.unknown).toEqual([NOWHERE]);
  });
});

describe("lists", () => {
  test.each(["newest", "oldest"])("go through all partitions, %s first, page by page", async (order) => {
    const queue = fresh();
    const ids: string[] = [];
    for (let at = 0; at < 40; at++) ids.push(await queue.push({ groupKey: `g${at % 7}`, args: at }));
    const expected = order === "oldest" ? ids : ids.toReversed();
    const seen: Task[] = [];
    let cursor = "";
    for (let pages = 0; pages < 40; pages++) {
      const query = `order=${order}&limit=7${cursor && `&cursor=${cursor}`}`;
      const { body } = await queue.get<{ tasks: Task[]; nextCursor?: string }>(`/tasks?${query}`);
      expect(body.tasks.length).toBeLessThanOrEqual(7);
      seen.push(...body.tasks);
      if (body.nextCursor === undefined) break;
      cursor = body.nextCursor;
    }
    // Of one instant, the order among partitions is theirs; nothing is missing, and nothing comes twice.
    expect(seen.map(({ id }) => id).sort()).toEqual([...ids].sort());
    const times = seen.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted((a, b) => (order === "oldest" ? a - b : b - a)));
    expect(expected[0]).toBe(seen[0]?.id);
    const grouped = await queue.get<{ tasks: Task[] }>("/tasks?groupKey=g3&limit=100");
    expect(grouped.body.tasks.map(({ args }) => args)).toEqual([38, 31, 24, 17, 10, 3]);
    const wrong = order === "oldest" ? "newest" : "oldest";
    expectProblem(await queue.get(`/tasks?order=${wrong}&cursor=${cursor}`), 400, "bad_request", { path: "cursor" });
    expectProblem(await queue.get("/tasks?cursor=n.1"), 400, "bad_request", { path: "cursor" });
  });

  test("over all queues know a divided one as one", async () => {
    const queue = fresh();
    await spread(queue);
    await queue.poll({ max: 3 });
    const all = http(server().url);
    await until(
      async () => {
        const { body } = await all.get<{ queues: { name: string; counts: { Running: number } }[] }>(
          "/v1/queues?limit=1000",
        );
        const entries = body.queues.filter(({ name }) => name === queue.name);
        return entries.length === 1 && entries[0]?.counts.Running === 3;
      },
      "the directory knew all partitions",
      20_000,
    );
    const { body } = await all.get<{ queues: { name: string }[] }>("/v1/queues?limit=1000");
    expect(body.queues.find(({ name }) => name === queue.name)).toMatchObject({ ...COUNTS, workers: 1 });
    const { body: listed } = await all.get<{ workers: { queue: string; leases: number }[] }>("/v1/workers");
    expect(listed.workers.filter((worker) => worker.queue === queue.name)).toMatchObject([{ id: "w", leases: 3 }]);
  });
});

describe("many at once", () => {
  test.each(["cancel", "resume", "reschedule", "delete"])(
    "%s shares its limit, and a dry run adds up",
    async (verb) => {
      const queue = fresh();
      const pushed: string[] = [];
      for (let at = 0; at < 4; at++) for (const k of [0, 1, 2]) pushed.push(await queue.push({ groupKey: keyIn(k) }));
      if (verb === "resume") await queue.post("/tasks/cancel", { filter: {} });
      const more = verb === "reschedule" ? { delayMs: 60_000 } : {};
      const call = async (selection: object) => (await queue.post(`/tasks/${verb}`, { ...selection, ...more })).body;
      expect(await call({ filter: {}, dryRun: true })).toEqual({ matched: 12, changed: 12, more: false });
      expect(await call({ ids: [...pushed, NOWHERE], dryRun: true })).toEqual({
        matched: 12,
        changed: 12,
        more: false,
      });
      expect(await call({ filter: { groupKey: keyIn(1) }, dryRun: true })).toMatchObject({ matched: 4, changed: 4 });
      expect(await call({ filter: {}, limit: 5 })).toMatchObject({ changed: 5, more: true });
      if (verb === "reschedule") return;
      expect(await call({ filter: {} })).toMatchObject({ changed: 7, more: false });
    },
  );

  test("vacuum, purge and resume-abandoned go over all partitions", async () => {
    const queue = fresh();
    await spread(queue);
    const { tasks } = await queue.poll({ max: 3 });
    for (const task of tasks) await queue.event(ack(task));
    expect((await queue.post("/vacuum", { olderThanMs: 0, limit: 2 })).body).toEqual({ vacuumed: 2, more: true });
    expect((await queue.post("/vacuum", { olderThanMs: 0 })).body).toEqual({ vacuumed: 1, more: false });
    await spread(queue);
    expect((await queue.post("/purge")).body).toEqual({ purged: 3, more: false });
    await queue.configure({ orphanAfterMs: 1_000 });
    await spread(queue);
    await queue.poll({ worker: "silent", max: 3, autoStart: false });
    expect((await queue.post("/resume-abandoned")).body).toEqual({ resumed: 0 });
  });
});

describe("the queue", () => {
  test("has its settings on all partitions, also those used later", async () => {
    const queue = fresh();
    expect((await queue.get("")).status).toBe(404);
    await queue.configure({ defaults: { maxAttempts: 2 } });
    for (const id of await spread(queue)) expect((await queue.task(id)).maxAttempts).toBe(2);
    await queue.configure({ defaults: { maxAttempts: 7 }, paused: true });
    expect((await queue.get("/config")).body).toMatchObject({ paused: true, defaults: { maxAttempts: 7 } });
    for (let k = 0; k < PARTITIONS; k++) {
      expect((await queue.task(await queue.push({ groupKey: keyIn(k) }))).maxAttempts).toBe(7);
    }
    expect((await queue.poll({ max: 10 })).tasks).toEqual([]);
    await queue.configure({ paused: false });
    expect((await queue.poll({ max: 10 })).tasks).toHaveLength(6);
  });

  test("adds up its history, and what waits in partitions of which nothing is told", async () => {
    const queue = fresh();
    expect((await queue.get("/history")).body).toEqual({ minutes: [], hours: [] });
    await spread(queue);
    await queue.poll({ max: 1 });
    const { body } = await queue.get<History>("/history");
    const total = (of: "pushed" | "done") => body.minutes.reduce((sum, point) => sum + point[of], 0);
    expect([total("pushed"), total("done")]).toEqual([3, 0]);
    expect(body.minutes.at(-1)).toMatchObject({ waiting: 2, waitMs: { p50: expect.any(Number) }, runMs: null });
    expect(body.hours.at(-1)).toMatchObject({ waiting: 2 });
  });

  test("adds up its numbers", async () => {
    const queue = fresh();
    await spread(queue);
    await queue.poll({ max: 3 });
    const { body } = await queue.get("/stats");
    expect(body).toMatchObject({
      name: queue.name,
      ...COUNTS,
      counts: { Running: 3 },
      workers: 1,
      activity: [0, 0, 0, 0, 0, 0, 3],
      waitMs: { p50: expect.any(Number) },
      runMs: null,
    });
    const info = await queue.get("");
    expect(Object.keys(info.body).sort()).toEqual([
      "activity",
      "config",
      "counts",
      "keyedPartitions",
      "name",
      "oldestDueAgeMs",
      "partitions",
      "rates",
      "workers",
    ]);
  });

  test("is dropped whole, or not at all while something is leased anywhere", async () => {
    const queue = fresh();
    const ids = await spread(queue);
    await queue.poll();
    expectProblem(await queue.call("DELETE", ""), 409, "wrong_status");
    expect((await queue.counts()).Pending).toBe(2);
    expect((await queue.call("DELETE", "?force")).status).toBe(204);
    expect((await queue.get("")).status).toBe(404);
    for (const id of ids) expect((await queue.get(`/tasks/${id}`)).status).toBe(404);
    expect(partitionOf(await queue.push({ groupKey: keyIn(2) }))).toBe(2);
  });

  test("grants tokens for waits on any partition", async () => {
    const queue = fresh();
    const ids = await spread(queue);
    expect((await queue.post("/wait-token", { ids })).status).toBe(201);
  });
});
