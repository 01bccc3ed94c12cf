/** Names and text of any character. */

import { expect, test } from "vitest";
import { ack, expectProblem, first, Queue, serverForFile, ULID } from "./queue.ts";

const server = serverForFile();

test.each([
  "alloc::string::String",
  "a/b",
  "😀 queue",
  "100%",
  "a b+c",
  "?&#",
  "%2F",
  "...",
  "~'()*!",
  "\u0000",
  "é".repeat(127),
])("a queue may be called %j", async (name) => {
  const queue = new Queue(server(), name);
  const id = await queue.push({ args: name });
  expect(await queue.task(id)).toMatchObject({ queue: name, args: name });
  expect((await queue.get<{ name: string }>("")).body.name).toBe(name);
  const { tasks } = await queue.poll({ worker: name });
  expect(tasks).toMatchObject([{ queue: name, lockBy: name }]);
  const listed = await queue.get<{ workers: unknown[] }>("/workers");
  expect(listed.body.workers).toMatchObject([{ id: name, queue: name, leases: 1 }]);
});

test("a queue's name has 1 to 255 bytes of well-formed UTF-8", async () => {
  expect(await new Queue(server(), "n".repeat(255)).push()).toMatch(ULID);
  for (const name of ["n".repeat(256), "é".repeat(128)]) {
    expectProblem(await new Queue(server(), name).post("/tasks", { args: 1 }), 400, "bad_request", { path: "queue" });
  }
  for (const segment of ["%zz", "%", "a%f", "%ff", "%ed%a0%80"]) {
    const answer = await fetch(`${server().url}/v1/queues/${segment}/tasks`, {
      method: "POST",
      body: '{"args":1}',
      headers: { "content-type": "application/json" },
    });
    expect(answer.status, segment).toBe(400);
    expect(await answer.json()).toMatchObject({ code: "bad_request", path: "queue" });
  }
});

test("text may hold any character, the null character too", async () => {
  const queue = new Queue(server());
  const odd = "a\u0000b\u2028\u{1f600}'\"\\%_";
  const task = { args: odd, idempotencyKey: odd, groupKey: odd, meta: { [odd]: odd } };
  const id = await queue.push(task);
  expect(await queue.task(id)).toMatchObject(task);
  expect((await queue.post("/tasks", { args: 1, idempotencyKey: odd, groupKey: odd })).body).toMatchObject({
    id,
    created: false,
  });
  expect((await queue.post("/tasks", { args: 1, idempotencyKey: "a", groupKey: odd })).body).toMatchObject({
    created: true,
  });
  const found = await queue.get<{ tasks: { id: string }[] }>(`/tasks?idempotencyKey=${encodeURIComponent(odd)}`);
  expect(found.body.tasks.map((one) => one.id)).toEqual([id]);
  const grouped = await queue.get<{ tasks: unknown[] }>(`/tasks?groupKey=${encodeURIComponent(odd)}`);
  expect(grouped.body.tasks).toHaveLength(2);
  const { tasks } = await queue.poll();
  await queue.event({ ...ack(first(tasks), { err: odd, abort: true }), logs: [odd] });
  expect(await queue.task(id)).toMatchObject({ lastResult: { err: odd }, runs: [{ error: odd, logs: [odd] }] });
});

test("of many that poll at once, no two get the same task", async () => {
  const queue = new Queue(server());
  await queue.post(
    "/tasks",
    Array.from({ length: 100 }, (_, args) => ({ args })),
  );
  const polls = await Promise.all(Array.from({ length: 20 }, (_, at) => queue.poll({ worker: `w${at}`, max: 7 })));
  const ids = polls.flatMap(({ tasks }) => tasks.map(({ id }) => id));
  expect(ids).toHaveLength(100);
  expect(new Set(ids).size).toBe(100);
});

test("workers and ids in a path are looked at as closely", async () => {
  const queue = new Queue(server());
  const { session } = await queue.poll();
  const ask = async (method: string, path: string, body?: object) => (await queue.call(method, path, body)).body;
  const refusal = (path: string) => ({ code: "bad_request", path });
  for (const segment of ["%zz", "%ff", "%"]) {
    expect(await ask("GET", `/tasks/${segment}`)).toMatchObject(refusal("id"));
    expect(await ask("POST", `/tasks/${segment}/cancel`)).toMatchObject(refusal("id"));
    expect(await ask("POST", `/workers/${segment}/heartbeat`, { session })).toMatchObject(refusal("worker"));
    expect(await ask("DELETE", `/workers/${segment}`, { session })).toMatchObject(refusal("worker"));
  }
  expect(await ask("DELETE", `/workers/${"w".repeat(256)}`, { session })).toMatchObject(refusal("worker"));
});
