/** Vacuum and retention. */

import { expect, test } from "vitest";
import { expectProblem, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();

const NONE = { Pending: 0, Queued: 0, Running: 0, Done: 0, Failed: 0, Killed: 0 };

test("vacuum drops what is older than it is told, or than the retention", async () => {
  const queue = new Queue(server());
  const ended = async () => {
    await queue.taskIn("Done");
    await queue.taskIn("Killed");
  };
  const vacuum = async (body?: object) => {
    const answer = await queue.post("/vacuum", body);
    expect(answer.status).toBe(200);
    return answer.body;
  };
  await ended();
  const failed = await queue.taskIn("Failed");
  const pending = await queue.push({ priority: -1 });
  expect(await vacuum()).toEqual({ vacuumed: 0, more: false });
  expect(await vacuum({ olderThanMs: 60_000 })).toEqual({ vacuumed: 0, more: false });
  expect(await vacuum({ olderThanMs: 0, status: "Killed" })).toEqual({ vacuumed: 1, more: false });
  expect(await vacuum({ olderThanMs: 0, status: "Done" })).toEqual({ vacuumed: 1, more: false });
  await ended();
  await ended();
  expect(await vacuum({ olderThanMs: 0, limit: 3 })).toEqual({ vacuumed: 3, more: true });
  expect(await vacuum({ olderThanMs: 0, limit: 3 })).toEqual({ vacuumed: 1, more: false });
  await ended();
  expect(await vacuum({ olderThanMs: 0 })).toEqual({ vacuumed: 2, more: false });
  expect(await queue.task(failed.id)).toEqual(failed);
  expect(await queue.counts()).toEqual({ ...NONE, Failed: 1, Pending: 1 });
  expect((await queue.task(pending)).status).toBe("Pending");
});

test("vacuum minds its own queue", async () => {
  const [one, two] = [new Queue(server()), new Queue(server())];
  await one.taskIn("Done");
  const kept = await two.taskIn("Done");
  expect((await one.post("/vacuum", { olderThanMs: 0 })).body).toEqual({ vacuumed: 1, more: false });
  expect(await two.task(kept.id)).toEqual(kept);
});

test("vacuum counts exactly in thousands", async () => {
  const queue = new Queue(server());
  for (let i = 0; i < 3; i++) await queue.post("/tasks", Array(1_000).fill({ args: 1 }));
  await queue.post("/tasks/cancel", { filter: {} });
  expect((await queue.post("/vacuum", { olderThanMs: 0, limit: 1_001 })).body).toEqual({ vacuumed: 1_001, more: true });
  expect((await queue.post("/vacuum", { olderThanMs: 0 })).body).toEqual({ vacuumed: 1_999, more: false });
});

test.each([
  [{ olderThanMs: -1 }, "olderThanMs"],
  [{ olderThanMs: null }, "olderThanMs"],
  [{ status: "Failed" }, "status"],
  [{ status: null }, "status"],
  [{ limit: 0 }, "limit"],
  [{ limit: null }, "limit"],
  [{ force: true }, "force"],
])("vacuum refuses %j", async (body, path) => {
  const queue = new Queue(server());
  const task = await queue.taskIn("Done");
  expectProblem(await queue.post("/vacuum", body), 400, "bad_request", { path });
  expect(await queue.task(task.id)).toEqual(task);
});

test("the retention of a queue takes its tasks by itself, each status by its own", async () => {
  const queue = new Queue(server());
  const killed = await queue.taskIn("Killed");
  const failed = await queue.taskIn("Failed");
  const old = await queue.taskIn("Done");
  await queue.configure({ retention: { doneMs: 500 } });
  const young = await queue.taskIn("Done");
  for (const { id } of [old, young]) {
    await expect
      .poll(async () => (await queue.get(`/tasks/${id}`)).status, { timeout: 5_000, interval: 100 })
      .toBe(404);
  }
  expect(await queue.task(killed.id)).toEqual(killed);
  expect(await queue.task(failed.id)).toEqual(failed);
  expect(await queue.counts()).toMatchObject({ Done: 0, Killed: 1, Failed: 1 });
});
