/** Lists of tasks: order, pages, filters. */

import { expect, test } from "vitest";
import type { Task } from "../../../src/protocol/answers.ts";
import { http } from "../../support/http.ts";
import { expectProblem, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();

interface List {
  readonly tasks: Task[];
  readonly nextCursor?: string;
}

test("lists are newest first, and page to the end", async () => {
  const queue = new Queue(server());
  const pushed = await queue.post<{ tasks: { id: string }[] }>(
    "/tasks",
    Array.from({ length: 120 }, (_, args) => ({ args })),
  );
  const ids = pushed.body.tasks.map(({ id }) => id);
  const page = await queue.get<List>("/tasks");
  expect(page.body.tasks).toHaveLength(50);
  expect(Object.keys(page.body).sort()).toEqual(["nextCursor", "tasks"]);
  for (const order of ["newest", "oldest"]) {
    const found: string[] = [];
    let cursor = "";
    do {
      const { body, status } = await queue.get<List>(`/tasks?order=${order}&limit=17${cursor}`);
      expect(status).toBe(200);
      found.push(...body.tasks.map(({ id }) => id));
      cursor = body.nextCursor === undefined ? "" : `&cursor=${encodeURIComponent(body.nextCursor)}`;
    } while (cursor !== "");
    expect(found).toEqual(order === "oldest" ? ids : ids.toReversed());
  }
  const whole = await queue.get<List>("/tasks?limit=1000");
  expect(whole.body.tasks).toHaveLength(120);
  expect(whole.body).not.toHaveProperty("nextCursor");
  expect((await queue.get<List>("/tasks?limit=120")).body).not.toHaveProperty("nextCursor");
});

test("a page shows whole tasks", async () => {
  const queue = new Queue(server());
  const task = await queue.taskIn("Done", { meta: { a: 1 }, groupKey: "g" });
  expect((await queue.get("/tasks")).body).toStrictEqual({ tasks: [task] });
});

test("a page that was paged into is not disturbed by what is pushed and deleted meanwhile", async () => {
  const queue = new Queue(server());
  const pushed = await queue.post<{ tasks: { id: string }[] }>(
    "/tasks",
    Array.from({ length: 6 }, (_, args) => ({ args })),
  );
  const ids = pushed.body.tasks.map(({ id }) => id);
  const one = await queue.get<List>("/tasks?limit=2");
  await queue.push();
  await queue.call("DELETE", `/tasks/${ids[4]}`);
  await queue.call("DELETE", `/tasks/${ids[3]}`);
  const two = await queue.get<List>(`/tasks?limit=9&cursor=${one.body.nextCursor}`);
  expect(two.body.tasks.map(({ id }) => id)).toEqual([ids[2], ids[1], ids[0]]);
});

test("lists filter by status, keys and time of creation", async () => {
  const queue = new Queue(server());
  const done = await queue.taskIn("Done", { groupKey: "a b", idempotencyKey: "k/1" });
  await expect.poll(() => Date.now()).toBeGreaterThan(done.createdAt + 1);
  const failed = await queue.taskIn("Failed", { groupKey: "a b" });
  const pending = await queue.task(await queue.push({ groupKey: "c", idempotencyKey: "" }));
  const found = async (query: string) => {
    const { body, status } = await queue.get<List>(`/tasks?${query}`);
    expect(status, query).toBe(200);
    return body.tasks.map(({ id }) => id);
  };
  expect(await found("status=Done")).toEqual([done.id]);
  expect(await found("status=Failed")).toEqual([failed.id]);
  expect(await found("status=Killed")).toEqual([]);
  expect(await found("groupKey=a%20b")).toEqual([failed.id, done.id]);
  expect(await found("groupKey=a+b&status=Done")).toEqual([done.id]);
  expect(await found("idempotencyKey=k%2F1")).toEqual([done.id]);
  expect(await found("idempotencyKey=")).toEqual([pending.id]);
  expect(await found(`after=${failed.createdAt}`)).toEqual([pending.id, failed.id]);
  expect(await found(`before=${failed.createdAt}`)).toEqual([done.id]);
  expect(await found(`after=${done.createdAt}&before=${failed.createdAt}&order=oldest`)).toEqual([done.id]);
  expect(await found(`after=${Date.now() + 60_000}`)).toEqual([]);
});

test("a key that was freed is still found in the list", async () => {
  const queue = new Queue(server());
  const { id } = await queue.taskIn("Done", { idempotencyKey: "k", idempotencyUntil: "terminal" });
  expect((await queue.get<List>("/tasks?idempotencyKey=k")).body.tasks.map((task) => task.id)).toEqual([id]);
});

test.each([
  ["limit=0", "limit"],
  ["limit=1001", "limit"],
  ["limit=ten", "limit"],
  ["limit=1.5", "limit"],
  ["limit=", "limit"],
  ["limit=-1", "limit"],
  ["limit=1&limit=2", "limit"],
  ["cursor=nonsense", "cursor"],
  ["cursor=n1", "cursor"],
  ["cursor=!", "cursor"],
  ["cursor=", "cursor"],
  ["status=done", "status"],
  ["status=", "status"],
  ["order=up", "order"],
  ["after=yesterday", "after"],
  ["before=-1", "before"],
  ["page=0", "page"],
  ["groupKey=%zz", "groupKey"],
  ["groupKey=%ff", "groupKey"],
  ["%zz=1", "query"],
])("a list refuses ?%s", async (query, path) => {
  const queue = new Queue(server());
  await queue.push();
  for (const url of [`${queue.path}/tasks`, "/v1/tasks"]) {
    expectProblem(await http(server().url).get(`${url}?${query}`), 400, "bad_request", { path });
  }
});

test("a cursor belongs to its order, and is looked at in a queue that was never used too", async () => {
  const queue = new Queue(server());
  expectProblem(await queue.get("/tasks?cursor=nonsense"), 400, "bad_request", { path: "cursor" });
  expectProblem(await queue.get(""), 404, "queue_not_found");
  await queue.post("/tasks", [{ args: 1 }, { args: 2 }]);
  const { nextCursor } = (await queue.get<List>("/tasks?limit=1")).body;
  expectProblem(await queue.get(`/tasks?order=oldest&cursor=${nextCursor}`), 400, "bad_request", { path: "cursor" });
});

test("a filter that finds nothing among thousands still comes to its end", async () => {
  const queue = new Queue(server());
  for (let i = 0; i < 6; i++) await queue.post("/tasks", Array(1_000).fill({ args: i }));
  const found: string[] = [];
  let pages = 0;
  let cursor = "";
  do {
    const { body } = await queue.get<List>(`/tasks?groupKey=nobody${cursor}`);
    found.push(...body.tasks.map(({ id }) => id));
    cursor = body.nextCursor === undefined ? "" : `&cursor=${body.nextCursor}`;
    pages++;
  } while (cursor !== "" && pages < 50);
  expect(found).toEqual([]);
  expect(cursor).toBe("");
});

test("a page ends at 8 MiB", async () => {
  const queue = new Queue(server());
  const args = "a".repeat(1024 * 1024 - 100);
  for (let i = 0; i < 3; i++) await queue.post("/tasks", Array(4).fill({ args }));
  const found = new Set<string>();
  let cursor = "";
  do {
    const text = await (await fetch(`${queue.url}/tasks?limit=100${cursor}`)).text();
    expect(text.length).toBeLessThanOrEqual(8 * 1024 * 1024);
    const body = JSON.parse(text) as List;
    for (const { id } of body.tasks) found.add(id);
    cursor = body.nextCursor === undefined ? "" : `&cursor=${body.nextCursor}`;
  } while (cursor !== "");
  expect(found.size).toBe(12);
});
