import { describe, expect, test } from "vitest";
import { Peer, types } from "./peer.ts";
import { ack, event, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const queue = () => new Queue(server());

const WORD = expect.any(String);

describe("delivery", () => {
  test("happens within the push: its answer says Queued, or Running with autoStart", async () => {
    const used = queue();
    const peer = await Peer.worker(used, { credit: 1 });
    const queued = await used.post("/tasks", { args: 1 });
    expect(queued.body).toEqual({ id: WORD, status: "Queued", created: true });
    expect(await peer.task()).toMatchObject({ id: queued.body.id, status: "Queued", attempt: 0, runs: [] });
    await Peer.worker(used, { worker: "eager", credit: 1, autoStart: true });
    const running = await used.post("/tasks", { args: 1 });
    expect(running.body).toEqual({ id: WORD, status: "Running", created: true });
    expect((await used.post("/tasks", { args: 1 })).body).toMatchObject({ status: "Pending" });
  });

  test("gives whole tasks with their leases", async () => {
    const used = queue();
    const peer = await Peer.worker(used, { credit: 1, autoStart: true });
    const sent = { args: { n: 1 }, priority: 3, maxAttempts: 2, timeoutMs: 5000, groupKey: "g", meta: { a: 1 } };
    const id = await used.push(sent);
    const { lease, ...task } = await peer.task();
    expect(lease).toMatch(/./);
    expect(task).toEqual(await used.task(id));
    expect(task).toMatchObject({ ...sent, status: "Running", attempt: 1, lockBy: "w", runs: [{ attempt: 1 }] });
  });

  test("keeps args as they were received", async () => {
    const used = queue();
    await used.post("/tasks", '{"args":{"n": 12345678901234567890}}');
    const socket = new WebSocket(`${used.url.replace("http", "ws")}/socket`, ["prinia.v1"]);
    const texts: string[] = [];
    socket.addEventListener("message", ({ data }) => texts.push(String(data)));
    socket.addEventListener("open", () => socket.send(JSON.stringify({ type: "register", worker: "w", credit: 1 })));
    await expect.poll(() => texts.at(-1)).toContain('"args":{"n": 12345678901234567890}');
    socket.close();
  });

  test("deals a batch by priority, then runAt, then age", async () => {
    const used = queue();
    const peer = await Peer.worker(used, { credit: 10 });
    await peer.settled();
    const now = Date.now();
    await used.post("/tasks", [
      { args: "c" },
      { args: "d", priority: -1 },
      { args: "a", priority: 5 },
      { args: "b", runAt: now - 60_000 },
    ]);
    const frames = await peer.settled();
    expect(frames.flatMap((frame) => (frame.tasks as { args: string }[]) ?? []).map(({ args }) => args)).toEqual([
      "a",
      "b",
      "c",
      "d",
    ]);
  });

  test.each([2, 3])("goes round among %i workers with credit", async (count) => {
    const used = queue();
    const peers = await Promise.all(
      Array.from({ length: count }, (_, index) => Peer.worker(used, { worker: `w${index}`, credit: 100 })),
    );
    for (let push = 0; push < count * 4; push++) await used.push();
    for (const peer of peers) {
      const frames = await peer.settled();
      expect(frames.flatMap((frame) => (frame.tasks as unknown[]) ?? [])).toHaveLength(4);
    }
  });

  test("shares one batch among all who have credit", async () => {
    const used = queue();
    const [a, b] = [await Peer.worker(used, { credit: 10 }), await Peer.worker(used, { worker: "b", credit: 2 })];
    await used.post(
      "/tasks",
      Array.from({ length: 8 }, () => ({ args: null })),
    );
    const got = async (peer: Peer) =>
      (await peer.settled()).flatMap((frame) => (frame.tasks as unknown[]) ?? []).length;
    expect(await got(b)).toBe(2);
    expect(await got(a)).toBe(6);
  });

  test("reaches a waiting socket when a delay is over, by the alarm alone, at most a second late", async () => {
    const used = queue();
    const peer = await Peer.worker(used, { credit: 1 });
    const before = Date.now();
    const id = await used.push({ delayMs: 600 });
    const task = await peer.task();
    expect(task.id).toBe(id);
    expect(Date.now()).toBeGreaterThanOrEqual(task.runAt);
    expect(task.runAt).toBeGreaterThanOrEqual(before + 600);
    expect(Date.now() - task.runAt).toBeLessThan(1000);
  });

  test("of delayed tasks keeps time though the worker came later than they, and though others come first", async () => {
    const used = queue();
    const late = await used.push({ delayMs: 900 });
    const soon = await used.push({ delayMs: 500 });
    const peer = await Peer.worker(used, { credit: 2 });
    const one = await peer.task();
    expect([one.id, Date.now() - one.runAt < 1000]).toEqual([soon, true]);
    const two = await peer.task();
    expect([two.id, Date.now() - two.runAt < 1000]).toEqual([late, true]);
  });

  test("brings a retry after its backoff, and a released task at once", async () => {
    const used = queue();
    const peer = await Peer.worker(used, { credit: 3, autoStart: true });
    const id = await used.push();
    const one = await peer.task();
    expect(await peer.report(event("release", one))).toEqual([{ id, status: "Pending" }]);
    const two = await peer.task();
    expect(two).toMatchObject({ id, attempt: 1 });
    await peer.report(ack(two, { err: "no", retryAfterMs: 300 }));
    const three = await peer.task();
    expect(three).toMatchObject({ id, attempt: 2, lastResult: { err: "no" } });
    expect(Date.now()).toBeGreaterThanOrEqual(three.runAt);
  });

  test("rests while the queue is paused, and is made up for at once when it is resumed", async () => {
    const used = queue();
    const peer = await Peer.worker(used, { credit: 5 });
    await used.configure({ paused: true });
    await peer.settled();
    expect((await used.post("/tasks", { args: 1 })).body).toMatchObject({ status: "Pending" });
    peer.send({ type: "credit", credit: 1 });
    expect(types(await peer.settled())).toEqual(["idle"]);
    await used.configure({ paused: false });
    expect(types(await peer.settled())).toEqual(["tasks", "idle"]);
  });

  test("is not for a socket that closed", async () => {
    const used = queue();
    const peer = await Peer.worker(used, { credit: 1 });
    peer.close();
    await peer.closed();
    const other = await Peer.worker(used, { worker: "other", credit: 1 });
    const id = await used.push();
    expect(await other.task()).toMatchObject({ id });
  });
});
