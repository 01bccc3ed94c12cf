/** Idempotency keys, in all their rules. */

import { expect, test } from "vitest";
import { ack, first, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();

test("a known idempotency key answers its task, whatever comes with it", async () => {
  const queue = new Queue(server());
  const id = await queue.push({ args: 1, idempotencyKey: "" });
  const again = await queue.post("/tasks", { args: 2, priority: 9, idempotencyKey: "" });
  expect(again.status).toBe(200);
  expect(again.body).toEqual({ id, status: "Pending", created: false });
  expect(await queue.task(id)).toMatchObject({ args: 1, priority: 0, revision: 1, idempotencyKey: "" });
  expect(await queue.push({ args: 3 })).not.toBe(id);
  const { tasks } = await queue.poll();
  expect((await queue.post("/tasks", { args: 2, idempotencyKey: "" })).body).toMatchObject({ id, status: "Running" });
  await queue.event(ack(first(tasks)));
  expect((await queue.post("/tasks", { args: 2, idempotencyKey: "" })).body).toEqual({
    id,
    status: "Done",
    created: false,
  });
});

test("the second of one batch with the same key answers the first", async () => {
  const queue = new Queue(server());
  const answer = await queue.post<{ tasks: { id: string; created: boolean }[] }>("/tasks", [
    { args: 1, idempotencyKey: "k" },
    { args: 2 },
    { args: 3, idempotencyKey: "k" },
  ]);
  expect(answer.status).toBe(201);
  expect(answer.body.tasks.map(({ created }) => created)).toEqual([true, true, false]);
  expect(answer.body.tasks[2]?.id).toBe(answer.body.tasks[0]?.id);
  const again = await queue.post<{ tasks: unknown[] }>("/tasks", [{ args: 4, idempotencyKey: "k" }]);
  expect(again.body.tasks).toEqual([{ id: answer.body.tasks[0]?.id, status: "Pending", created: false }]);
});

test("a key is free again once its task is deleted or vacuumed", async () => {
  const queue = new Queue(server());
  const id = await queue.push({ idempotencyKey: "k" });
  expect((await queue.call("DELETE", `/tasks/${id}`)).status).toBe(204);
  const next = await queue.leased({ idempotencyKey: "k" });
  await queue.event(ack(next));
  expect((await queue.post("/tasks", { args: 1, idempotencyKey: "k" })).body).toMatchObject({
    id: next.id,
    created: false,
  });
  await queue.post("/vacuum", { olderThanMs: 0 });
  expect((await queue.post("/tasks", { args: 1, idempotencyKey: "k" })).body).toMatchObject({ created: true });
});

test.each(["Done", "Killed"] as const)('a key held until "terminal" is free once its task is %s', async (status) => {
  const queue = new Queue(server());
  const keyed = { idempotencyKey: "k", idempotencyUntil: "terminal" };
  const ended = await queue.taskIn(status, keyed);
  expect(ended.idempotencyKey).toBe("k");
  const next = await queue.push(keyed);
  expect(next).not.toBe(ended.id);
  expect((await queue.post("/tasks", { args: 1, ...keyed })).body).toEqual({
    id: next,
    status: "Pending",
    created: false,
  });
});

test('a key held until "terminal" is not free while its task is Failed', async () => {
  const queue = new Queue(server());
  const { id } = await queue.taskIn("Failed", { idempotencyKey: "k", idempotencyUntil: "terminal" });
  expect((await queue.post("/tasks", { args: 1, idempotencyKey: "k" })).body).toEqual({
    id,
    status: "Failed",
    created: false,
  });
});

test("a resumed task has its key again, unless another took it", async () => {
  const keyed = { idempotencyKey: "k", idempotencyUntil: "terminal" };
  const kept = new Queue(server());
  const { id } = await kept.taskIn("Killed", keyed);
  await kept.post(`/tasks/${id}/resume`);
  expect((await kept.post("/tasks", { args: 1, ...keyed })).body).toMatchObject({ id, created: false });
  const lost = new Queue(server());
  const killed = await lost.taskIn("Killed", keyed);
  const taker = await lost.push(keyed);
  expect((await lost.post(`/tasks/${killed.id}/resume`)).body).toEqual({ resumed: true });
  expect((await lost.post("/tasks", { args: 1, ...keyed })).body).toMatchObject({ id: taker, created: false });
  expect(await lost.task(killed.id)).not.toHaveProperty("idempotencyKey");
});

test("of many that push the same key at once, one makes the task", async () => {
  const queue = new Queue(server());
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, args) => queue.post<{ id: string }>("/tasks", { args, idempotencyKey: "k" })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array(19).fill(200), 201]);
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  expect(await queue.counts()).toMatchObject({ Pending: 1 });
});
