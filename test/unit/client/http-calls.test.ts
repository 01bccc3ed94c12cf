import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { binding, DurableBackend, type Fetch, http, PriniaError } from "../../../src/client/index.ts";
import { outcomeOf, problem, queueOf, serverOf } from "./fake-fetch.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const view = { id: "t1", status: "Pending", codec: "json", args: { n: 1 }, revision: 3 };

describe("each call is one request", () => {
  type Queue = ReturnType<typeof queueOf>["queue"];
  const base = "http://queue.test/prefix/v1";
  const cases: [string, (queue: Queue) => Promise<unknown>, object, string, string, unknown][] = [
    ["fetch", (queue) => queue.fetchById("t/1"), view, "GET", "/queues/a%2Fb/tasks/t%2F1", undefined],
    [
      "resume",
      (queue) => queue.resumeById("t1"),
      { resumed: true },
      "POST",
      "/queues/a%2Fb/tasks/t1/resume",
      undefined,
    ],
    ["cancel", (queue) => queue.cancel("t1"), { cancelled: true }, "POST", "/queues/a%2Fb/tasks/t1/cancel", undefined],
    [
      "reschedule",
      (queue) => queue.reschedule("t1", "2s"),
      view,
      "POST",
      "/queues/a%2Fb/tasks/t1/reschedule",
      { delayMs: 2_000 },
    ],
    [
      "a snooze by the holder",
      (queue) => queue.reschedule({ id: "t1", lease: "l1" } as { id: string }, "2s"),
      { events: [{ id: "t1", status: "Pending" }] },
      "POST",
      "/queues/a%2Fb/events",
      { events: [{ type: "snooze", id: "t1", lease: "l1", delayMs: 2_000 }] },
    ],
    [
      "update",
      (queue) => queue.update("t1", { priority: 2, timeoutMs: null }),
      view,
      "PATCH",
      "/queues/a%2Fb/tasks/t1",
      { priority: 2, timeoutMs: null },
    ],
    [
      "a bulk verb",
      (queue) => queue.bulk("delete", { filter: { status: "Done" }, dryRun: true }),
      { matched: 1, changed: 1, more: false },
      "POST",
      "/queues/a%2Fb/tasks/delete",
      { filter: { status: "Done" }, dryRun: true },
    ],
    [
      "vacuum",
      (queue) => queue.vacuum({ status: "Done" }),
      { vacuumed: 1, more: false },
      "POST",
      "/queues/a%2Fb/vacuum",
      { status: "Done" },
    ],
    ["purge", (queue) => queue.purge(), { purged: 1, more: false }, "POST", "/queues/a%2Fb/purge", undefined],
    [
      "resume abandoned",
      (queue) => queue.resumeAbandoned(),
      { resumed: 1 },
      "POST",
      "/queues/a%2Fb/resume-abandoned",
      undefined,
    ],
    ["drop", (queue) => queue.drop(), {}, "DELETE", "/queues/a%2Fb", undefined],
    ["a forced drop", (queue) => queue.drop({ force: true }), {}, "DELETE", "/queues/a%2Fb?force", undefined],
    [
      "status",
      (queue) => queue.checkStatus(["t1"]),
      { results: [], unknown: ["t1"] },
      "POST",
      "/queues/a%2Fb/status",
      { ids: ["t1"] },
    ],
    ["config", (queue) => queue.config(), {}, "GET", "/queues/a%2Fb/config", undefined],
    [
      "configure",
      (queue) => queue.configure({ paused: true, retention: { doneMs: null } }),
      {},
      "PATCH",
      "/queues/a%2Fb/config",
      { paused: true, retention: { doneMs: null } },
    ],
    ["workers", (queue) => queue.listWorkers(), { workers: [] }, "GET", "/queues/a%2Fb/workers", undefined],
    ["stats", (queue) => queue.fetchByQueue(), {}, "GET", "/queues/a%2Fb/stats", undefined],
    [
      "a list",
      (queue) => queue.listTasks({ status: "Done", groupKey: "a&b", limit: 5, cursor: undefined }),
      { tasks: [] },
      "GET",
      "/queues/a%2Fb/tasks?status=Done&groupKey=a%26b&limit=5",
      undefined,
    ],
    ["registering", (queue) => queue.registerWorker("w"), {}, "POST", "/queues/a%2Fb/workers", { worker: "w" }],
    ["all workers", (queue) => queue.listAllWorkers(), { workers: [] }, "GET", "/workers", undefined],
    [
      "all tasks",
      (queue) => queue.listAllTasks({ order: "oldest" }),
      { tasks: [] },
      "GET",
      "/tasks?order=oldest",
      undefined,
    ],
    ["all queues", (queue) => queue.listQueues(), { queues: [] }, "GET", "/queues", undefined],
    ["all numbers", (queue) => queue.global(), {}, "GET", "/stats", undefined],
  ];

  test.each(cases)("%s", async (_, call, answer, method, path, body) => {
    const { sent, queue } = queueOf(() => Response.json(answer));
    await call(queue);
    expect(sent).toMatchObject([{ method, url: base + path }]);
    expect(sent[0]?.body).toEqual(body);
  });

  test("and an answer without a body is one", async () => {
    const { sent, queue } = queueOf(() => new Response(null, { status: 204 }));
    expect(await queue.remove("t1")).toBeUndefined();
    expect(sent).toMatchObject([{ method: "DELETE", url: `${base}/queues/a%2Fb/tasks/t1` }]);
  });

  test("over a service binding as well", async () => {
    const { sent, fetch } = serverOf(() => Response.json({ cancelled: true }));
    const fetcher = {
      fetched: 0,
      fetch(...request: Parameters<Fetch>) {
        // As the platform's: it wants to be called on the binding.
        this.fetched++;
        return fetch(...request);
      },
    };
    const queue = new DurableBackend("q", binding(fetcher));
    expect(await queue.cancel("t1")).toBe(true);
    expect(fetcher.fetched).toBe(1);
    expect(sent).toMatchObject([{ url: "https://prinia/v1/queues/q/tasks/t1/cancel", headers: {} }]);
  });
});

