// Pushes and waits of a queue with partitions, over sockets.
import { describe, expect, test, vi } from "vitest";
import { collect, done, endOf, lines } from "./fake-fetch.ts";
import { idOf, keyFor, PartitionedServer } from "./fake-partitions.ts";
import { FakeSocket, type Frame, onFakeSockets, socketCount } from "./fake-socket.ts";
import { open, queueOf, settle } from "./worker-bench.ts";

onFakeSockets();

const listOf = (frame: Frame | undefined) => (frame?.tasks ?? []) as { args: unknown }[];
const argsOf = (frame: Frame | undefined) => listOf(frame).map(({ args }) => args);

/** The answer to a push frame: the ids say what was pushed. */
const pushedAt = (frame: Frame | undefined): Frame => ({
  type: "answer",
  ref: frame?.ref,
  tasks: listOf(frame).map(({ args }) => ({ id: `t${args}`, status: "Pending", created: true })),
});

const grouped = (args: number, partition: number, keyed = 3) => ({ args, groupKey: keyFor(partition, keyed) });

/** Answers all pushes that have come on the sockets that are open, and says what they were. */
function answerAll(): Record<string, unknown[]> {
  const seen: Record<string, unknown[]> = {};
  for (const socket of FakeSocket.opened.filter(({ readyState }) => readyState === 1)) {
    for (const frame of socket.sent().filter(({ type }) => type === "push")) {
      const partition = socket.url.split("=")[1] ?? "none";
      seen[partition] = [...(seen[partition] ?? []), argsOf(frame)];
      socket.say(pushedAt(frame));
    }
  }
  return seen;
}

/** Has all sockets opened that are tried. */
async function openAll(): Promise<void> {
  await settle(100);
  for (const socket of FakeSocket.opened.filter(({ readyState }) => readyState === 0)) socket.accept();
  await settle();
}

/** A queue that has learnt its number of partitions from its first push, of task 0. */
async function learnt(server: PartitionedServer) {
  const queue = queueOf({ fetch: server.fetch });
  const first = queue.pushTask(grouped(0, 0, server.keyedPartitions));
  await server.refuseUnnamed();
  await openAll();
  answerAll();
  await first;
  return queue;
}

describe("a push over sockets", () => {
  test("waits for the number when the first socket is refused, and goes to the partition of its key", async () => {
    const server = new PartitionedServer(3);
    const queue = queueOf({ fetch: server.fetch });
    const push = queue.pushTask(grouped(1, 2));
    await server.refuseUnnamed();
    // The first socket comes back to the first partition, which the task is not of.
    const first = await server.open(0);
    const [frame] = first.sent();
    first.say({ type: "error", ref: frame?.ref, code: "wrong_partition", detail: "elsewhere", ...server.counts });
    await openAll();
    expect(answerAll()).toEqual({ 2: [[1]] });
    expect(await push).toMatchObject({ id: "t1" });
    expect(server.requests).toEqual(["GET /socket"]);
  });

  test("that needs several partitions is a frame to each, over a socket each, in the order given", async () => {
    const queue = await learnt(new PartitionedServer(3));
    const push = queue.pushTasks([grouped(1, 2), grouped(2, 0), grouped(3, 2), grouped(4, 1)]);
    await openAll();
    expect(answerAll()).toEqual({ 0: [[2]], 1: [[4]], 2: [[1, 3]] });
    expect((await push).map(({ id }) => id)).toEqual(["t1", "t2", "t3", "t4"]);
  });

  test("without a key goes to a few partitions in turns, however many there are", async () => {
    const queue = await learnt(new PartitionedServer(16));
    const seen = new Set<string>();
    for (let n = 1; n <= 12; n++) {
      const push = queue.push(n);
      await openAll();
      for (const partition of Object.keys(answerAll())) seen.add(partition);
      await push;
    }
    expect(seen.size).toBe(4);
  });

  test("without a key never goes to a partition that is taken away", async () => {
    const server = new PartitionedServer(2, 1);
    const queue = queueOf({ fetch: server.fetch });
    const first = queue.push(0);
    await server.refuseUnnamed();
    await openAll();
    answerAll();
    await first;
    // Told by the refusal of one that came there too late.
    const refused: string[] = [];
    for (let n = 1; n <= 4; n++) {
      const push = queue.push(n);
      await openAll();
      for (const frame of server.socket(1)?.sent() ?? []) {
        refused.push(String(argsOf(frame)));
        server.socket(1)?.say({
          type: "error",
          ref: frame.ref,
          code: "wrong_partition",
          detail: "it drains",
          ...server.counts,
          draining: 1,
        });
      }
      await openAll();
      answerAll();
      expect(await push).toMatchObject({ id: `t${n}` });
    }
    expect(refused).toHaveLength(1);
  });

  test("goes on with the others when there are fewer partitions than were known", async () => {
    const server = new PartitionedServer(3, 2);
    const queue = queueOf({ fetch: server.fetch });
    const first = queue.push(0);
    await server.refuseUnnamed();
    await openAll();
    answerAll();
    await first;
    server.partitions = 2;
    const pushes = [1, 2, 3].map((n) => {
      const push = queue.pushTasks([{ args: n }]);
      return push;
    });
    await settle(100);
    const gone = server.socket(2);
    if (gone?.readyState === 0) gone.drop();
    await openAll();
    answerAll();
    await openAll();
    answerAll();
    expect((await Promise.all(pushes)).flat().map(({ id }) => id)).toEqual(["t1", "t2", "t3"]);
  });

  test("to a queue without partitions opens one socket, which names none", async () => {
    const queue = queueOf();
    const push = queue.pushTasks([grouped(1, 0), grouped(2, 1), { args: 3 }]);
    const socket = await open();
    expect(socket.url).toMatch(/\/socket$/);
    expect(socket.sent().map(argsOf)).toEqual([[1, 2, 3]]);
    socket.say({
      type: "answer",
      ref: "p1",
      tasks: [1, 2, 3].map((n) => ({ id: `t${n}`, status: "Pending", created: true })),
    });
    expect(await push).toHaveLength(3);
    expect(socketCount()).toBe(1);
  });
});

