import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { openSocket } from "../../support/socket.ts";
import { type Frame, Peer } from "./peer.ts";
import { ack, Queue, serverForFile } from "./queue.ts";

const server = serverForFile();
const queue = () => new Queue(server());

const WATCH_MS = 250;

describe("watch", () => {
  const topic = (frames: readonly Frame[], name: string) => frames.filter((frame) => frame.topic === name);

  test("tells what becomes of tasks, gathered, with the last change always", async () => {
    const used = queue();
    const task = await used.leased({ args: 1 });
    const peer = await Peer.open(used);
    peer.send({ type: "watch", ref: "t", topics: ["tasks"] });
    await peer.settled();
    const other = await used.push({ args: 2 });
    await used.event(ack(task));
    const frame = await peer.next("event");
    expect(frame).toMatchObject({ type: "event", ref: "t", topic: "tasks" });
    expect(frame.tasks).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: task.id, status: "Done" }),
        expect.objectContaining({ id: other, status: "Pending" }),
      ]),
    );
    await used.call("DELETE", `/tasks/${other}`);
    expect((await peer.next("event")).tasks).toMatchObject([{ id: other }]);
  });

  test("comes at most four times a second under load, and ends with the last state", async () => {
    const used = queue();
    await used.push();
    const peer = await Peer.open(used);
    peer.send({ type: "watch", ref: "t", topics: ["tasks", "stats", "workers"] });
    await peer.settled();
    const begun = Date.now();
    let last = "";
    while (Date.now() - begun < 1_500) last = await used.push();
    await used.post(`/tasks/${last}/cancel`);
    await sleep(2 * WATCH_MS);
    const frames = await peer.settled();
    const seconds = (Date.now() - begun) / 1000;
    for (const name of ["tasks", "stats", "workers"]) {
      expect(topic(frames, name).length).toBeLessThanOrEqual(Math.ceil(seconds * 4) + 1);
    }
    const told = topic(frames, "tasks").flatMap((frame) => frame.tasks as { id: string; status: string }[]);
    expect(told.filter(({ id }) => id === last).at(-1)).toMatchObject({ status: "Killed" });
    expect(topic(frames, "stats").at(-1)?.stats).toMatchObject({ counts: { Killed: 1 } });
  });

  test("of stats and workers begins with how they stand, and follows", async () => {
    const used = queue();
    await used.push();
    const peer = await Peer.open(used);
    peer.send({ type: "watch", ref: "s", topics: ["stats", "workers"] });
    const before = await peer.settled();
    expect(topic(before, "stats")).toMatchObject([{ ref: "s", stats: { name: used.name, counts: { Pending: 1 } } }]);
    expect(topic(before, "workers")).toMatchObject([{ ref: "s", workers: [] }]);
    await Peer.worker(used, { worker: "new" });
    await expect.poll(() => topic(peer.socket.frames, "workers").at(-1)?.workers).toMatchObject([{ id: "new" }]);
  });

  test("of a queue that was never used shows an empty one, and does not begin it", async () => {
    const used = queue();
    const peer = await Peer.open(used);
    peer.send({ type: "watch", ref: "s", topics: ["tasks", "stats", "workers"] });
    const frames = await peer.settled();
    expect(topic(frames, "stats")).toMatchObject([{ stats: { counts: { Pending: 0 }, workers: 0 } }]);
    expect((await used.get("")).status).toBe(404);
    const id = await used.push();
    await expect
      .poll(() => topic(peer.socket.frames, "tasks").at(-1)?.tasks)
      .toMatchObject([{ id, status: "Pending" }]);
  });

  test("goes on when the queue is dropped, and begun again", async () => {
    const used = queue();
    await used.push();
    const peer = await Peer.open(used);
    peer.send({ type: "watch", ref: "s", topics: ["tasks", "stats", "workers"] });
    await peer.settled();
    await used.call("DELETE", "");
    await expect.poll(() => topic(peer.socket.frames, "stats").at(-1)?.stats).toMatchObject({ counts: { Pending: 0 } });
    const id = await used.push();
    await expect.poll(() => topic(peer.socket.frames, "tasks").at(-1)?.tasks).toMatchObject([{ id }]);
  });

  test("under the same ref takes the place of the one before", async () => {
    const used = queue();
    await used.push();
    const peer = await Peer.open(used);
    peer.send({ type: "watch", ref: "s", topics: ["tasks"] }, { type: "watch", ref: "s", topics: ["workers"] });
    await peer.settled();
    await Peer.worker(used);
    await used.push();
    await peer.next("event");
    await sleep(2 * WATCH_MS);
    expect(topic(peer.socket.frames, "tasks")).toEqual([]);
  });
});

describe("the socket over all queues", () => {
  test("is fed by what queues report", async () => {
    const peer = await openSocket(`${server().url}/v1/socket`);
    expect(peer.protocol).toBe("prinia.v1");
    peer.send({ type: "watch", ref: "all", topics: ["stats", "workers"] });
    const stats = await peer.next("event");
    expect(stats).toMatchObject({ ref: "all", topic: "stats", stats: { asOf: expect.any(Number), counts: {} } });
    const used = queue();
    await Peer.worker(used, { worker: "seen from afar" });
    await expect
      .poll(() => JSON.stringify(peer.frames.filter((frame) => frame.topic === "workers").at(-1)), { timeout: 5_000 })
      .toContain("seen from afar");
  });

  test("takes watch alone", async () => {
    const peer = await openSocket(`${server().url}/v1/socket`);
    peer.send({ type: "push", ref: "p", tasks: [{ args: 1 }] });
    expect(await peer.next("error")).toMatchObject({ ref: "p", code: "bad_request" });
    peer.send({ type: "register", worker: "w", credit: 1 });
    expect(await peer.next("error")).toMatchObject({ code: "bad_request" });
    peer.send("{");
    expect(await peer.next("error")).toMatchObject({ code: "bad_request", path: "body" });
    peer.send({ type: "watch", ref: "w", topics: ["tasks", "stats"] });
    expect(await peer.next("event")).toMatchObject({ ref: "w", topic: "stats" });
  });
});
