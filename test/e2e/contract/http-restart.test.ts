/** What a crash must not take. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { until } from "../../support/processes.ts";
import { startServe } from "../../support/server.ts";
import { ack, first, Queue } from "./queue.ts";

test("whatever was answered stands after kill -9: tasks, keys, leases, sessions, settings, deadlines", async () => {
  const before = await startServe();
  const queue = new Queue(before, "kept");
  await queue.configure({ orphanAfterMs: 3_000, retention: { doneMs: 1_000 } });
  const keyed = await queue.push({ idempotencyKey: "k", priority: -1 });
  const due = await queue.push({ delayMs: 4_000, priority: -1 });
  const running = await queue.leased();
  const left = await queue.leased({ maxAttempts: 1 }, { worker: "left" });
  const { session } = await queue.poll({ worker: "w", max: 1, events: [] });
  const stolen = await queue.task(keyed);
  const done = await queue.taskIn("Done", {});
  const counts = await queue.counts();
  await before.kill();
  await sleep(500);
  const after = new Queue(await before.restart(), "kept");
  // The retention may have taken its task by now.
  expect({ ...(await after.counts()), Done: 1 }).toEqual(counts);
  expect((await after.get("/config")).body).toMatchObject({ orphanAfterMs: 3_000, retention: { doneMs: 1_000 } });
  expect(await after.task(keyed)).toEqual(stolen);
  expect((await after.post("/tasks", { args: 1, idempotencyKey: "k" })).body).toMatchObject({
    id: keyed,
    created: false,
  });
  expect((await after.post("/workers/w/heartbeat", { session })).body).toEqual({ orphanAfterMs: 3_000 });
  expect(await after.event(ack(running), { worker: "w", session })).toEqual({ id: running.id, status: "Done" });
  const next = await after.push({ priority: 9 });
  expect(next > running.id).toBe(true);
  const { tasks } = await after.poll({ worker: "w", session });
  expect(tasks).toMatchObject([{ id: next }]);
  expect(await after.event(ack(first(tasks)))).toEqual({ id: next, status: "Done" });
  await until(async () => (await after.get(`/tasks/${done.id}`)).status === 404, "the retention had taken its task");
  await until(async () => (await after.task(left.id)).status === "Killed", "the silent worker's task was killed");
  expect((await after.task(left.id)).lastResult).toEqual({
    err: expect.stringMatching(/^abandoned: worker left was silent for \d+ ms$/),
  });
  await until(async () => {
    const { tasks } = await after.poll({ worker: "late", waitMs: 1_000, max: 10 });
    return tasks.some(({ id }) => id === due);
  }, "the delayed task had come");
});
