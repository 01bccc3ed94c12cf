/** Cases that every backend passes, whatever it keeps: what is pushed is done, in order, once. */

import { expect } from "vitest";
import { task } from "../../../src/backend/builder.ts";
import type { WorkerContext } from "../../../src/backend/context.ts";
import { first, ULID } from "./arrange.ts";
import { type Bench, type Case, type CaseOptions, check } from "./bench.ts";
import type { Consumer } from "./consumer.ts";
import { arrival } from "./expecting.ts";

const BOTH = ["Backend", "TaskSink"] as const;
const BARE: CaseOptions = { isBare: true };

type Stage = Bench<"Backend" | "TaskSink">;

/** Args of so many tasks, in the order in which they come. */
async function argsOf(consumer: Consumer, count: number): Promise<unknown[]> {
  return (await consumer.claim(count)).map(({ args }) => args);
}

/** Has a worker take one task and do it. */
async function done(bench: Stage, consumer = bench.consumer()): Promise<unknown> {
  const taken = first(await consumer.claim());
  await consumer.run(taken, () => null);
  return taken.args;
}

export const bareCases: readonly Case[] = [
  check(
    "T.TaskSink.push.bare",
    BOTH,
    "a push answers an id, and the task comes to a worker",
    async (bench) => {
      const pushed = await bench.backend.push({ n: 1 });
      expect(pushed).toMatchObject({ id: expect.stringMatching(ULID), created: true });
      const taken = first(await bench.consumer().claim());
      expect(taken).toMatchObject({ id: pushed.id, args: { n: 1 }, status: "Running", attempt: 1, meta: {} });
      expect(taken.lease).toMatch(/./);
    },
    BARE,
  ),

  check(
    "T.TaskSink.pushBulk.bare",
    BOTH,
    "a bulk push answers each, and its tasks come in order",
    async (bench) => {
      const pushed = await bench.backend.pushBulk(["a", "b", "c"]);
      expect(new Set(pushed.map(({ id }) => id)).size).toBe(3);
      const taken = await bench.consumer().claim(3);
      expect(taken.map(({ id, args }) => [id, args])).toEqual(pushed.map(({ id }, at) => [id, ["a", "b", "c"][at]]));
      expect(await bench.backend.pushBulk([])).toEqual([]);
    },
    BARE,
  ),

  check(
    "T.TaskSink.pushStream.bare",
    BOTH,
    "a stream is pushed to its end, in order",
    async (bench) => {
      async function* numbers() {
        for (let n = 0; n < 20; n++) yield n;
      }
      expect(await bench.backend.pushStream(numbers())).toHaveLength(20);
      expect(await argsOf(bench.consumer(), 20)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    },
    BARE,
  ),

  check(
    "T.TaskSink.pushTask.bare",
    BOTH,
    "a task that was built comes with its meta and its key, and a known key makes no second one",
    async (bench) => {
      const built = task("x").meta({ trace: "t" }).idempotencyKey("k");
      const one = await bench.backend.pushTask(built);
      expect(await bench.backend.pushTask(built)).toMatchObject({ id: one.id, created: false });
      expect(await bench.backend.pushTask({ args: "y" })).toMatchObject({ created: true });
      const [x, y] = await bench.consumer().claim(2);
      expect(x).toMatchObject({ args: "x", meta: { trace: "t" }, idempotencyKey: "k" });
      expect(y).toMatchObject({ args: "y" });
    },
    BARE,
  ),

  check(
    "T.TaskSink.pushAll.bare",
    BOTH,
    "a stream of built tasks is pushed, in order",
    async (bench) => {
      const pushed = await bench.backend.pushAll([task("a"), { args: "b" }]);
      expect((await bench.consumer().claim(2)).map(({ id }) => id)).toEqual(pushed.map(({ id }) => id));
    },
    BARE,
  ),

  check(
    "T.TaskSink.push.aborted-bare",
    BOTH,
    "a push whose signal has fired pushes nothing",
    async (bench) => {
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(bench.backend.push("no", { signal })).rejects.toThrow("enough");
      await bench.backend.push("yes");
      expect(await argsOf(bench.consumer(), 1)).toEqual(["yes"]);
    },
    BARE,
  ),

  check(
    "T.Backend.poll.bare",
    BOTH,
    "a poll gives null when there is nothing, and each task once",
    async (bench) => {
      const consumer = bench.consumer();
      consumer.want(2);
      expect(await consumer.next()).toBeNull();
      await bench.backend.pushBulk([1, 2]);
      expect([(await arrival(consumer)).args, (await arrival(consumer)).args]).toEqual([1, 2]);
      consumer.want(1);
      expect(await consumer.next()).toBeNull();
    },
    BARE,
  ),

  check(
    "T.Backend.poll.bare-room",
    BOTH,
    "a worker is given no more than it has room for, and the rest is there for others",
    async (bench) => {
      await bench.backend.pushBulk([1, 2, 3]);
      expect(await argsOf(bench.consumer(), 2)).toEqual([1, 2]);
      expect(await argsOf(bench.consumer(), 1)).toEqual([3]);
    },
    BARE,
  ),

  check(
    "T.Backend.middleware.bare",
    BOTH,
    "a task that was done is not given again",
    async (bench) => {
      await bench.backend.pushBulk(["a", "b"]);
      const consumer = bench.consumer();
      expect([await done(bench, consumer), await done(bench, consumer)]).toEqual(["a", "b"]);
      consumer.want(1);
      expect(await consumer.next()).toBeNull();
    },
    BARE,
  ),

  check(
    "T.Backend.middleware.bare-throws",
    BOTH,
    "a handler's error comes out as it was thrown, and the worker goes on",
    async (bench) => {
      await bench.backend.pushBulk(["bad", "good"]);
      const consumer = bench.consumer();
      const error = new Error("x");
      const raise = () => {
        throw error;
      };
      expect(await consumer.run(first(await consumer.claim()), raise)).toEqual({ thrown: error });
      expect(await done(bench, consumer)).toBe("good");
    },
    BARE,
  ),

  check(
    "T.Backend.middleware.bare-snooze",
    BOTH,
    "a task that snoozes comes again later, not before",
    async (bench) => {
      await bench.backend.push("x");
      const consumer = bench.consumer();
      const one = first(await consumer.claim());
      await consumer.run(one, (_, { snooze }) => snooze(4_000));
      consumer.want(1);
      expect(await consumer.next()).toBeNull();
      await bench.advance(4_100);
      const two = await arrival(consumer);
      expect(two).toMatchObject({ id: one.id, args: "x" });
      expect(two.lease).not.toBe(one.lease);
    },
    { ...BARE, waits: true },
  ),

  check(
    "T.Backend.heartbeat.bare",
    BOTH,
    "what a worker took but did not begin is given to another once it has stopped",
    async (bench) => {
      await bench.backend.push("x");
      const consumer = bench.consumer({ autoStart: false });
      const one = first(await consumer.claim());
      expect(one.status).toBe("Queued");
      await consumer.stop();
      expect(first(await bench.consumer().claim())).toMatchObject({ id: one.id, args: "x", attempt: 1 });
    },
    BARE,
  ),

  check(
    "T.BackendExt.getQueue.bare",
    ["BackendExt", "TaskSink"],
    "a backend names its queue and its codec, and polls compactly",
    async (bench) => {
      expect(bench.backend.codec().name).toBe("json");
      await bench.backend.push([1]);
      const raw = bench.consumer({}, compactly(bench.backend));
      expect(first(await raw.claim())).toMatchObject({ queue: bench.backend.getQueue(), args: [1], codec: "json" });
    },
    BARE,
  ),
];

const compactly = (backend: Bench<"BackendExt">["backend"]) => ({
  poll: (worker: WorkerContext) => backend.pollCompact(worker),
  heartbeat: (worker: WorkerContext) => backend.heartbeat(worker),
  middleware: () => backend.middleware(),
});
