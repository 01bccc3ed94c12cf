import { expect, test, vi } from "vitest";
import { DurableBackend, shared, socket } from "../../../src/client/index.ts";
import { Pulse } from "../../../src/client/pulse.ts";
import { Worker } from "../../../src/worker/index.ts";
import { endOf } from "./fake-fetch.ts";
import { FakeSocket, onFakeSockets, socketCount } from "./fake-socket.ts";
import { registered, settle } from "./worker-bench.ts";

onFakeSockets();

test("one timer beats for all, as often as the fastest needs it", async () => {
  const pulse = new Pulse();
  const beats: string[] = [];
  pulse.join(20_000, () => beats.push("slow"));
  pulse.join(1_000, () => beats.push("fast"));
  expect(vi.getTimerCount()).toBe(1);
  await settle(1_000);
  expect(beats).toEqual(["slow", "fast"]);
  await settle(2_000);
  expect(beats).toHaveLength(6);
});

test("when the fastest leaves, the others keep their rhythm, and with the last the timer goes", async () => {
  const pulse = new Pulse();
  let beats = 0;
  const leave = pulse.join(20_000, () => beats++);
  for (let round = 0; round < 100; round++) {
    const part = pulse.join(1_000, () => undefined);
    await settle(500);
    part();
  }
  // Fifty seconds of coming and going have not put the beat off.
  expect(beats).toBeGreaterThanOrEqual(2);
  leave();
  leave();
  expect(vi.getTimerCount()).toBe(0);
});

test("a heart that stops while all beat does not beat any more, and no other is left out for it", () => {
  const pulse = new Pulse();
  const beats: string[] = [];
  const leaves: (() => void)[] = [];
  pulse.join(1_000, () => {
    beats.push("first");
    for (const leave of leaves) leave();
  });
  leaves.push(pulse.join(1_000, () => beats.push("second")));
  pulse.join(1_000, () => beats.push("third"));
  vi.advanceTimersByTime(2_000);
  expect(beats).toEqual(["first", "third", "first", "third"]);
});

const ping = { type: "ping" };

test("the sockets of many queues are pinged together, and each is judged by its own answers", async () => {
  const queues = shared(socket({ url: "http://queue.test", fetch: () => Promise.reject(new TypeError("failed")) }));
  const workers = ["a", "b", "c"].map(
    (name) => new Worker(name, queues.makeShared(name), () => null, { onEvent: () => undefined }),
  );
  for (const worker of workers) worker.closed.catch(() => undefined);
  await settle();
  for (const [at, server] of FakeSocket.opened.entries()) {
    server.accept();
    server.say(registered({ session: `s${at}` }));
    server.sent();
  }
  await settle(20_000);
  const [one, two, three] = FakeSocket.opened;
  expect(FakeSocket.opened.map((server) => server.sent())).toEqual([[ping], [ping], [ping]]);
  one?.say("pong");
  three?.say("pong");
  await settle(10_000);
  expect(FakeSocket.opened.slice(0, 3).map((server) => server.left)).toEqual([false, true, false]);
  expect(two?.url).toMatch(/queues\/b\/socket$/);
});

test("a jump of the clock on the wall changes nothing", async () => {
  const queue = new DurableBackend("q", socket({ url: "http://queue.test" }));
  const wait = endOf(queue.waitForSingle("t1"));
  await settle();
  const [server] = FakeSocket.opened;
  server?.accept();
  const [frame] = server?.sent() ?? [];
  for (const jumpMs of [-86_400_000, 86_400_000, 10 * 365 * 86_400_000]) {
    vi.setSystemTime(Date.now() + jumpMs);
    await settle(24_999);
    expect(server?.sent()).toEqual([]);
    await settle(1);
    expect(server?.sent()).toEqual([ping]);
    vi.setSystemTime(Date.now() - jumpMs);
    await settle(0);
    server?.say("pong");
  }
  expect(socketCount()).toBe(1);
  server?.say({
    type: "result",
    ref: frame?.ref,
    results: [{ id: "t1", status: "Done", attempt: 1, result: { ok: 1 } }],
  });
  expect(await wait).toMatchObject({ value: { value: 1 } });
});
