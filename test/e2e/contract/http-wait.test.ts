/** Waits and checks of status. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { ack, type Body, event, expectProblem, first, linesOf, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const GONE = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const unknown = (id: string) => ({ id, error: { code: "task_not_found" } });

const ask = (queue: Queue, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${queue.url}/wait`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });

async function wait(queue: Queue, body: object): Promise<Body[]> {
  const response = await ask(queue, body);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^application\/x-ndjson/);
  return linesOf(await response.text());
}

/** The lines of a stream one by one; undefined at its end. */
function reader(response: Response): () => Promise<Body | undefined> {
  const chunks = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  return async () => {
    while (!rest.includes("\n")) {
      const next = await chunks?.read();
      if (next === undefined || next.done) return undefined;
      rest += next.value;
    }
    const [line = ""] = rest.split("\n", 1);
    rest = rest.slice(line.length + 1);
    return JSON.parse(line) as Body;
  };
}

test("what has ended comes at once, then the stream ends", async () => {
  const queue = new Queue(server());
  const done = await queue.taskIn("Done");
  const killed = await queue.taskIn("Killed");
  const before = Date.now();
  const lines = await wait(queue, { ids: [done.id, killed.id] });
  expect(lines.toSorted((a, b) => (String(a.id) < String(b.id) ? -1 : 1))).toStrictEqual([
    { id: done.id, status: "Done", attempt: 1, result: { ok: 1 } },
    { id: killed.id, status: "Killed", attempt: 1, result: { err: "no" } },
  ]);
  expect(Date.now() - before).toBeLessThan(2_000);
});

test("results come as they are, each once, and ids named twice count once", async () => {
  const queue = new Queue(server());
  const done = await queue.taskIn("Done");
  const leased = await queue.leased();
  const next = reader(await ask(queue, { ids: [leased.id, done.id, leased.id, GONE, done.id, GONE] }));
  const early = [await next(), await next()].toSorted((a, b) => (String(a?.id) < String(b?.id) ? -1 : 1));
  expect(early).toEqual([unknown(GONE), { id: done.id, status: "Done", attempt: 1, result: { ok: 1 } }]);
  await queue.event(ack(leased, { ok: null }));
  expect(await next()).toStrictEqual({ id: leased.id, status: "Done", attempt: 1, result: { ok: null } });
  expect(await next()).toBeUndefined();
});

test("a failure that is tried again ends nothing", async () => {
  const queue = new Queue(server());
  const leased = await queue.leased();
  const next = reader(await ask(queue, { ids: [leased.id] }));
  await queue.event(ack(leased, { err: "x", retryAfterMs: 0 }));
  const again = first((await queue.poll()).tasks);
  await queue.event(ack(again, { ok: 2 }));
  expect(await next()).toEqual({ id: leased.id, status: "Done", attempt: 2, result: { ok: 2 } });
  expect(await next()).toBeUndefined();
});

test("cancel ends a wait, and so does the end of a task by bulk", async () => {
  const queue = new Queue(server());
  const [a, b] = [await queue.push(), await queue.push()];
  const next = reader(await ask(queue, { ids: [a, b] }));
  await queue.post(`/tasks/${a}/cancel`);
  expect(await next()).toEqual({ id: a, status: "Killed", attempt: 0, result: { err: "cancelled" } });
  await queue.post("/tasks/cancel", { filter: {} });
  expect(await next()).toEqual({ id: b, status: "Killed", attempt: 0, result: { err: "cancelled" } });
  expect(await next()).toBeUndefined();
});

test("a task that is deleted meanwhile yields an error", async () => {
  const queue = new Queue(server());
  const [a, b, c] = [await queue.push(), await queue.push(), await queue.push()];
  const next = reader(await ask(queue, { ids: [a, b, c] }));
  await queue.call("DELETE", `/tasks/${a}`);
  expect(await next()).toEqual(unknown(a));
  await queue.post("/tasks/delete", { ids: [b] });
  expect(await next()).toEqual(unknown(b));
  await queue.post("/purge");
  expect(await next()).toEqual(unknown(c));
  expect(await next()).toBeUndefined();
});