const results = (frame: Frame | undefined, ...list: object[]): Frame => ({
  type: "result",
  ref: frame?.ref,
  results: list,
});

describe("a wait over sockets", () => {
  test("asks each partition for its own ids, and yields what comes first", async () => {
    const server = new PartitionedServer(3);
    const queue = await learnt(server);
    const ids = [idOf(0, 1), idOf(2, 1), idOf(0, 2)];
    const outcome = endOf(collect(queue.waitFor(ids)));
    await openAll();
    const [first, last] = [server.socket(0), server.socket(2)];
    const [one] = first?.sent() ?? [];
    const [two] = last?.sent() ?? [];
    expect(one).toMatchObject({ type: "wait", ids: [idOf(0, 1), idOf(0, 2)] });
    expect(two).toMatchObject({ type: "wait", ids: [idOf(2, 1)] });
    expect(server.socket(1)).toBeUndefined();
    last?.say(results(two, done(idOf(2, 1))));
    first?.say(results(one, done(idOf(0, 2))));
    first?.say(results(one, done(idOf(0, 1))));
    expect(await outcome).toMatchObject({ value: [{ id: idOf(2, 1) }, { id: idOf(0, 2) }, { id: idOf(0, 1) }] });
    expect([first, last].flatMap((socket) => socket?.sent() ?? [])).toEqual([]);
  });

  test("learns that there are partitions from its first socket", async () => {
    const server = new PartitionedServer(2);
    const queue = queueOf({ fetch: server.fetch });
    const outcome = endOf(collect(queue.waitFor([idOf(1, 1)])));
    await server.refuseUnnamed();
    const first = await server.open(0);
    const [frame] = first.sent();
    first.say({ type: "error", ref: frame?.ref, code: "wrong_partition", detail: "elsewhere", ...server.counts });
    const second = await server.open(1);
    const [asked] = second.sent();
    second.say(results(asked, done(idOf(1, 1))));
    expect(await outcome).toMatchObject({ value: [{ id: idOf(1, 1) }] });
  });

  test("that nobody reads on takes back what it asked for, everywhere", async () => {
    const server = new PartitionedServer(2);
    const queue = await learnt(server);
    const stream = queue.waitFor([idOf(0, 1), idOf(0, 2), idOf(1, 1)]);
    const first = stream.next();
    await openAll();
    const [frame] = server.socket(0)?.sent() ?? [];
    server.socket(1)?.sent();
    server.socket(0)?.say(results(frame, done(idOf(0, 1))));
    await first;
    await stream.return();
    await settle();
    expect(server.socket(0)?.sent()).toMatchObject([{ type: "unwait" }]);
    expect(server.socket(1)?.sent()).toMatchObject([{ type: "unwait" }]);
    await settle(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that is broken off ends with its signal's reason", async () => {
    const server = new PartitionedServer(2);
    const queue = await learnt(server);
    const stop = new AbortController();
    const outcome = endOf(collect(queue.waitFor([idOf(0, 1), idOf(1, 1)], { signal: stop.signal })));
    await openAll();
    stop.abort(new Error("enough"));
    expect(await outcome).toMatchObject({ error: { message: "enough" } });
    await settle();
    expect(server.socket(1)?.sent()).toMatchObject([{ type: "wait" }, { type: "unwait" }]);
  });

  test("for more than a socket takes asks for the rest by requests", async () => {
    const server = new PartitionedServer(2);
    const many = Array.from({ length: 1_001 }, (_, n) => idOf(1, n));
    const fetch: typeof server.fetch = (url, init) =>
      url.endsWith("/wait")
        ? Promise.resolve(lines(...(JSON.parse(init.body ?? "") as { ids: string[] }).ids.map((id) => done(id))))
        : server.fetch(url, init);
    const queue = queueOf({ fetch });
    const first = queue.pushTask(grouped(0, 0, 2));
    await server.refuseUnnamed();
    await openAll();
    answerAll();
    await first;
    const outcome = endOf(collect(queue.waitFor([idOf(0, 1), ...many])));
    await openAll();
    const [frame] = server.socket(0)?.sent() ?? [];
    server.socket(0)?.say(results(frame, done(idOf(0, 1))));
    await settle(10_000);
    expect(((await outcome) as { value: unknown[] }).value).toHaveLength(1_002);
  });
});

test("a queue that rests lets go of all its sockets", async () => {
  const queue = await learnt(new PartitionedServer(3));
  const push = queue.pushTasks([grouped(1, 1), grouped(2, 2)]);
  await openAll();
  answerAll();
  await push;
  queue.close();
  await settle();
  expect(FakeSocket.opened.slice(1).map(({ left }) => left)).toEqual([true, true, true]);
  expect(vi.getTimerCount()).toBe(0);
});