describe("a call that fails", () => {
  test("is tried again after the time that the server asks for", async () => {
    const { sent, queue } = queueOf(
      () => problem(429, { code: "too_many_requests" }, { "retry-after": "7" }),
      () => Response.json({ cancelled: true }),
    );
    const cancelled = queue.cancel("t1");
    await vi.advanceTimersByTimeAsync(6_999);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(await cancelled).toBe(true);
  });

  test("is given up in the end, with the last refusal", async () => {
    const { sent, queue } = queueOf(() => problem(503));
    expect(await outcomeOf(queue.fetchById("t1"))).toMatchObject({ error: { code: "overloaded", status: 503 } });
    expect(sent).toHaveLength(8);
  });

  test.each([
    [400, { code: "bad_request", path: "id" }],
    [401, { code: "unauthorized" }],
    [404, { code: "task_not_found" }],
    [409, { code: "wrong_status", taskStatus: "Done" }],
    [503, { code: "not_configured" }],
  ])("is not tried again when it is refused with %d", async (status, fields) => {
    const { sent, queue } = queueOf(() => problem(status, fields));
    const outcome = await outcomeOf(queue.cancel("t1"));
    expect(outcome).toMatchObject({ error: { status, detail: "busy", ...fields } });
    expect(outcome).toHaveProperty("error", expect.any(PriniaError));
    expect(sent).toHaveLength(1);
  });

  test("understands an answer that is not the server's own", async () => {
    const { queue } = queueOf(() => new Response("<html>", { status: 500, statusText: "Oops" }));
    expect(await outcomeOf(queue.cancel("t1"))).toMatchObject({
      error: { code: "internal", detail: "The server answered 500 Oops" },
    });
  });

  test("takes a gateway that has no server behind it for a server that cannot be reached", async () => {
    const { queue, sent } = queueOf(() => new Response("bad gateway", { status: 502 }));
    await outcomeOf(queue.cancel("t1"));
    expect(sent).toHaveLength(8);
  });

  test("gives up a server that never answers, and tries again", async () => {
    const never: Fetch = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    const queue = new DurableBackend("q", http({ url: "http://queue.test", fetch: never }));
    expect(await outcomeOf(queue.cancel("t1"))).toMatchObject({
      error: { code: "unreachable", detail: "No answer came within 30000 ms." },
    });
  });

  test("is not held up by a jump of the clock on the wall", async () => {
    const { sent, queue } = queueOf(
      () => problem(503),
      () => Response.json({ cancelled: true }),
    );
    const cancelled = queue.cancel("t1");
    await vi.advanceTimersByTimeAsync(0);
    vi.setSystemTime(0);
    await vi.advanceTimersByTimeAsync(200);
    expect(await cancelled).toBe(true);
    expect(sent).toHaveLength(2);
  });
});

test("a token is asked for each time", async () => {
  let issued = 0;
  const { fetch, sent } = serverOf(() => Response.json({ cancelled: true }));
  const queue = new DurableBackend("q", http({ url: "http://queue.test", fetch, token: async () => `t${++issued}` }));
  await queue.cancel("t1");
  await queue.cancel("t1");
  expect(sent.map(({ headers }) => headers.authorization)).toEqual(["Bearer t1", "Bearer t2"]);
});