test("a queue that is dropped ends its waits", async () => {
  const queue = new Queue(server());
  const id = await queue.push();
  const next = reader(await ask(queue, { ids: [id] }));
  await sleep(100);
  expect((await queue.call("DELETE", "")).status).toBe(204);
  expect(await next()).toEqual(unknown(id));
  expect(await next()).toBeUndefined();
});

test("unknown ids are told as such, in a queue that was never used too", async () => {
  const queue = new Queue(server());
  expect(await wait(queue, { ids: [GONE, "nonsense"] })).toEqual([unknown(GONE), unknown("nonsense")]);
  expect(await wait(queue, { ids: [GONE], waitMs: 0 })).toEqual([unknown(GONE)]);
  const other = await new Queue(server()).push();
  expect(await wait(queue, { ids: [other] })).toEqual([unknown(other)]);
  expectProblem(await queue.get(""), 404, "queue_not_found");
});

test("what is left when time runs out is pending", async () => {
  const queue = new Queue(server());
  const done = await queue.taskIn("Done");
  const failed = await queue.taskIn("Failed");
  const open = await queue.push();
  const ids = [open, done.id, failed.id, open];
  const result = { id: done.id, status: "Done", attempt: 1, result: { ok: 1 } };
  for (const waitMs of [0, 400]) {
    const before = Date.now();
    const lines = await wait(queue, { ids, waitMs });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toEqual(result);
    expect(lines[1]).toEqual({ pending: [open, failed.id] });
    expect(Date.now() - before).toBeGreaterThanOrEqual(waitMs - 10);
    expect(Date.now() - before).toBeLessThan(waitMs + 1_500);
  }
});

test("progress comes along when it is asked for", async () => {
  const queue = new Queue(server());
  const leased = await queue.leased();
  const asked = reader(await ask(queue, { ids: [leased.id], progress: true }));
  const silent = reader(await ask(queue, { ids: [leased.id] }));
  await sleep(100);
  await queue.event(event("progress", leased, { progress: { at: 1 } }));
  expect(await asked()).toStrictEqual({ id: leased.id, progress: { at: 1 } });
  await queue.event(event("progress", leased, { progress: null }));
  expect(await asked()).toStrictEqual({ id: leased.id, progress: null });
  await queue.event(ack(leased));
  const result = { id: leased.id, status: "Done", attempt: 1, result: { ok: 1 } };
  expect(await asked()).toEqual(result);
  expect(await asked()).toBeUndefined();
  expect(await silent()).toEqual(result);
  expect(await silent()).toBeUndefined();
});

