/** Views over all queues: pages that go from queue to queue, and cursors that are no permission. */

import { describe, expect, it } from "vitest";
import { MAX_BODY_BYTES, MAX_QUEUES_A_PAGE } from "../../../src/limits.ts";
import { fail, ok } from "../../../src/task/result.ts";
import { NOW, SECRET, tokenOf, world } from "./fakes.ts";

interface Asked {
  readonly patterns: readonly string[] | null;
  readonly limit: number;
  readonly after?: string;
}

/** A directory that knows these queues. */
const directory = (names: readonly string[]) => ({
  queues: ({ patterns, limit, after }: Asked) => {
    const seen = names.filter((name) => patterns === null || patterns.includes(name));
    const rest = after === undefined ? seen : seen.filter((name) => name > after);
    return ok({ queues: rest.slice(0, limit).map((name) => ({ name })), more: rest.length > limit, asOf: NOW - 5 });
  },
});

/** Queues that hold tasks, by name; a page ends where asked, and a queue's own cursor is a place in its list. */
function listing(tasks: Record<string, readonly string[]>, vars?: Record<string, string>) {
  const names = Object.keys(tasks).toSorted();
  const made = world({}, { directory: directory(names), ...(vars === undefined ? {} : { vars }) });
  const list = (object: string) => (query: { limit: number; cursor?: string }) => {
    const all = tasks[object.replace(/\/0$/, "")] ?? [];
    const from = Number(query.cursor ?? 0);
    const end = from + query.limit;
    made.calls.push({ object, method: "list", args: [query] });
    return Promise.resolve(
      ok({ tasks: all.slice(from, end), ...(end < all.length ? { nextCursor: String(end) } : {}) }),
    );
  };
  const queues = { getByName: (object: string) => ({ list: list(object) }) };
  return { ...made, env: { ...made.env, QUEUE: queues } };
}

type Listing = ReturnType<typeof listing>;

async function pages(made: Listing, query: string, headers: Record<string, string> = {}) {
  const { createApp } = await import("../../../src/http/app.ts");
  const app = createApp({ timing: made.time });
  const found: string[][] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined && found.length < 100; ) {
    const next: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const response = await app.request(`http://localhost/v1/tasks?${query}${next}`, { headers }, made.env);
    expect(response.status).toBe(200);
    const page = (await response.json()) as { tasks: string[]; nextCursor?: string; asOf: number };
    found.push(page.tasks);
    cursor = page.nextCursor;
  }
  return found;
}

const tasks = (name: string, count: number) =>
  Array.from({ length: count }, (_, place) => JSON.stringify(`${name}${place}`));

describe("the tasks of all queues", () => {
  const some = { a: tasks("a", 3), "b/é": tasks("b", 0), c: tasks("c", 4), d: tasks("d", 1) };
  const all = ["a0", "a1", "a2", "c0", "c1", "c2", "c3", "d0"];

  it.each([1, 2, 3, 4, 7, 8, 9, 50])("come once each, in the same order, by pages of %i", async (limit) => {
    const found = await pages(listing(some), `limit=${limit}`);
    expect(found.flat()).toEqual(all);
    expect(Math.max(...found.map((page) => page.length))).toBeLessThanOrEqual(limit);
  });

  it("may be none", async () => {
    expect(await pages(listing({}), "")).toEqual([[]]);
    expect(await pages(listing({ a: [], b: [] }), "")).toEqual([[]]);
  });

  it("are looked for in a bounded number of queues for each page", async () => {
    const many = Object.fromEntries(
      Array.from({ length: MAX_QUEUES_A_PAGE + 1 }, (_, place) => [
        `q${String(place).padStart(2, "0")}`,
        [] as string[],
      ]),
    );
    const made = listing({ ...many, z: tasks("z", 1) });
    expect(await pages(made, "")).toEqual([[], ["z0"]]);
  });

  it("are filtered as in one queue, with the room that is left", async () => {
    const made = listing(some);
    await pages(made, "limit=5&status=Done&order=oldest&after=1");
    const asked = made.calls.filter(({ method }) => method === "list").slice(0, 3);
    expect(asked.map(({ object, args }) => [object, args[0]])).toEqual([
      ["a/0", { status: "Done", order: "oldest", after: 1, limit: 5 }],
      ["b/é/0", { status: "Done", order: "oldest", after: 1, limit: 2 }],
      ["c/0", { status: "Done", order: "oldest", after: 1, limit: 2 }],
    ]);
  });

  it("make no page of more than 8 MiB", async () => {
    const big = (name: string) => [JSON.stringify(name.padEnd(MAX_BODY_BYTES - 1_000, "."))];
    const found = await pages(listing({ a: tasks("a", 1), b: big("b"), c: big("c"), d: tasks("d", 1) }), "");
    expect(found.map((page) => page.map((task) => task.slice(0, 2)))).toEqual([
      ["a0", "b."],
      ["c.", "d0"],
    ]);
  });

  it("are those of the queues in the claim, whatever a cursor says", async () => {
    const made = listing(some, { PRINIA_SECRET: SECRET });
    const headers = { authorization: `Bearer ${await tokenOf({ queues: ["a", "d"], scope: ["read"] })}` };
    expect((await pages(made, "limit=2", headers)).flat()).toEqual(["a0", "a1", "a2", "d0"]);
    const { encodeCursor } = await import("../../../src/protocol/cursor.ts");
    const cursor = encodeCursor({ queue: "c", inside: "0" });
    const response = await made.send("GET", `/v1/tasks?cursor=${cursor}`, undefined, headers);
    expect([response.status, await response.json()]).toMatchObject([400, { path: "cursor" }]);
  });

  it("say how old the knowledge of the queues is", async () => {
    const { send } = world({}, { directory: directory([]) });
    expect(await (await send("GET", "/v1/tasks")).json()).toEqual({ tasks: [], asOf: NOW - 5 });
  });

  it("are refused when a queue refuses", async () => {
    const { send } = world(
      { list: () => fail("bad_request", "no", { path: "cursor" }) },
      { directory: directory(["a"]) },
    );
    expect((await send("GET", "/v1/tasks")).status).toBe(400);
  });
});

describe("the list of queues", () => {
  it("goes on after the last name, whatever it is called", async () => {
    const names = ["%", "a/b", "é😀", "😀"].toSorted();
    const { send } = world({}, { directory: directory(names) });
    const found: string[] = [];
    let query = "?limit=1";
    for (let page = 0; page < names.length; page++) {
      const body = (await (await send("GET", `/v1/queues${query}`)).json()) as {
        queues: { name: string }[];
        nextCursor?: string;
        asOf: number;
      };
      expect(body.asOf).toBe(NOW - 5);
      found.push(...body.queues.map(({ name }) => name));
      expect(body.nextCursor === undefined).toBe(page === names.length - 1);
      query = `?limit=1&cursor=${body.nextCursor}`;
    }
    expect(found).toEqual(names);
  });
});
