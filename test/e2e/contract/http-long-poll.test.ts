/** Polls that wait: what wakes them, and that nothing is lost with them. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { until } from "../../support/processes.ts";
import { ack, event, expectProblem, first, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();

test("a long poll is over when its time is", async () => {
  const queue = new Queue(server());
  const before = Date.now();
  const { tasks, session } = await queue.poll({ waitMs: 500 });
  expect(tasks).toEqual([]);
  expect(Date.now() - before).toBeGreaterThanOrEqual(490);
  expect(Date.now() - before).toBeLessThan(1_500);
  expect(await queue.poll()).toMatchObject({ session });
});

test("a long poll that finds something does not wait", async () => {
  const queue = new Queue(server());
  await queue.push();
  const before = Date.now();
  expect((await queue.poll({ waitMs: 5_000, max: 10 })).tasks).toHaveLength(1);
  expect(Date.now() - before).toBeLessThan(1_000);
});

test.each([true, false])("a long poll is woken by a push (autoStart %s)", async (autoStart) => {
  const queue = new Queue(server());
  const waiting = queue.poll({ waitMs: 10_000, autoStart, max: 10 });
  await sleep(150);
  const before = Date.now();
  const pushed = await queue.post<{ tasks: { id: string; status: string }[] }>("/tasks", [
    { args: "low", priority: -1 },
    { args: "high", priority: 1 },
  ]);
  const status = autoStart ? "Running" : "Queued";
  expect(pushed.body.tasks.map((task) => task.status)).toEqual([status, status]);
  const { tasks } = await waiting;
  expect(Date.now() - before).toBeLessThan(1_000);
  expect(tasks.map((task) => [task.args, task.status, task.attempt])).toEqual([
    ["high", status, autoStart ? 1 : 0],
    ["low", status, autoStart ? 1 : 0],
  ]);
  expect(await queue.event(ack(first(tasks)))).toMatchObject({ status: "Done" });
});

test("a long poll is woken by a task that becomes due", async () => {
  const queue = new Queue(server());
  const { runAt } = await queue.task(await queue.push({ delayMs: 700 }));
  const { tasks } = await queue.poll({ waitMs: 10_000 });
  expect(tasks).toHaveLength(1);
  expect(Date.now()).toBeGreaterThanOrEqual(runAt);
  expect(Date.now() - runAt).toBeLessThan(1_000);
});

test("a long poll is woken by a retry, a release and a resume", async () => {
  const queue = new Queue(server());
  let held = await queue.leased();
  const ends = [
    () => queue.event(ack(held, { err: "x", retryAfterMs: 200 })),
    () => queue.event(event("release", held)),
    async () => {
      await queue.event(ack(held, { err: "x", abort: true }));
      await queue.post(`/tasks/${held.id}/resume`);
    },
  ];
  for (const end of ends) {
    const waiting = queue.poll({ waitMs: 10_000 });
    await sleep(50);
    await end();
    const { tasks } = await waiting;
    expect(tasks.map(({ id }) => id)).toEqual([held.id]);
    held = first(tasks);
  }
});

test("a long poll applies its events at once, and answers them at its end", async () => {
  const queue = new Queue(server());
  const task = await queue.leased();
  const waiting = queue.poll({ waitMs: 1_000, events: [ack(task)] });
  await until(async () => (await queue.task(task.id)).status === "Done", "the event was applied");
  expect(await waiting).toMatchObject({ tasks: [], events: [{ id: task.id, status: "Done" }] });
});

test("two long polls share what comes, and neither gets what the other has", async () => {
  const queue = new Queue(server());
  const polls = ["a", "b"].map((worker) => queue.poll({ worker, waitMs: 10_000, max: 2 }));
  await sleep(150);
  await queue.post("/tasks", [{ args: 1 }, { args: 2 }]);
  const [a, b] = await Promise.all(polls);
  expect([a, b].map((answer) => answer?.tasks.length)).toEqual([1, 1]);
  expect(a?.tasks[0]?.id).not.toBe(b?.tasks[0]?.id);
});

test("two long polls of one worker are each answered", async () => {
  const queue = new Queue(server());
  const polls = [1, 2].map(() => queue.poll({ waitMs: 10_000 }));
  await sleep(150);
  await queue.post("/tasks", [{ args: 1 }, { args: 2 }]);
  const [a, b] = await Promise.all(polls);
  expect(a?.session).toBe(b?.session);
  expect(new Set([...(a?.tasks ?? []), ...(b?.tasks ?? [])].map(({ id }) => id)).size).toBe(2);
});

test("a task is not lost with a long poll whose client went away", async () => {
  const queue = new Queue(server());
  const abort = new AbortController();
  const gone = fetch(`${queue.url}/poll`, {
    method: "POST",
    body: JSON.stringify({ worker: "gone", waitMs: 20_000 }),
    headers: { "content-type": "application/json" },
    signal: abort.signal,
  }).catch(() => "gone");
  await sleep(200);
  abort.abort();
  expect(await gone).toBe("gone");
  await sleep(100);
  const id = await queue.push();
  const { tasks } = await queue.poll({ waitMs: 5_000 });
  expect(tasks).toMatchObject([{ id, attempt: 1 }]);
});

test("a long poll of a name that is taken again ends with nothing", async () => {
  const queue = new Queue(server());
  const waiting = queue.poll({ waitMs: 10_000 });
  await sleep(150);
  const before = Date.now();
  await queue.post("/workers", { worker: "w" });
  const id = await queue.push();
  expect((await waiting).tasks).toEqual([]);
  expect(Date.now() - before).toBeLessThan(1_000);
  expect(await queue.task(id)).toMatchObject({ status: "Pending", attempt: 0, revision: 1 });
});

test("a long poll is a sign of life to its end", async () => {
  const queue = new Queue(server());
  await queue.configure({ orphanAfterMs: 1_000 });
  await queue.push({ delayMs: 1_800 });
  const { tasks } = await queue.poll({ waitMs: 5_000 });
  const task = first(tasks);
  await sleep(600);
  expect(await queue.task(task.id)).toMatchObject({ status: "Running", revision: task.revision });
  expect(await queue.event(ack(task))).toEqual({ id: task.id, status: "Done" });
});

test("a long poll ends with the queue that is dropped", async () => {
  const queue = new Queue(server());
  const waiting = queue.poll({ waitMs: 3_000 });
  await sleep(150);
  expect((await queue.call("DELETE", "")).status).toBe(204);
  expect((await waiting).tasks).toEqual([]);
  expectProblem(await queue.get(""), 404, "queue_not_found");
  await queue.push();
  expect((await queue.poll()).tasks).toHaveLength(1);
});

test("a long poll of a paused queue is not woken by what is pushed or due", async () => {
  const queue = new Queue(server());
  await queue.configure({ paused: true });
  const waiting = queue.poll({ waitMs: 600 });
  await queue.push();
  await queue.push({ delayMs: 200 });
  expect((await waiting).tasks).toEqual([]);
  expect(await queue.counts()).toMatchObject({ Pending: 2, Running: 0 });
});
