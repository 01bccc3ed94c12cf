/** Many tasks at once: resume, cancel, reschedule, delete, purge. */

import { expect, test } from "vitest";
import type { Task } from "../../../src/protocol/answers.ts";
import { ack, expectProblem, first, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const GONE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const STATUSES = ["Pending", "Queued", "Running", "Done", "Failed", "Killed"] as const;
type Status = (typeof STATUSES)[number];

async function oneOfEach(queue: Queue, task: object = {}): Promise<Record<Status, string>> {
  const ids: Partial<Record<Status, string>> = {};
  for (const status of ["Done", "Failed", "Killed", "Queued", "Running", "Pending"] as const) {
    ids[status] = (await queue.taskIn(status, task)).id;
  }
  return ids as Record<Status, string>;
}

const CHANGED: Record<string, { body: object; changed: readonly Status[]; after: Status | null }> = {
  resume: { body: {}, changed: ["Failed", "Killed"], after: "Pending" },
  cancel: { body: {}, changed: ["Pending", "Queued", "Running", "Failed"], after: "Killed" },
  reschedule: {
    body: { delayMs: 60_000 },
    changed: ["Pending", "Queued", "Running", "Failed", "Killed"],
    after: "Pending",
  },
  delete: { body: {}, changed: ["Pending", "Done", "Failed", "Killed"], after: null },
};

test.each(Object.keys(CHANGED))("bulk %s says in a dry run what it would do, and then does it", async (verb) => {
  const { body, changed, after } = CHANGED[verb] ?? { body: {}, changed: [], after: null };
  for (const how of ["ids", "filter"] as const) {
    const queue = new Queue(server());
    const ids = await oneOfEach(queue);
    const tasks = await Promise.all(STATUSES.map((status) => queue.task(ids[status])));
    const named = Object.values(ids);
    const selection = how === "ids" ? { ids: [...named, named[0], GONE, "nonsense"] } : { filter: {} };
    const answer = { matched: 6, changed: changed.length, more: false };
    const dry = await queue.post(`/tasks/${verb}`, { ...selection, ...body, dryRun: true });
    expect(dry.status).toBe(200);
    expect(dry.body).toEqual(answer);
    expect(await Promise.all(STATUSES.map((status) => queue.task(ids[status])))).toEqual(tasks);
    expect((await queue.post(`/tasks/${verb}`, { ...selection, ...body, dryRun: false })).body).toEqual(answer);
    for (const [at, status] of STATUSES.entries()) {
      const found = await queue.get<Task>(`/tasks/${ids[status]}`);
      if (!changed.includes(status)) expect(found.body).toEqual(tasks[at]);
      else if (after === null) expect(found.status).toBe(404);
      else expect(found.body).toMatchObject({ status: after, revision: (tasks[at]?.revision ?? 0) + 1 });
    }
  }
});

test("a bulk filter names status, group and time of creation", async () => {
  const queue = new Queue(server());
  const a = await queue.task(await queue.push({ groupKey: "a" }));
  await expect.poll(() => Date.now()).toBeGreaterThan(a.createdAt + 1);
  const b = await queue.task(await queue.push({ groupKey: "b" }));
  await queue.taskIn("Killed", { groupKey: "a", priority: 1 });
  const matched = async (filter: object) => {
    const { body } = await queue.post("/tasks/cancel", { filter, dryRun: true });
    return [body.matched, body.changed];
  };
  expect(await matched({})).toEqual([3, 2]);
  expect(await matched({ status: "Pending" })).toEqual([2, 2]);
  expect(await matched({ status: "Killed" })).toEqual([1, 0]);
  expect(await matched({ groupKey: "a" })).toEqual([2, 1]);
  expect(await matched({ groupKey: "a", status: "Pending" })).toEqual([1, 1]);
  expect(await matched({ after: b.createdAt })).toEqual([2, 1]);
  expect(await matched({ before: b.createdAt })).toEqual([1, 1]);
  expect(await matched({ after: a.createdAt, before: b.createdAt })).toEqual([1, 1]);
  expect(await matched({ after: b.createdAt + 60_000 })).toEqual([0, 0]);
});

test("a bulk verb stops at its limit, and says that there is more", async () => {
  const queue = new Queue(server());
  await queue.post("/tasks", Array(7).fill({ args: 1 }));
  const cancel = async (body: object) => (await queue.post("/tasks/cancel", body)).body;
  expect(await cancel({ filter: { status: "Pending" }, limit: 3 })).toEqual({ matched: 3, changed: 3, more: true });
  expect(await cancel({ filter: { status: "Pending" }, limit: 4 })).toEqual({ matched: 4, changed: 4, more: false });
  expect(await cancel({ filter: { status: "Pending" }, limit: 3 })).toEqual({ matched: 0, changed: 0, more: false });
  const { body } = await queue.get<{ tasks: Task[] }>("/tasks");
  const ids = body.tasks.map(({ id }) => id);
  const resumed = await queue.post("/tasks/resume", { ids, limit: 2 });
  expect(resumed.body).toEqual({ matched: 2, changed: 2, more: true });
});

test("a bulk verb goes through thousands", async () => {
  const queue = new Queue(server());
  for (let i = 0; i < 3; i++) await queue.post("/tasks", Array(1_000).fill({ args: 1 }));
  const dry = await queue.post("/tasks/delete", { filter: {}, dryRun: true });
  expect(dry.body).toEqual({ matched: 3_000, changed: 3_000, more: false });
  const some = await queue.post("/tasks/delete", { filter: {}, limit: 1_500 });
  expect(some.body).toEqual({ matched: 1_500, changed: 1_500, more: true });
  expect((await queue.post("/tasks/delete", { filter: {} })).body).toEqual({
    matched: 1_500,
    changed: 1_500,
    more: false,
  });
  expect(await queue.counts()).toMatchObject({ Pending: 0 });
});

test("bulk cancel and reschedule revoke leases", async () => {
  const queue = new Queue(server());
  const a = await queue.leased();
  const b = await queue.leased();
  await queue.post("/tasks/cancel", { ids: [a.id] });
  await queue.post("/tasks/reschedule", { ids: [b.id], runAt: 0 });
  expect((await queue.event(ack(a))).error).toMatchObject({ code: "lease_lost", taskStatus: "Killed" });
  expect((await queue.event(ack(b))).error).toMatchObject({ code: "lease_lost", taskStatus: "Pending" });
  expect(first((await queue.poll()).tasks)).toMatchObject({ id: b.id, attempt: 1 });
});

test.each([
  ["resume", {}, "ids"],
  ["resume", { ids: [] }, "ids"],
  ["resume", { ids: Array(1_001).fill("a") }, "ids"],
  ["resume", { ids: [1] }, "ids.0"],
  ["resume", { ids: ["a"], filter: {} }, "filter"],
  ["cancel", { filter: { state: "Done" } }, "filter.state"],
  ["cancel", { filter: { status: "done" } }, "filter.status"],
  ["cancel", { filter: { groupKey: null } }, "filter.groupKey"],
  ["cancel", { filter: {}, limit: 0 }, "limit"],
  ["cancel", { filter: {}, limit: 10_001 }, "limit"],
  ["cancel", { filter: {}, dryRun: "yes" }, "dryRun"],
  ["cancel", { filter: {}, delayMs: 1 }, "delayMs"],
  ["reschedule", { filter: {} }, "delayMs"],
  ["reschedule", { filter: {}, delayMs: 1, runAt: 1 }, "runAt"],
  ["delete", { filter: {}, force: true }, "force"],
])("bulk %s refuses %j", async (verb, body, path) => {
  const queue = new Queue(server());
  const task = await queue.task(await queue.push());
  expectProblem(await queue.post(`/tasks/${verb}`, body), 400, "bad_request", { path });
  expect(await queue.task(task.id)).toEqual(task);
});

test("a bulk limit of 10,000 and a queue that was never used are fine", async () => {
  const queue = new Queue(server());
  const none = { matched: 0, changed: 0, more: false };
  for (const verb of ["resume", "cancel", "delete"]) {
    expect((await queue.post(`/tasks/${verb}`, { filter: {}, limit: 10_000 })).body).toEqual(none);
    expect((await queue.post(`/tasks/${verb}`, { ids: [GONE] })).body).toEqual(none);
  }
  expectProblem(await queue.get(""), 404, "queue_not_found");
});

test.each(["Queued", "Running"] as const)("purge drops all that is not leased (%s)", async (status) => {
  const queue = new Queue(server());
  await queue.taskIn("Done");
  await queue.taskIn("Failed");
  await queue.taskIn("Killed");
  const kept = await queue.taskIn(status);
  await queue.push({ delayMs: 60_000 });
  await queue.push();
  const answer = await queue.post("/purge");
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({ purged: 5, more: false });
  expect(await queue.task(kept.id)).toEqual(kept);
  expect(await queue.counts()).toEqual({
    Pending: 0,
    Queued: 0,
    Running: 0,
    Done: 0,
    Failed: 0,
    Killed: 0,
    [status]: 1,
  });
  expect((await queue.post("/purge", {})).body).toEqual({ purged: 0, more: false });
});

test("a bulk verb that is repeated gets on, whatever it does not apply to stands before it", async () => {
  const queue = new Queue(server());
  for (let i = 0; i < 3; i++) await queue.taskIn("Done");
  for (let i = 0; i < 3; i++) await queue.push();
  const answers: unknown[] = [];
  for (let more = true; more; ) {
    const { body } = await queue.post<{ more: boolean }>("/tasks/cancel", { filter: {}, limit: 2 });
    answers.push(body);
    more = body.more;
  }
  expect(answers).toMatchObject([
    { changed: 2, more: true },
    { changed: 1, more: false },
  ]);
});
