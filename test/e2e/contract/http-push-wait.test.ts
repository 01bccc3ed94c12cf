/** A push that waits for its result, over HTTP: on a queue of one partition and on one of three. */

import { describe, expect, test } from "vitest";
import { keyIn, PARTITIONS, partitioned, partitionOf } from "./partitions.ts";
import { ack, expectProblem, Queue, serverForFile } from "./queue.ts";

const server = serverForFile(partitioned("parts*"));
let queues = 0;
const GONE_WITHIN_MS = 5_000;

describe.each(["whole", "parts"])("a push with waitMs on a queue that is %s", (name) => {
  const fresh = () => new Queue(server(), `${name} ${++queues}`);

  test("answers the result once the task has ended, and a second push of its key waits for the same", async () => {
    const queue = fresh();
    const key = keyIn(PARTITIONS - 1);
    const first = queue.post("/tasks?waitMs=20000", { args: 1, idempotencyKey: key });
    const leased = await queue.poll({ worker: "w", waitMs: 10_000 });
    const [task] = leased.tasks;
    if (!task) throw new Error("nothing was claimed");
    if (name === "parts") expect(partitionOf(task.id)).toBe(PARTITIONS - 1);
    const second = queue.post("/tasks?waitMs=20000", { args: 1, idempotencyKey: key });
    await queue.post("/events", { events: [ack(task, { ok: { n: 1 } })] });
    const ended = { id: task.id, status: "Done", attempt: 1, result: { ok: { n: 1 } } };
    expect(await first).toMatchObject({ status: 201, body: { ...ended, created: true } });
    expect(await second).toMatchObject({ status: 200, body: { ...ended, created: false } });
    const third = await queue.post("/tasks?waitMs=0", { args: 1, idempotencyKey: key });
    expect(third).toMatchObject({ status: 200, body: { ...ended, created: false } });
  });

  test("answers as any push when the time is up", async () => {
    const queue = fresh();
    const { status, body } = await queue.post("/tasks?waitMs=1200", { args: 1 });
    expect([status, body]).toEqual([201, { id: expect.any(String), status: "Pending", created: true }]);
  });

  test("answers a list as malformed, and pushes nothing", async () => {
    const queue = fresh();
    expectProblem(await queue.post("/tasks?waitMs=100", [{ args: 1 }]), 400, "bad_request", { path: "waitMs" });
    expect((await queue.get("")).status).toBe(404);
  });

  test("lets its task go on when the client goes away", async () => {
    const queue = fresh();
    const gone = new AbortController();
    const push = fetch(`${queue.url}/tasks?waitMs=25000`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"args":1}',
      signal: gone.signal,
    });
    const { tasks } = await queue.poll({ worker: "w", waitMs: GONE_WITHIN_MS });
    gone.abort();
    await expect(push.then((answer) => answer.text())).rejects.toThrow();
    const [task] = tasks;
    if (!task) throw new Error("nothing was claimed");
    const { body } = await queue.post("/events", { events: [ack(task, { ok: 1 })] });
    expect(body).toEqual({ events: [{ id: task.id, status: "Done" }] });
  });
});
