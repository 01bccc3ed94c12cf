/** Workers that went silent, left, or lost their name. */

import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Task } from "../../../src/protocol/answers.ts";
import { until } from "../../support/processes.ts";
import { ack, event, expectProblem, first, type Polled, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const SECOND = 1_000;
const BACKOFF = { type: "fixed", baseMs: 3_600_000, factor: 1, maxMs: 3_600_000, jitter: 0 };

async function impatient(): Promise<Queue> {
  const queue = new Queue(server());
  await queue.configure({ orphanAfterMs: SECOND });
  return queue;
}

/** Waits until a task has a status; the contract names the time, which the alarm keeps. */
async function untilIn(queue: Queue, id: string, status: Task["status"]): Promise<Task> {
  await until(async () => (await queue.task(id)).status === status, `task ${id} was ${status}`);
  return queue.task(id);
}

const register = async (queue: Queue, worker = "w"): Promise<string> =>
  (await queue.post<Polled>("/workers", { worker })).body.session;

describe.concurrent("orphans", () => {
  test("a task whose worker went silent has failed, and says why", async () => {
    const queue = await impatient();
    const leased = await queue.leased({ backoff: BACKOFF }, { worker: "ann" });
    await sleep(500);
    expect((await queue.task(leased.id)).status).toBe("Running");
    const task = await untilIn(queue, leased.id, "Failed");
    const { err } = task.lastResult as { err: string };
    const silentMs = Number(/^abandoned: worker ann was silent for (\d+) ms$/.exec(err)?.[1]);
    expect(silentMs).toBeGreaterThanOrEqual(SECOND);
    expect(silentMs).toBeLessThan(3 * SECOND);
    expect(task).toMatchObject({ attempt: 1, runs: [{ attempt: 1, worker: "ann", outcome: "orphaned", error: err }] });
    expect(task.runAt - Date.now()).toBeGreaterThan(3_590_000);
    expect(task).not.toHaveProperty("lockBy");
    expect((await queue.event(ack(leased))).error).toMatchObject({ code: "lease_lost", taskStatus: "Failed" });
    expect((await queue.get<{ workers: unknown[] }>("/workers")).body.workers).toEqual([]);
  });

  test("on its last attempt it is killed", async () => {
    const queue = await impatient();
    const { id } = await queue.leased({ maxAttempts: 1 });
    const task = await untilIn(queue, id, "Killed");
    expect(task).toMatchObject({ attempt: 1, doneAt: expect.any(Number) });
    expect(task.lastResult).toEqual({ err: expect.stringMatching(/^abandoned: worker w was silent for \d+ ms$/) });
  });

  test("a Queued one goes back, and nothing is burned", async () => {
    const queue = await impatient();
    const runAt = Date.now() - 5_000;
    const { id } = await queue.leased({ runAt }, { autoStart: false });
    const task = await untilIn(queue, id, "Pending");
    expect(task).toMatchObject({ attempt: 0, runs: [], runAt });
    expect(task).not.toHaveProperty("lastResult");
  });

  test("a heartbeat keeps what runs, but not what was never started", async () => {
    const queue = await impatient();
    const running = await queue.leased();
    const queued = await queue.leased({}, { autoStart: false });
    const { session } = await queue.poll();
    for (const end = Date.now() + 2.2 * SECOND; Date.now() < end; await sleep(250)) {
      expect((await queue.post("/workers/w/heartbeat", { session })).status).toBe(200);
    }
    expect(await queue.task(running.id)).toMatchObject({ status: "Running", attempt: 1 });
    expect(await queue.task(queued.id)).toMatchObject({ status: "Pending", attempt: 0 });
    expect(await queue.event(ack(running))).toMatchObject({ status: "Done" });
  });

  test.each(["a poll", "events with a session", "events with a worker"])("%s is a sign of life", async (what) => {
    const queue = await impatient();
    const running = await queue.leased();
    const { session } = await queue.poll();
    const progress = event("progress", running, { progress: 1 });
    for (const end = Date.now() + 2 * SECOND; Date.now() < end; await sleep(250)) {
      if (what === "a poll") await queue.poll({ session });
      else await queue.event(progress, what === "events with a worker" ? { worker: "w" } : { session });
    }
    expect(await queue.task(running.id)).toMatchObject({ status: "Running", attempt: 1 });
  });

  test("an event that names nobody is none", async () => {
    const queue = await impatient();
    const running = await queue.leased({ backoff: BACKOFF });
    for (let i = 0; i < 30 && (await queue.task(running.id)).status === "Running"; i++) {
      await queue.event(event("progress", running, { progress: i }));
      await sleep(100);
    }
    expect(await queue.task(running.id)).toMatchObject({ status: "Failed", runs: [{ outcome: "orphaned" }] });
  });

  test("a worker that comes back in time goes on", async () => {
    const queue = await impatient();
    const running = await queue.leased();
    const { session } = await queue.poll();
    await sleep(700);
    expect((await queue.poll({ session })).session).toBe(session);
    await sleep(700);
    expect(await queue.event(ack(running), { session })).toMatchObject({ status: "Done" });
  });

  test("a silent worker is listed until its leases are gone", async () => {
    const queue = await impatient();
    await register(queue, "idle");
    await queue.leased({ backoff: BACKOFF }, { worker: "busy" });
    const ids = async () =>
      (await queue.get<{ workers: { id: string }[] }>("/workers")).body.workers.map(({ id }) => id).sort();
    expect(await ids()).toEqual(["busy", "idle"]);
    await until(async () => (await ids()).length === 0, "no worker was listed");
  });

  test("goodbye gives back what is Queued, orphans what runs, and ends the session", async () => {
    const queue = new Queue(server());
    const running = await queue.leased({ backoff: BACKOFF });
    const { session } = await queue.poll();
    await queue.post("/tasks", [{ args: 1 }, { args: 2 }]);
    const { tasks } = await queue.poll({ autoStart: false, max: 2 });
    const answer = await queue.call("DELETE", "/workers/w", { session });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ released: 2 });
    for (const { id } of tasks) expect(await queue.task(id)).toMatchObject({ status: "Pending", attempt: 0, runs: [] });
    expect(await queue.task(running.id)).toMatchObject({
      status: "Failed",
      attempt: 1,
      lastResult: { err: expect.stringMatching(/^abandoned: worker w /) },
      runs: [{ outcome: "orphaned" }],
    });
    expectProblem(await queue.post("/poll", { worker: "w", session }), 404, "worker_not_found");
    expectProblem(await queue.post("/workers/w/heartbeat", { session }), 404, "worker_not_found");
    expect((await queue.poll({ max: 5 })).tasks).toHaveLength(2);
  });

  test("a name may be taken again at once: what is Queued goes back, what runs may end", async () => {
    const queue = await impatient();
    const running = await queue.leased({ backoff: BACKOFF });
    const left = await queue.leased({ backoff: BACKOFF });
    const { session } = await queue.poll();
    const queued = await queue.leased({}, { autoStart: false });
    const next = await register(queue);
    expect(next).not.toBe(session);
    expect(await queue.task(queued.id)).toMatchObject({ status: "Pending", attempt: 0 });
    expect(await queue.task(running.id)).toMatchObject({ status: "Running" });
    expectProblem(await queue.post("/poll", { worker: "w", session }), 404, "worker_not_found");
    expect((await queue.event(ack(running), { session: next })).error).toMatchObject({ code: "lease_lost" });
    expect(await queue.event(ack(running), { session })).toMatchObject({ status: "Done" });
    expect((await queue.poll({ session: next })).tasks).toMatchObject([{ id: queued.id }]);
    // The new session's signs of life are not the old one's.
    for (let i = 0; i < 40 && (await queue.task(left.id)).status === "Running"; i++) {
      await queue.poll({ session: next });
      await sleep(100);
    }
    expect(await queue.task(left.id)).toMatchObject({
      status: "Failed",
      lastResult: { err: expect.stringMatching(/^abandoned: worker w was silent for \d+ ms$/) },
    });
  });

  test("goodbye of a superseded session orphans what it runs at once", async () => {
    const queue = new Queue(server());
    const running = await queue.leased({ backoff: BACKOFF });
    const { session } = await queue.poll();
    const next = await register(queue);
    expect((await queue.call("DELETE", "/workers/w", { session })).body).toEqual({ released: 0 });
    expect(await queue.task(running.id)).toMatchObject({ status: "Failed" });
    expect((await queue.poll({ session: next })).session).toBe(next);
  });

  test("five orphanings from Queued in a row burn an attempt, and the last one kills", async () => {
    const queue = new Queue(server());
    const id = await queue.push({ maxAttempts: 2 });
    for (let round = 1; round <= 10; round++) {
      const before = await queue.task(id);
      expect(before).toMatchObject({ status: "Pending", attempt: round <= 5 ? 0 : 1 });
      expect((await queue.poll({ autoStart: false })).tasks).toMatchObject([{ id, status: "Queued" }]);
      await register(queue);
    }
    const task = await queue.task(id);
    expect(task).toMatchObject({ status: "Killed", attempt: 2, doneAt: expect.any(Number) });
    expect(task.lastResult).toEqual({ err: expect.stringMatching(/^abandoned: worker w /) });
    expect((await queue.poll()).tasks).toEqual([]);
  });

  test("a start ends the row of five", async () => {
    const queue = new Queue(server());
    const id = await queue.push();
    const strike = async () => {
      expect((await queue.poll({ autoStart: false })).tasks).toMatchObject([{ id }]);
      await register(queue);
    };
    for (let i = 0; i < 4; i++) await strike();
    const [task] = (await queue.poll({ autoStart: false })).tasks;
    if (task === undefined) throw new Error("nothing was claimed");
    await queue.event(event("start", task));
    await queue.event(event("release", task));
    for (let i = 0; i < 4; i++) await strike();
    expect(await queue.task(id)).toMatchObject({ status: "Pending", attempt: 0 });
    await strike();
    expect(await queue.task(id)).toMatchObject({ status: "Pending", attempt: 1 });
  });

  test("a poison task that kills its workers by poll ends Killed", { timeout: 30_000 }, async () => {
    const queue = await impatient();
    const id = await queue.push({ maxAttempts: 1 });
    for (let round = 1; round <= 5; round++) {
      expect((await queue.poll({ worker: `victim ${round}`, autoStart: false })).tasks).toMatchObject([{ id }]);
      await untilIn(queue, id, round < 5 ? "Pending" : "Killed");
    }
    expect((await queue.task(id)).lastResult).toEqual({
      err: expect.stringMatching(/^abandoned: worker victim 5 was silent for \d+ ms$/),
    });
  });

  test("a poison task that kills its workers by long poll ends Killed", { timeout: 30_000 }, async () => {
    const queue = await impatient();
    const waiting = queue.poll({ worker: "victim 1", autoStart: false, waitMs: 5_000 });
    await sleep(100);
    const id = await queue.push({ maxAttempts: 1 });
    expect((await waiting).tasks).toMatchObject([{ id }]);
    for (let round = 2; round <= 5; round++) {
      const poll = { worker: `victim ${round}`, autoStart: false, waitMs: 5_000 };
      expect((await queue.poll(poll)).tasks).toMatchObject([{ id, attempt: 0 }]);
    }
    await untilIn(queue, id, "Killed");
  });

  test("resume abandoned counts what it took back, and leaves the living", async () => {
    const queue = await impatient();
    const alive = await queue.leased({}, { worker: "alive" });
    expect((await queue.post("/resume-abandoned")).body).toEqual({ resumed: 0 });
    expect(await queue.task(alive.id)).toMatchObject({ status: "Running" });
  });

  test("resume of a task whose worker is dead gives it all its attempts", async () => {
    const queue = await impatient();
    const { id } = await queue.leased({ backoff: BACKOFF, maxAttempts: 1 });
    await sleep(SECOND + 20);
    expect((await queue.post(`/tasks/${id}/resume`)).body).toEqual({ resumed: true });
    expect(await queue.task(id)).toMatchObject({ status: "Pending", attempt: 0, runs: [{ outcome: "orphaned" }] });
    expect(first((await queue.poll()).tasks)).toMatchObject({ id, attempt: 1 });
  });

  test("a shorter orphanAfterMs counts for leases that are held", async () => {
    const queue = new Queue(server());
    const { id } = await queue.leased({ backoff: BACKOFF });
    await queue.configure({ orphanAfterMs: SECOND });
    await untilIn(queue, id, "Failed");
  });

  test("a claim anew after an orphaning is a new lease", async () => {
    const queue = await impatient();
    const old = await queue.leased({ backoff: { ...BACKOFF, baseMs: 0, maxMs: 0 } });
    const { tasks } = await queue.poll({ worker: "next", waitMs: 5_000 });
    expect(tasks).toMatchObject([{ id: old.id, attempt: 2, lockBy: "next" }]);
    expect((await queue.event(ack(old))).error).toMatchObject({ code: "lease_lost", taskStatus: "Running" });
    expect(await queue.event(ack(first(tasks)))).toMatchObject({ status: "Done" });
  });
});