test("a browser's EventSource may wait", async () => {
  const queue = new Queue(server());
  const done = await queue.taskIn("Done");
  const open = await queue.push();
  const response = await fetch(`${queue.url}/wait?id=${done.id}&id=${open}&waitMs=300&id=${done.id}`, {
    headers: { accept: "text/event-stream" },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const events = (await response.text()).split("\n\n").filter((one) => one.trim() !== "");
  expect(events.every((one) => one.startsWith("data: "))).toBe(true);
  expect(events.map((one) => JSON.parse(one.slice(6)))).toEqual([
    { id: done.id, status: "Done", attempt: 1, result: { ok: 1 } },
    { pending: [open] },
  ]);
});

test("GET without that header gives lines, and POST with it events", async () => {
  const queue = new Queue(server());
  const { id } = await queue.taskIn("Done");
  const lines = await fetch(`${queue.url}/wait?id=${id}`);
  expect(lines.headers.get("content-type")).toMatch(/^application\/x-ndjson/);
  expect(linesOf(await lines.text())).toHaveLength(1);
  const events = await ask(queue, { ids: [id] }, { accept: "text/event-stream" });
  expect(events.headers.get("content-type")).toMatch(/^text\/event-stream/);
  expect(await events.text()).toMatch(/^data: \{.*\}\n\n$/);
});

test.each([
  [{}, "ids"],
  [{ ids: [] }, "ids"],
  [{ ids: Array(1_001).fill(GONE) }, "ids"],
  [{ ids: [7] }, "ids.0"],
  [{ ids: GONE }, "ids"],
  [{ ids: [GONE], waitMs: 25_001 }, "waitMs"],
  [{ ids: [GONE], waitMs: -1 }, "waitMs"],
  [{ ids: [GONE], waitMs: null }, "waitMs"],
  [{ ids: [GONE], progress: 1 }, "progress"],
  [{ ids: [GONE], progress: null }, "progress"],
  [{ ids: [GONE], timeoutMs: 1 }, "timeoutMs"],
])("a wait refuses %j", async (body, path) => {
  expectProblem(await new Queue(server()).post("/wait", body), 400, "bad_request", { path });
});

test.each([
  ["", "id"],
  ["?waitMs=1", "id"],
  [`?id=${GONE}&ids=a`, "ids"],
  [`?id=${GONE}&waitMs=25001`, "waitMs"],
  [`?id=${GONE}&waitMs=1&waitMs=2`, "waitMs"],
  [`?id=${GONE}&progress=yes`, "progress"],
  ["?id=%zz", "id"],
])("a wait by GET refuses %s", async (query, path) => {
  expectProblem(await new Queue(server()).get(`/wait${query}`), 400, "bad_request", { path });
});

test("a thousand ids are waited for", async () => {
  const queue = new Queue(server());
  const pushed = await queue.post<{ tasks: { id: string }[] }>("/tasks", Array(1_000).fill({ args: 1 }));
  const ids = pushed.body.tasks.map(({ id }) => id);
  const response = await ask(queue, { ids });
  await queue.post("/tasks/cancel", { filter: {} });
  const lines = linesOf(await response.text());
  expect(lines.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  expect(lines.every(({ status }) => status === "Killed")).toBe(true);
});

test("many large results are all told", async () => {
  const queue = new Queue(server());
  const ok = "é".repeat(120_000);
  await queue.post("/tasks", Array(40).fill({ args: 1 }));
  const { tasks } = await queue.poll({ max: 40 });
  for (let at = 0; at < 40; at += 20) {
    await queue.post("/events", { events: tasks.slice(at, at + 20).map((task) => ack(task, { ok })) });
  }
  const ids = tasks.map(({ id }) => id).toSorted();
  for (const waitMs of [0, 5_000]) {
    const lines = await wait(queue, { ids, waitMs });
    expect(lines.map(({ id }) => id).toSorted()).toEqual(ids);
  }
  const status = await queue.post<{ results: Body[]; unknown: string[] }>("/status", { ids });
  expect(status.body.results.map(({ id }) => id).toSorted()).toEqual(ids);
  expect(status.body.unknown).toEqual([]);
});

test("status answers every known id, ended or not, and names the unknown ones", async () => {
  const queue = new Queue(server());
  const done = await queue.taskIn("Done");
  const failed = await queue.taskIn("Failed");
  const running = await queue.taskIn("Running");
  const pending = await queue.push();
  const ids = [pending, GONE, done.id, failed.id, running.id, done.id, "nonsense"];
  const answer = await queue.post("/status", { ids });
  expect(answer.status).toBe(200);
  expect(answer.body).toStrictEqual({
    results: [
      { id: pending, status: "Pending", attempt: 0 },
      { id: done.id, status: "Done", attempt: 1, result: { ok: 1 } },
      { id: failed.id, status: "Failed", attempt: 1, result: { err: "no" } },
      { id: running.id, status: "Running", attempt: 1 },
    ],
    unknown: [GONE, "nonsense"],
  });
});

test.each([
  [{}, "ids"],
  [{ ids: [] }, "ids"],
  [{ ids: Array(1_001).fill(GONE) }, "ids"],
  [{ ids: [GONE], waitMs: 1 }, "waitMs"],
])("status refuses %j", async (body, path) => {
  expectProblem(await new Queue(server()).post("/status", body), 400, "bad_request", { path });
});

test("a wait holds for as long as it may, and no longer", async () => {
  const queue = new Queue(server());
  const id = await queue.push();
  const response = await ask(queue, { ids: [id], waitMs: 25_000 });
  await queue.post(`/tasks/${id}/cancel`);
  expect(linesOf(await response.text())).toMatchObject([{ id, status: "Killed" }]);
});
