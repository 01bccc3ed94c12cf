// The feed of a queue, from its object through the Worker: order, sleep, coming back, and what it costs.
import { exports } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FeedReader } from "../../support/feed.ts";
import { billOf } from "../support/bill.ts";
import { freezeTime, Lab, pass, thawTime } from "./lab.ts";

beforeEach(freezeTime);
const readers: FeedReader[] = [];
afterEach(async () => {
  thawTime();
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
});

const request = (lab: Lab, headers: Record<string, string> = {}) =>
  exports.default.fetch(new Request(`http://localhost/v1/queues/${lab.queue}/feed`, { headers }));

async function follow(lab: Lab, position?: string): Promise<FeedReader> {
  const reader = new FeedReader(await request(lab, position === undefined ? {} : { "last-event-id": position }));
  readers.push(reader);
  return position === undefined ? reader.ready() : reader;
}

/** Rows of the log that the next commits write. */
const rowsOfLog = async (lab: Lab): Promise<number> => (await lab.rows("SELECT slot FROM feed")).length;

test("tells of each change in its order, with a position that grows", async () => {
  const lab = new Lab();
  const reader = await follow(lab);
  const { id } = await lab.push();
  const session = (await lab.call("POST", "/workers", { worker: "w" })).session;
  const { tasks } = await lab.call("POST", "/poll", { worker: "w", session });
  await lab.call("POST", "/events", { events: [{ type: "ack", id, lease: tasks[0].lease, result: { ok: 1 } }] });
  await lab.call("DELETE", `/tasks/${id}`);
  const told = await reader.take(5);
  expect(told.map(({ event, data }) => [event, data.status ?? data.event ?? data.gone])).toEqual([
    ["task", "Pending"],
    ["worker", "registered"],
    ["task", "Running"],
    ["task", "Done"],
    ["task", true],
  ]);
  expect(told[2]?.data).toEqual({
    ...{ id, queue: lab.queue, status: "Running", attempt: 1, priority: 0 },
    ...{ runAt: expect.any(Number), at: Date.now() },
  });
  const positions = told.map((message) => Number(message.id?.replace(/^0:/, "")));
  expect(positions).toEqual(positions.map((_, n) => (positions[0] ?? 0) + n));
});

test("who comes back with a position gets what came meanwhile, once, and then what comes", async () => {
  const lab = new Lab();
  await lab.push();
  const reader = await follow(lab);
  const first = await lab.push();
  expect((await reader.take(1))[0]?.data.id).toBe(first.id);
  const { position } = reader;
  await reader.close();
  const missed = [await lab.push(), await lab.push()];
  await lab.evict();
  const again = await follow(lab, position);
  const ids = (await again.take(2)).map(({ data }) => data.id);
  expect(ids).toEqual(missed.map(({ id }) => id));
  const last = await lab.push();
  expect((await again.take(1))[0]?.data.id).toBe(last.id);
});

test("a feed goes on over an object that sleeps, or that is thrown out with its sockets", async () => {
  const lab = new Lab();
  const reader = await follow(lab);
  await lab.push();
  await lab.evict("hibernate");
  await lab.push();
  await lab.evict("close");
  await lab.push();
  const told = await reader.take(3);
  expect(told.map(({ event, data }) => [event, data.status])).toEqual(Array(3).fill(["task", "Pending"]));
  expect(new Set(told.map(({ data }) => data.id)).size).toBe(3);
});

test("who comes back too late, or with a position of another life, is told of a gap first", async () => {
  const lab = new Lab();
  const reader = await follow(lab);
  await lab.push();
  await reader.take(1);
  const { position } = reader;
  await reader.close();
  await lab.push();
  pass(300_001);
  await lab.push();
  const again = await follow(lab, position);
  expect(await again.take(1)).toMatchObject([{ event: "gap", data: { partition: 0 } }]);
  const { id } = await lab.push();
  expect(await again.take(1)).toMatchObject([{ event: "task", data: { id } }]);
  await lab.call("DELETE", "?force");
  expect(await again.take(1)).toMatchObject([{ event: "gap" }]);
  const reborn = await lab.push();
  expect(await again.take(1)).toMatchObject([{ event: "task", data: { id: reborn.id } }]);
});

test("a position that is none is refused, and HEAD follows nobody", async () => {
  const lab = new Lab();
  for (const position of ["x", "0:", "0:1,", "-1:2", "0:9999999999999999"]) {
    const response = await request(lab, { "last-event-id": position });
    expect([response.status, await response.json()]).toMatchObject([400, { path: "last-event-id" }]);
  }
  const head = await exports.default.fetch(
    new Request(`http://localhost/v1/queues/${lab.queue}/feed`, { method: "HEAD" }),
  );
  expect([head.status, head.headers.get("content-type"), head.body]).toEqual([200, "text/event-stream", null]);
});

test("to follow a queue that was never used does not make it", async () => {
  const lab = new Lab();
  const reader = await follow(lab);
  expect(reader.position).toBe("0:0");
  expect(await lab.rows("SELECT name FROM sqlite_master WHERE name = 'task'")).toEqual([]);
});

test("costs a row a commit while somebody follows or did of late, and none else", async () => {
  const lab = new Lab();
  const costOf = async (commits: number) => {
    const { commits: before } = await lab.call("GET", "/stats");
    const paid = await billOf(lab.stub);
    for (let n = 0; n < commits; n++) await lab.push();
    const made = (await lab.call("GET", "/stats")).commits - before;
    const { task, state } = paid();
    // The log has no line of its own on the bill: it is on that of tasks.
    return { log: task - commits, state: state - made };
  };
  await lab.push();
  expect(await costOf(5)).toEqual({ log: 0, state: 0 });
  expect(await rowsOfLog(lab)).toBe(0);
  const reader = await follow(lab);
  expect(await costOf(5)).toEqual({ log: 5, state: 0 });
  await reader.close();
  expect((await costOf(3)).log).toBe(3);
  pass(300_001);
  expect((await costOf(3)).log).toBe(0);
});
