import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freezeTime, Lab, pass, thawTime, until } from "./lab.ts";

beforeEach(freezeTime);
afterEach(thawTime);

const ORPHAN_MS = 60_000;
const types = (frames: { type: string }[]) => frames.map(({ type }) => type);

describe("an object that slept", () => {
  test("goes on delivering within the credit that its sockets have left, and tells no idle that is not due", async () => {
    const lab = new Lab();
    const worker = await lab.worker({ credit: 3 });
    await lab.push();
    expect(types(await worker.settled())).toEqual(["tasks", "idle"]);
    await lab.evict();
    // Whatever wakes it.
    await lab.call("GET", "/tasks");
    const other = await lab.open();
    other.send({ type: "unwait", ref: "x" });
    await other.settled();
    expect(await worker.settled()).toEqual([]);
    await lab.evict();
    expect(await lab.push()).toMatchObject({ status: "Queued" });
    expect(await lab.push()).toMatchObject({ status: "Queued" });
    expect(await lab.push()).toMatchObject({ status: "Pending" });
    expect(types(await worker.settled())).toEqual(["tasks", "idle", "tasks"]);
  });

  test("knows who is registered, under which session, and what it holds", async () => {
    const lab = new Lab();
    const worker = await lab.worker({ credit: 1, autoStart: true });
    const { id } = await lab.push();
    const [{ tasks }] = await worker.settled();
    await lab.evict();
    worker.send({ type: "register", worker: "w", credit: 1 });
    expect(await worker.settled()).toMatchObject([{ type: "error", path: "type" }]);
    worker.send({
      type: "events",
      ref: "e",
      events: [{ type: "ack", id, lease: tasks[0].lease, result: { ok: 1 } }],
      credit: 1,
    });
    expect(await worker.settled()).toMatchObject([{ events: [{ status: "Done" }] }, { type: "idle" }]);
  });

  test("wakes for a delayed task that a waiting socket is to get, by the alarm alone", async () => {
    const lab = new Lab();
    const worker = await lab.worker({ credit: 1 });
    const { id } = await lab.push({ delayMs: 5_000 });
    await worker.settled();
    await lab.evict();
    pass(5_000);
    await lab.alarms();
    await until(() => worker.frames.some(({ type }) => type === "tasks"), "the task came");
    expect(worker.unread()).toMatchObject([{ tasks: [{ id }] }]);
  });

  test("sends again what a resumed session does not know, as credit comes", async () => {
    const lab = new Lab();
    const before = await lab.worker({ credit: 2 });
    const ids = [(await lab.push()).id, (await lab.push()).id];
    await before.settled();
    await lab.evict("close");
    const worker = await lab.worker({ session: before.session, credit: 1 });
    expect(worker.session).toBe(before.session);
    expect(worker.frames.find(({ type }) => type === "tasks")).toMatchObject({ tasks: [{ id: ids[0] }] });
    await lab.evict();
    await lab.push();
    worker.send({ type: "credit", credit: 1 });
    expect(await worker.settled()).toMatchObject([{ tasks: [{ id: ids[1] }] }]);
  });

  test("tells those who wait, each id once, and progress to whom it is due", async () => {
    const lab = new Lab();
    const { id } = await lab.push();
    const { tasks } = await lab.call("POST", "/poll", { worker: "w" });
    const waiting = await lab.open();
    waiting.send({ type: "wait", ref: "ж", ids: [id], progress: true }, { type: "wait", ref: "b", ids: [id] });
    await waiting.settled();
    await lab.evict();
    const { lease } = tasks[0];
    await lab.call("POST", "/events", { events: [{ type: "progress", id, lease, progress: 1 }] });
    await lab.evict();
    await lab.call("POST", "/events", { events: [{ type: "ack", id, lease, result: { ok: "x" } }] });
    await lab.evict();
    expect(await waiting.settled()).toEqual([
      { type: "progress", ref: "ж", id, progress: 1 },
      { type: "result", ref: "ж", results: [{ id, status: "Done", attempt: 1, result: { ok: "x" } }] },
      { type: "result", ref: "b", results: [{ id, status: "Done", attempt: 1, result: { ok: "x" } }] },
    ]);
    await lab.call("DELETE", `/tasks/${id}`);
    expect(await waiting.settled()).toEqual([]);
  });

  test("remembers 1,500 awaited ids, told apart by refs as long as they may be", async () => {
    const lab = new Lab();
    const push = async (count: number): Promise<string[]> =>
      (
        await lab.call(
          "POST",
          "/tasks",
          Array.from({ length: count }, () => ({ args: 1 })),
        )
      ).tasks.map(({ id }: { id: string }) => id);
    const ids = [...(await push(1000)), ...(await push(1000))].filter((_, index) => index % 4 !== 3);
    const waiting = await lab.open();
    for (let from = 0; from < 1500; from += 50) {
      waiting.send({ type: "wait", ref: `${from} ${"ref ".repeat(14)}`, ids: ids.slice(from, from + 50) });
    }
    expect(await waiting.settled()).toEqual([]);
    await lab.evict();
    await lab.call("POST", "/purge");
    await lab.call("POST", "/purge");
    const told = (await waiting.settled()).flatMap(({ results }) => results);
    expect(new Set(told.map(({ id }) => id))).toEqual(new Set(ids));
    expect(told).toHaveLength(1500);
  });

  test("holds what it took, of whatever characters the refs are, and refuses what it cannot", async () => {
    const lab = new Lab();
    const { id } = await lab.push();
    const waiting = await lab.open();
    const refs = Array.from({ length: 300 }, (_, index) => `${index} жи𐀀 ${"x".repeat(50)}`);
    waiting.send(...refs.map((ref) => ({ type: "wait", ref, ids: [id] })));
    const refused = await waiting.settled();
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every(({ code }) => code === "too_many_requests")).toBe(true);
    await lab.evict();
    await lab.call("DELETE", `/tasks/${id}`);
    const told = (await waiting.settled()).map(({ ref }) => ref);
    expect(told).toEqual(refs.slice(0, refs.length - refused.length));
  });

  test("goes on telling those who watch", async () => {
    const lab = new Lab();
    await lab.push();
    const watching = await lab.open();
    watching.send({ type: "watch", ref: "w", topics: ["tasks", "stats"] });
    await watching.settled();
    await lab.evict();
    const { id } = await lab.push();
    await until(() => watching.frames.some(({ topic }) => topic === "tasks"), "the change was told");
    expect(watching.frames.find(({ topic }) => topic === "tasks")).toMatchObject({
      tasks: [{ id, status: "Pending" }],
    });
  });

  test("answers a long poll that waited through it", async () => {
    const lab = new Lab();
    const poll = lab.call("POST", "/poll", { worker: "w", waitMs: 20_000 });
    await until(async () => (await lab.call("GET", "/workers")).workers?.length === 1, "the poll was there");
    // The poll's own socket opens a moment later.
    await until(async () => {
      await lab.call("GET", "/tasks");
      const { status } = await lab.push();
      return status === "Running";
    }, "the poll waited");
    expect((await poll).tasks).toHaveLength(1);
    const next = lab.call("POST", "/poll", { worker: "w", waitMs: 20_000, max: 5 });
    await lab.call("POST", "/purge");
    const { tasks } = await settledPoll(lab, next);
    expect(tasks).toHaveLength(1);
  });

  test("answers a wait over HTTP that waited through it", async () => {
    const lab = new Lab();
    const { id } = await lab.push();
    const waiting = lab.call("POST", "/wait", { ids: [id], waitMs: 20_000 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await lab.evict();
    await lab.call("POST", `/tasks/${id}/cancel`);
    expect(await waiting).toMatchObject({ id, status: "Killed" });
  });
});

/** Lets the object sleep while a poll waits, then pushes. */
async function settledPoll(lab: Lab, poll: Promise<{ tasks: unknown[] }>): Promise<{ tasks: unknown[] }> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  await lab.evict();
  pass(2 * ORPHAN_MS);
  expect(await lab.push()).toMatchObject({ status: "Running" });
  return poll;
}
