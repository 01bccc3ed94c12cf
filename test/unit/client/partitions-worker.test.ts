// A worker of a queue with partitions: a socket each, one session, and its credit spread over them.
import { describe, expect, test, vi } from "vitest";
import { DurableSource } from "../../../src/client/index.ts";
import { Worker } from "../../../src/worker/index.ts";
import { endOf } from "./fake-fetch.ts";
import { creditIn, idOf, PartitionedServer, taskOf } from "./fake-partitions.ts";
import { FakeSocket, type Frame, onFakeSockets, socketCount } from "./fake-socket.ts";
import { answerTo, deliver, eventsOf, queueOf, registered, settle, startWorker, welcome } from "./worker-bench.ts";

onFakeSockets();

const IDLE: Frame = { type: "idle" };

/** A worker that has registered on all partitions, and the first frame that each of them got. */
async function working(server: PartitionedServer, options: Parameters<typeof startWorker>[0] = {}) {
  const bench = startWorker({ fetch: server.fetch, ...options });
  const sockets = await server.welcomeAll();
  const first = sockets.map((socket) => socket.sent());
  return { ...bench, sockets, first };
}

const frames = (sockets: readonly FakeSocket[]) => sockets.map((socket) => socket.sent());

describe("a worker of a partitioned queue", () => {
  test("learns the number from the refusal of a socket without one, and opens one for each", async () => {
    const server = new PartitionedServer(3);
    const { sockets, first, worker } = await working(server, { concurrency: 6 });
    expect(FakeSocket.opened.map(({ url }) => url.replace(/.*\/socket/, ""))).toEqual([
      "",
      "?partition=0",
      "?partition=1",
      "?partition=2",
    ]);
    expect(server.requests).toEqual(["GET /socket"]);
    expect(first.map((list) => list.map(({ type }) => type))).toEqual([["register"], ["register"], ["register"]]);
    expect(first.map(([frame]) => frame?.worker)).toEqual([worker.id, worker.id, worker.id]);
    // The first partition gives the session by which all know it.
    expect(first.map(([frame]) => frame?.session)).toEqual([undefined, "s1", "s1"]);
    expect(sockets).toHaveLength(3);
  });

  test("has started once, whatever the number of its partitions", async () => {
    const { events } = await working(new PartitionedServer(3));
    expect(events.filter(({ type }) => type === "start")).toHaveLength(1);
  });

  test.each([
    [6, [2, 2, 2]],
    [7, [3, 2, 2]],
    [3, [1, 1, 1]],
    [2, [1, 1, 0]],
  ])("spreads a credit of %i as %j", async (concurrency, credit) => {
    const { first } = await working(new PartitionedServer(3), { concurrency });
    expect(first.map((list) => creditIn(list))).toEqual(credit);
  });

  test("runs what any of them sends, and acks on the socket of the task's partition", async () => {
    const { sockets, jobs } = await working(new PartitionedServer(3), { concurrency: 6 });
    for (const [partition, socket] of sockets.entries()) await deliver(socket, taskOf(partition, 1));
    expect(jobs.map(({ args }) => (args as { partition: number }).partition)).toEqual([0, 1, 2]);
    for (const job of jobs) job.finish();
    await settle();
    expect(frames(sockets).map((list) => list.flatMap(eventsOf))).toEqual([
      [`ack ${idOf(0, 1)}`],
      [`ack ${idOf(1, 1)}`],
      [`ack ${idOf(2, 1)}`],
    ]);
  });

  test("keeps its credit where it has tasks: an ack and the credit that it frees are one frame", async () => {
    const { sockets, jobs } = await working(new PartitionedServer(2), { concurrency: 4 });
    await deliver(sockets[0] as FakeSocket, taskOf(0, 1), taskOf(0, 2));
    jobs[0]?.finish();
    await settle();
    expect(frames(sockets)).toMatchObject([[{ type: "events", credit: 1 }], []]);
  });

  test("is idle when all of its partitions are", async () => {
    const { sockets, events } = await working(new PartitionedServer(2), { concurrency: 2 });
    const idle = () => events.filter(({ type }) => type === "idle").length;
    sockets[0]?.say(IDLE);
    await settle();
    expect(idle()).toBe(0);
    sockets[1]?.say(IDLE);
    await settle();
    expect(idle()).toBe(1);
  });

  test("says goodbye to each when it stops", async () => {
    const { sockets, worker } = await working(new PartitionedServer(2), { concurrency: 2 });
    const stopped = worker.stop();
    await settle();
    for (const socket of sockets) socket.say({ type: "credit", credit: 0 });
    await settle();
    expect(frames(sockets).map((list) => list.map(({ type }) => type))).toEqual([
      ["credit", "goodbye"],
      ["credit", "goodbye"],
    ]);
    for (const socket of sockets) socket.drop(1000, "goodbye");
    await stopped;
    await settle();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("beats on each of its sockets, by one timer", async () => {
    const { sockets } = await working(new PartitionedServer(3), { concurrency: 3 });
    for (const socket of sockets) socket.say(IDLE);
    frames(sockets);
    await settle(20_000);
    expect(frames(sockets)).toEqual([[{ type: "ping" }], [{ type: "ping" }], [{ type: "ping" }]]);
  });

  test("of a source alone does the same", async () => {
    const server = new PartitionedServer(2);
    const source = new DurableSource("a/b", { url: "http://queue.test/", fetch: server.fetch });
    const worker = new Worker("w", source, () => null, { concurrency: 2 });
    worker.closed.catch(() => undefined);
    const sockets = await server.welcomeAll();
    expect(sockets.map((socket) => creditIn(socket.sent()))).toEqual([1, 1]);
  });
});

describe("credit", () => {
  test("moves from a partition that has nothing to one that has spent its own: no slot is left idle", async () => {
    const { sockets } = await working(new PartitionedServer(2), { concurrency: 6 });
    const [busy, dry] = sockets as [FakeSocket, FakeSocket];
    dry.say(IDLE);
    await deliver(busy, taskOf(0, 1), taskOf(0, 2), taskOf(0, 3));
    expect(frames(sockets)).toEqual([[], [{ type: "credit", set: 0 }]]);
    // Not before it is certain that nothing more comes for it.
    await settle(1_000);
    expect(frames(sockets)).toEqual([[], []]);
    dry.say({ type: "credit", credit: 0 });
    await settle();
    expect(frames(sockets)).toEqual([[{ type: "credit", credit: 3 }], []]);
    // When neither has tasks, both are to be heard.
    busy.say(IDLE);
    await settle();
    expect(frames(sockets)).toEqual([[{ type: "credit", set: 0 }], []]);
    busy.say({ type: "credit", credit: 0 });
    await settle();
    expect(frames(sockets)).toEqual([[{ type: "credit", credit: 1 }], [{ type: "credit", credit: 2 }]]);
  });

  test("that is used up before it could be taken back is not given twice", async () => {
    const { sockets } = await working(new PartitionedServer(2), { concurrency: 4 });
    const [busy, dry] = sockets as [FakeSocket, FakeSocket];
    dry.say(IDLE);
    await deliver(busy, taskOf(0, 1), taskOf(0, 2));
    expect(frames(sockets)).toEqual([[], [{ type: "credit", set: 0 }]]);
    // They were on their way.
    await deliver(dry, taskOf(1, 1), taskOf(1, 2));
    dry.say({ type: "credit", credit: 0 });
    await settle();
    expect(frames(sockets)).toEqual([[], []]);
  });

  test("stays where it is while nobody needs it", async () => {
    const { sockets, jobs } = await working(new PartitionedServer(2), { concurrency: 6 });
    const [one, other] = sockets as [FakeSocket, FakeSocket];
    one.say(IDLE);
    other.say(IDLE);
    await deliver(one, taskOf(0, 1));
    one.say(IDLE);
    await settle();
    expect(frames(sockets)).toEqual([[], []]);
    jobs[0]?.finish();
    await settle();
    expect(frames(sockets)).toMatchObject([[{ type: "events", credit: 1 }], []]);
  });

  test("is shown now and then to one that has none, because another has tasks for all slots", async () => {
    const { sockets, jobs } = await working(new PartitionedServer(2), { concurrency: 4 });
    const [one, other] = sockets as [FakeSocket, FakeSocket];
    other.say(IDLE);
    await deliver(one, taskOf(0, 1), taskOf(0, 2));
    other.say({ type: "credit", credit: 0 });
    await settle();
    await deliver(one, taskOf(0, 3), taskOf(0, 4));
    await settle(2_000);
    frames(sockets);
    // It has least, and so the next slot that is free.
    jobs[0]?.finish();
    await settle();
    expect(frames(sockets)).toMatchObject([[{ type: "events" }], [{ type: "credit", credit: 1 }]]);
    other.say(IDLE);
    await settle();
    expect(frames(sockets)).toEqual([[], [{ type: "credit", set: 0 }]]);
    other.say({ type: "credit", credit: 0 });
    await settle();
    expect(frames(sockets)).toEqual([[{ type: "credit", credit: 1 }], []]);
  });

  test("of a worker with fewer slots than partitions is shown to them in turns, and again after a while", async () => {
    const { sockets, first } = await working(new PartitionedServer(3), { concurrency: 1 });
    expect(first.map((list) => creditIn(list))).toEqual([1, 0, 0]);
    const [a, b, c] = sockets as [FakeSocket, FakeSocket, FakeSocket];
    const pass = async (from: FakeSocket, to: FakeSocket) => {
      from.say(IDLE);
      await settle();
      expect(from.sent()).toEqual([{ type: "credit", set: 0 }]);
      from.say({ type: "credit", credit: 0 });
      await settle();
      expect(to.sent()).toEqual([{ type: "credit", credit: 1 }]);
    };
    await pass(a, b);
    await pass(b, c);
    c.say(IDLE);
    await settle();
    expect(frames(sockets)).toEqual([[], [], []]);
    // Everybody was seen.
    await settle(5_000);
    expect(c.sent()).toEqual([{ type: "credit", set: 0 }]);
    c.say({ type: "credit", credit: 0 });
    await settle();
    expect(frames(sockets)).toEqual([[{ type: "credit", credit: 1 }], [], []]);
  });

  test("is not granted while the worker is paused, and spread anew when it goes on", async () => {
    const { sockets, worker } = await working(new PartitionedServer(2), { concurrency: 4 });
    worker.pause();
    await settle();
    expect(frames(sockets)).toEqual([[{ type: "credit", set: 0 }], [{ type: "credit", set: 0 }]]);
    worker.resume();
    sockets[0]?.say({ type: "credit", credit: 0 });
    await settle();
    // What the second had may still be on its way to us.
    expect(frames(sockets)).toEqual([[{ type: "credit", credit: 2 }], []]);
    sockets[1]?.say({ type: "credit", credit: 0 });
    await settle();
    expect(frames(sockets)).toEqual([[], [{ type: "credit", credit: 2 }]]);
  });
});

describe("the loss of one partition's socket", () => {
  test("does not disturb the others, and its credit goes to them", async () => {
    const { sockets, jobs, events } = await working(new PartitionedServer(2), { concurrency: 4 });
    const [lost, left] = sockets as [FakeSocket, FakeSocket];
    await deliver(lost, taskOf(0, 1));
    await deliver(left, taskOf(1, 1));
    lost.drop();
    await settle();
    expect(left.left).toBe(false);
    expect(left.sent()).toEqual([{ type: "credit", credit: 1 }]);
    jobs[1]?.finish();
    await settle();
    expect(left.sent()).toMatchObject([{ type: "events", credit: 1 }]);
    expect(events.filter(({ type }) => type === "break")).toHaveLength(1);
  });

  test("ends when it comes back: with its session, what it holds, and what is free", async () => {
    const server = new PartitionedServer(2);
    const { sockets, jobs } = await working(server, { concurrency: 4 });
    const [lost, left] = sockets as [FakeSocket, FakeSocket];
    await deliver(lost, taskOf(0, 1));
    jobs[0]?.finish();
    lost.drop();
    await settle();
    left.sent();
    const back = await server.welcome(0);
    const [register, ...rest] = back.sent();
    expect(register).toMatchObject({ type: "register", session: "s1", held: ["l0.1"] });
    expect(rest.flatMap(eventsOf)).toEqual([`ack ${idOf(0, 1)}`]);
  });
});

describe("a number of partitions that changes", () => {
  test("is noticed at the next registration: new ones are used at once", async () => {
    const server = new PartitionedServer(2);
    const { sockets } = await working(server, { concurrency: 6 });
    server.partitions = 3;
    for (const socket of sockets) socket.drop(1012, "restart");
    await settle();
    const back = await server.welcome(0);
    // The first to be back may take all, until it has nothing.
    expect(back.sent()).toMatchObject([{ type: "register", session: "s1", credit: 6 }]);
    const others = [await server.welcome(1), await server.welcome(2)];
    expect(frames(others)).toMatchObject([
      [{ type: "register", session: "s1", credit: 0 }],
      [{ type: "register", session: "s1", credit: 0 }],
    ]);
    back.say(IDLE);
    await settle();
    expect(back.sent()).toEqual([{ type: "credit", set: 0 }]);
    back.say({ type: "credit", credit: 0 });
    await settle();
    expect(frames(others).flat()).toMatchObject([{ credit: 3 }, { credit: 3 }]);
  });

  test("from one to several: the worker comes back to the first, and goes on to the others", async () => {
    const server = new PartitionedServer(1);
    const { jobs } = startWorker({ fetch: server.fetch, concurrency: 2 });
    const alone = await welcome();
    await deliver(alone, taskOf(0, 1));
    server.partitions = 2;
    alone.drop(1012);
    await settle(100);
    await server.refuseUnnamed();
    const first = await server.welcome(0);
    const second = await server.welcome(1);
    expect(first.sent()).toMatchObject([{ type: "register", session: "s1", held: ["l0.1"], credit: 0 }]);
    expect(second.sent()).toMatchObject([{ type: "register", session: "s1", credit: 1 }]);
    jobs[0]?.finish();
    await settle();
    expect(first.sent().flatMap(eventsOf)).toEqual([`ack ${idOf(0, 1)}`]);
  });

  test("to fewer: the socket of one that is no more is let go, and the worker goes on with the others", async () => {
    const server = new PartitionedServer(2);
    const { sockets, jobs, worker } = await working(server, { concurrency: 4 });
    const [kept, gone] = sockets as [FakeSocket, FakeSocket];
    server.partitions = 1;
    kept.drop(1012);
    const back = await server.welcome(0);
    expect(gone.left).toBe(true);
    await deliver(back, taskOf(0, 1));
    expect(jobs).toHaveLength(1);
    expect(worker.state).toBe("running");
  });

  test("to fewer, while the socket of one is away: it is refused, and not tried again", async () => {
    const server = new PartitionedServer(2);
    const { sockets, worker } = await working(server, { concurrency: 4 });
    server.partitions = 1;
    sockets[1]?.drop(1012);
    await settle(100);
    server.socket(1)?.drop();
    await settle(60_000);
    expect(server.requests).toEqual(["GET /socket", "GET /socket?partition=1"]);
    expect(FakeSocket.opened.filter(({ url }) => url.endsWith("=1"))).toHaveLength(2);
    expect(worker.state).toBe("running");
  });
});

test("a second worker of one backend has sockets of its own", async () => {
  const server = new PartitionedServer(2);
  const backend = queueOf({ fetch: server.fetch });
  startWorker({ backend, id: "one" });
  await server.welcomeAll();
  startWorker({ backend, id: "two" });
  await server.welcome(0, { session: "s2" });
  await server.welcome(1, { session: "s2" });
  expect(socketCount()).toBe(1 + 4);
  expect(server.requests).toEqual(["GET /socket"]);
  expect(server.socket(1)?.sent()).toMatchObject([{ worker: "two", session: "s2" }]);
});

test("a worker that is superseded on one partition stops, and says goodbye to the others", async () => {
  const { sockets, worker } = await working(new PartitionedServer(2), { concurrency: 2 });
  const [one, other] = sockets as [FakeSocket, FakeSocket];
  const closed = endOf(worker.closed);
  one.drop(4001, "superseded");
  await settle();
  other.say({ type: "credit", credit: 0 });
  await settle();
  expect(other.sent().map(({ type }) => type)).toEqual(["credit", "goodbye"]);
  other.drop(1000, "goodbye");
  expect(await closed).toMatchObject({ error: { code: "superseded" } });
});

test("one partition is told all at once, as ever: no share, no further frame", async () => {
  const { jobs } = startWorker({ concurrency: 3 });
  const socket = await welcome();
  expect(socket.url).toMatch(/\/socket$/);
  expect(socket.sent()).toMatchObject([{ type: "register", credit: 3 }]);
  await deliver(socket, taskOf(0, 1), taskOf(0, 2), taskOf(0, 3));
  for (const job of jobs) job.finish();
  await settle();
  const sent = socket.sent();
  expect(sent).toMatchObject([{ type: "events", credit: 3 }]);
  socket.say(answerTo(sent[0]));
  socket.say(IDLE);
  await settle();
  expect(socket.sent()).toEqual([]);
  expect(socketCount()).toBe(1);
  expect(registered().partitions).toBe(1);
});
