/** Events over HTTP: what each does to a task, and the limits of what it brings. */

import { expect, test } from "vitest";
import { ack, type Body, event, first, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const KIB = 1024;

const refused = ({ id }: { id: string }, code: string, taskStatus?: string): Body => ({
  id,
  error: { code, detail: expect.any(String), ...(taskStatus === undefined ? {} : { taskStatus }) },
});

test("start begins an execution, and again changes nothing", async () => {
  const queue = new Queue(server());
  const task = await queue.leased({}, { autoStart: false });
  expect(await queue.event(event("start", task))).toEqual({ id: task.id, status: "Running" });
  const started = await queue.task(task.id);
  expect(started).toMatchObject({ status: "Running", attempt: 1, lockBy: "w", revision: task.revision + 1 });
  expect(started.runs).toEqual([{ attempt: 1, worker: "w", startedAt: expect.any(Number) }]);
  expect(await queue.event(event("start", task))).toEqual({ id: task.id, status: "Running" });
  expect(await queue.task(task.id)).toEqual(started);
});

test.each([true, false])("ack ok ends a task (autoStart %s)", async (autoStart) => {
  const queue = new Queue(server());
  const leased = await queue.leased({}, { autoStart });
  expect(await queue.event({ ...ack(leased, { ok: { sent: true } }), logs: ["one", "two"] })).toEqual({
    id: leased.id,
    status: "Done",
  });
  const task = await queue.task(leased.id);
  expect(task).toMatchObject({
    status: "Done",
    attempt: 1,
    lastResult: { ok: { sent: true } },
    doneAt: expect.any(Number),
  });
  expect(task).not.toHaveProperty("lockAt");
  expect(task).not.toHaveProperty("lockBy");
  expect(task.runs).toEqual([
    {
      attempt: 1,
      worker: "w",
      startedAt: expect.any(Number),
      endedAt: task.doneAt,
      outcome: "done",
      logs: ["one", "two"],
    },
  ]);
});

test("a result may be null, false or nothing much, and is told by its key", async () => {
  const queue = new Queue(server());
  for (const ok of [null, false, 0, "", [], {}]) {
    const task = await queue.leased();
    expect(await queue.event(ack(task, { ok }))).toEqual({ id: task.id, status: "Done" });
    expect((await queue.task(task.id)).lastResult).toStrictEqual({ ok });
  }
});

test.each([true, false])(
  "ack err fails a task, to be tried again after its backoff (autoStart %s)",
  async (autoStart) => {
    const queue = new Queue(server());
    const backoff = { type: "exponential", baseMs: 10_000, factor: 3, maxMs: 25_000, jitter: 0 };
    const leased = await queue.leased({ backoff }, { autoStart });
    const before = Date.now();
    expect(await queue.event(ack(leased, { err: "no luck" }))).toEqual({ id: leased.id, status: "Failed" });
    const task = await queue.task(leased.id);
    expect(task).toMatchObject({ status: "Failed", attempt: 1, lastResult: { err: "no luck" } });
    expect(task).not.toHaveProperty("doneAt");
    expect(task.runAt - before).toBeGreaterThanOrEqual(10_000);
    expect(task.runAt - Date.now()).toBeLessThanOrEqual(10_000);
    expect(task.runs).toMatchObject([{ attempt: 1, outcome: "failed", error: "no luck", endedAt: expect.any(Number) }]);
  },
);

test("the backoff grows, ends at its cap, and has its jitter after that", async () => {
  const queue = new Queue(server());
  const waits: number[] = [];
  const id = await queue.push({
    maxAttempts: 9,
    backoff: { type: "exponential", baseMs: 10_000, factor: 3, maxMs: 25_000, jitter: 0 },
  });
  for (let attempt = 1; attempt <= 4; attempt++) {
    const task = first((await queue.poll()).tasks);
    expect(task.attempt).toBe(attempt);
    await queue.event(ack(task, { err: "x" }));
    waits.push(Math.round(((await queue.task(id)).runAt - Date.now()) / 1_000));
    await queue.post(`/tasks/${id}/reschedule`, { delayMs: 0 });
  }
  expect(waits).toEqual([10, 25, 25, 25]);
  const other = new Queue(server());
  const jittered = await other.leased({
    backoff: { type: "fixed", baseMs: 100_000, factor: 1, maxMs: 100_000, jitter: 0.5 },
  });
  await other.event(ack(jittered, { err: "x" }));
  const wait = (await other.task(jittered.id)).runAt - Date.now();
  expect(wait).toBeGreaterThan(49_000);
  expect(wait).toBeLessThan(151_000);
});

test("retryAfterMs is the wait, 0 included", async () => {
  const queue = new Queue(server());
  const leased = await queue.leased();
  const before = Date.now();
  await queue.event(ack(leased, { err: "x", retryAfterMs: 7_000 }));
  const { runAt } = await queue.task(leased.id);
  expect(runAt - before).toBeGreaterThanOrEqual(7_000);
  expect(runAt - Date.now()).toBeLessThanOrEqual(7_000);
  const at = await queue.leased();
  await queue.event(ack(at, { err: "x", retryAfterMs: 0 }));
  expect((await queue.poll()).tasks).toMatchObject([{ id: at.id, attempt: 2, status: "Running" }]);
});

test("the last attempt kills", async () => {
  const queue = new Queue(server());
  const leased = await queue.leased({ maxAttempts: 1 });
  expect(await queue.event(ack(leased, { err: "x", retryAfterMs: 0 }))).toEqual({ id: leased.id, status: "Killed" });
  const task = await queue.task(leased.id);
  expect(task).toMatchObject({ status: "Killed", attempt: 1, lastResult: { err: "x" }, doneAt: expect.any(Number) });
  expect(task.runs).toHaveLength(1);
});

test.each([true, false])("abort kills at once, whatever else it says (autoStart %s)", async (autoStart) => {
  const queue = new Queue(server());
  const leased = await queue.leased({}, { autoStart });
  const answer = await queue.event(ack(leased, { err: "never", abort: true, retryAfterMs: 1 }));
  expect(answer).toEqual({ id: leased.id, status: "Killed" });
  expect(await queue.task(leased.id)).toMatchObject({
    status: "Killed",
    attempt: 1,
    lastResult: { err: "never" },
    maxAttempts: 5,
  });
});

test.each([true, false])("snooze puts off and gives the attempt back (autoStart %s)", async (autoStart) => {
  const queue = new Queue(server());
  const leased = await queue.leased({}, { autoStart });
  const before = Date.now();
  expect(await queue.event(event("snooze", leased, { delayMs: 9_000 }))).toEqual({ id: leased.id, status: "Pending" });
  const task = await queue.task(leased.id);
  expect(task).toMatchObject({ status: "Pending", attempt: 0 });
  expect(task.runAt - before).toBeGreaterThanOrEqual(9_000);
  expect(task.runAt - Date.now()).toBeLessThanOrEqual(9_000);
  expect(task.runs).toMatchObject(autoStart ? [{ attempt: 1, outcome: "snoozed" }] : []);
  expect(task).not.toHaveProperty("lastResult");
});

test.each([true, false])("release gives back a task and its place (autoStart %s)", async (autoStart) => {
  const queue = new Queue(server());
  const runAt = Date.now() - 5_000;
  const leased = await queue.leased({ runAt }, { autoStart });
  expect(await queue.event(event("release", leased))).toEqual({ id: leased.id, status: "Pending" });
  const task = await queue.task(leased.id);
  expect(task).toMatchObject({ status: "Pending", attempt: 0, runAt });
  expect(task.runs).toMatchObject(autoStart ? [{ attempt: 1, outcome: "released" }] : []);
  const again = first((await queue.poll()).tasks);
  expect(again).toMatchObject({ id: leased.id, attempt: 1 });
  expect(again.lease).not.toBe(leased.lease);
});

test("extend moves the deadline of what runs, and no other", async () => {
  const queue = new Queue(server());
  const running = await queue.leased({ timeoutMs: 60_000 });
  expect(await queue.event(event("extend", running, { timeoutMs: 120_000 }))).toEqual({
    id: running.id,
    status: "Running",
  });
  expect(await queue.task(running.id)).toMatchObject({ status: "Running", timeoutMs: 60_000 });
  const queued = await queue.leased({}, { autoStart: false });
  expect(await queue.event(event("extend", queued, { timeoutMs: 5 }))).toEqual(
    refused(queued, "wrong_status", "Queued"),
  );
});

test("progress is kept, and comes back", async () => {
  const queue = new Queue(server());
  for (const autoStart of [true, false]) {
    const leased = await queue.leased({}, { autoStart });
    const { status } = leased;
    expect(await queue.event(event("progress", leased, { progress: { done: 3, of: 7 } }))).toEqual({
      id: leased.id,
      status,
    });
    expect(await queue.task(leased.id)).toMatchObject({
      progress: { done: 3, of: 7 },
      revision: leased.revision + 1,
      status,
    });
    await queue.event(ack(leased));
    expect(await queue.task(leased.id)).toMatchObject({ progress: { done: 3, of: 7 }, status: "Done" });
  }
});

test("a thousand events go at once", async () => {
  const queue = new Queue(server());
  await queue.post("/tasks", Array(1_000).fill({ args: 1 }));
  const { tasks } = await queue.poll({ max: 1_000 });
  const answer = await queue.post<{ events: Body[] }>("/events", { events: tasks.map((task) => ack(task)) });
  expect(answer.body.events).toEqual(tasks.map(({ id }) => ({ id, status: "Done" })));
});

test("a result ends at 256 KiB and progress at 8 KiB: the event is refused, not the request", async () => {
  const queue = new Queue(server());
  const ok = "a".repeat(256 * KIB - 2);
  const progress = "p".repeat(8 * KIB - 2);
  const task = await queue.leased();
  const other = await queue.leased();
  const answer = await queue.post("/events", {
    events: [
      event("progress", task, { progress: `${progress}p` }),
      event("progress", task, { progress }),
      ack(task, { ok: `${ok}a` }),
      ack(other),
      ack(task, { ok }),
    ],
  });
  expect(answer.body).toEqual({
    events: [
      refused(task, "payload_too_large", "Running"),
      { id: task.id, status: "Running" },
      refused(task, "payload_too_large", "Running"),
      { id: other.id, status: "Done" },
      { id: task.id, status: "Done" },
    ],
  });
  expect(await queue.task(task.id)).toMatchObject({ progress, lastResult: { ok } });
});

test("an error is cut at 64 KiB, and at 4 KiB in its run, between characters", async () => {
  const queue = new Queue(server());
  const task = await queue.leased();
  expect(await queue.event(ack(task, { err: `x${"é".repeat(64 * KIB)}` }))).toMatchObject({ status: "Failed" });
  const failed = await queue.task(task.id);
  expect(failed.lastResult).toEqual({ err: `x${"é".repeat(32 * KIB - 1)}` });
  expect(failed.runs[0]?.error).toBe(`x${"é".repeat(2 * KIB - 1)}`);
});

test("logs take 50 lines of 1 KiB", async () => {
  const queue = new Queue(server());
  const task = await queue.leased();
  const logs = Array(50).fill("é".repeat(512));
  expect(await queue.event({ ...ack(task), logs })).toMatchObject({ status: "Done" });
  expect((await queue.task(task.id)).runs[0]?.logs).toEqual(logs);
});

test("the last 20 executions are kept", async () => {
  const queue = new Queue(server());
  const id = await queue.push({ maxAttempts: 30 });
  let round = await queue.poll();
  for (let attempt = 1; attempt <= 25; attempt++) {
    const events = [ack(first(round.tasks), attempt === 25 ? { ok: 1 } : { err: `no ${attempt}`, retryAfterMs: 0 })];
    round = await queue.poll({ events });
  }
  const task = await queue.task(id);
  expect(task).toMatchObject({ status: "Done", attempt: 25 });
  expect(task.runs.map((run) => run.attempt)).toEqual(Array.from({ length: 20 }, (_, at) => at + 6));
});

test("an execution that runs too long is failed, and its holder loses the lease", async () => {
  const queue = new Queue(server());
  const task = await queue.leased({
    timeoutMs: 300,
    backoff: { type: "fixed", baseMs: 60_000, factor: 1, maxMs: 60_000, jitter: 0 },
  });
  const wait = await queue.post("/workers/w/heartbeat", { session: (await queue.poll()).session });
  expect(wait.status).toBe(200);
  await expect.poll(async () => (await queue.task(task.id)).status, { timeout: 3_000, interval: 50 }).toBe("Failed");
  const failed = await queue.task(task.id);
  expect(failed).toMatchObject({ attempt: 1, lastResult: { err: expect.stringMatching(/timed out/) } });
  expect(failed.runs).toMatchObject([{ attempt: 1, outcome: "timeout" }]);
  expect(await queue.event(ack(task))).toEqual(refused(task, "lease_lost", "Failed"));
  const last = await queue.leased({ timeoutMs: 200, maxAttempts: 1 });
  await expect.poll(async () => (await queue.task(last.id)).status, { timeout: 3_000, interval: 50 }).toBe("Killed");
});

test("extend keeps what runs from timing out, and gives a deadline to what had none", async () => {
  const queue = new Queue(server());
  const long = await queue.leased({ timeoutMs: 400 });
  const short = await queue.leased();
  expect(await queue.event(event("extend", long, { timeoutMs: 60_000 }))).toMatchObject({ status: "Running" });
  expect(await queue.event(event("extend", short, { timeoutMs: 400 }))).toMatchObject({ status: "Running" });
  await expect.poll(async () => (await queue.task(short.id)).status, { timeout: 3_000, interval: 50 }).toBe("Failed");
  expect(await queue.task(long.id)).toMatchObject({ status: "Running" });
  expect(await queue.task(short.id)).not.toHaveProperty("timeoutMs");
});
