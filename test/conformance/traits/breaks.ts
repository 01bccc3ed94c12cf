/** Cases of what goes wrong on the way, of strategies, of clients that are shared, and of pipes. */

import { expect } from "vitest";
import type { PollStrategy } from "../../../src/backend/poll-strategy.ts";
import { first, leased, look, push } from "./arrange.ts";
import { type Bench, type Case, type CaseOptions, check } from "./bench.ts";
import { arrival, eventually, refused, thrown, until } from "./expecting.ts";

const WAITS: CaseOptions = { waits: true };
const PIPED = ["Backend", "Piped"] as const;

const pending = async ({ store }: Pick<Bench, "store">): Promise<number> => (await store.fetchByQueue()).counts.Pending;

/** Lets a few moments pass, until it holds. */
async function inAWhile(bench: Pick<Bench, "advance">, isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !isSo(); i++) await bench.advance(50);
  expect(isSo()).toBe(true);
}

export const breakCases: readonly Case[] = [
  check(
    "A.storage-error",
    ["Backend", "Breaks"],
    "a worker whose requests fail tries again, tells of it, and goes on",
    async (bench) => {
      const consumer = bench.consumer();
      await bench.disturb(consumer, 2);
      const id = await push(bench);
      consumer.want(1);
      let task: unknown;
      void arrival(consumer).then((taken) => {
        task = taken;
      });
      await inAWhile(bench, () => task !== undefined);
      expect(task).toMatchObject({ id, status: "Running", attempt: 1 });
      expect(consumer.events).toContainEqual(expect.objectContaining({ type: "break" }));
    },
    WAITS,
  ),

  check(
    "A.storage-error.end",
    ["Backend", "Breaks"],
    "how a task ended is told again until it is heard",
    async (bench) => {
      const consumer = bench.consumer();
      const task = await leased(bench, {}, consumer);
      await bench.disturb(consumer, 2);
      await consumer.run(task, () => "done");
      for (let i = 0; i < 100 && (await look(bench, task.id)).status !== "Done"; i++) await bench.advance(50);
      expect(await look(bench, task.id)).toMatchObject({ status: "Done", attempt: 1, lastResult: { ok: "done" } });
      expect((await look(bench, task.id)).runs).toHaveLength(1);
    },
    WAITS,
  ),

  check(
    "A.heartbeat-error",
    ["Backend", "Breaks"],
    "a heartbeat that fails does not end its worker, which keeps what it runs",
    async (bench) => {
      await bench.store.configure({ orphanAfterMs: 5_000 });
      const consumer = bench.consumer();
      const task = await leased(bench, {}, consumer);
      consumer.beat();
      await bench.disturb(consumer, 1);
      for (let i = 0; i < 14; i++) await bench.advance(500);
      expect(await look(bench, task.id)).toMatchObject({ status: "Running", attempt: 1 });
      expect(await bench.store.listWorkers()).toMatchObject([{ id: consumer.id, alive: true }]);
      await consumer.run(task, () => "done");
      await until(bench, task.id, "Done");
    },
    WAITS,
  ),

  check(
    "A.poll-reset",
    ["Strategy"],
    "a strategy is told how much the poll before brought, and so begins anew under traffic",
    async (bench) => {
      const counts: number[] = [];
      const strategy: PollStrategy = {
        ticks: async function* (context) {
          while (!context.signal.aborted) {
            counts.push(context.prevCount);
            yield;
            await new Promise<void>((resolve) => context.clock.timer(20, resolve));
          }
        },
      };
      const consumer = bench.consumer({}, bench.another({ strategy }));
      consumer.want(2);
      const next = consumer.next();
      await inAWhile(bench, () => counts.length > 3);
      expect(await next).toBeNull();
      expect(new Set(counts)).toEqual(new Set([0]));
      await bench.store.pushBulk([1, 2]);
      await inAWhile(bench, () => counts.includes(2));
      expect([(await arrival(consumer)).args, (await arrival(consumer)).args]).toEqual([1, 2]);
    },
    WAITS,
  ),

  check("T.MakeShared.makeShared", ["MakeShared"], "one client makes backends of many queues", async (bench) => {
    const { makeShared } = bench.shared();
    const [one, two] = [makeShared("one"), makeShared("two")];
    await one.push("to one");
    await two.push("to two");
    const consumers = [bench.consumer({}, one), bench.consumer({}, two)];
    const tasks = await Promise.all(consumers.map(async (consumer) => first(await consumer.claim())));
    expect(tasks.map(({ args, queue }) => [args, queue])).toEqual([
      ["to one", one.getQueue()],
      ["to two", two.getQueue()],
    ]);
  }),

  check(
    "T.MakeShared.makeShared.twice",
    ["MakeShared"],
    "a queue's name that is taken twice is refused",
    async (bench) => {
      const { makeShared } = bench.shared();
      makeShared("one");
      await refused(
        Promise.resolve().then(() => makeShared("one")),
        "bad_request",
        { path: "queue" },
      );
      expect((await makeShared("two").push(1)).created).toBe(true);
    },
  ),

  check(
    "T.Piped.unpipe.brings",
    PIPED,
    "what the stream brings is pushed while a worker polls, in order, once",
    async (bench) => {
      bench.source.bring("a", "b");
      await bench.advance(10);
      expect(bench.source.asked).toBe(0);
      const consumer = bench.consumer();
      expect((await consumer.claim(2)).map(({ args }) => args)).toEqual(["a", "b"]);
      bench.source.bring("c");
      expect((await consumer.claim()).map(({ args }) => args)).toEqual(["c"]);
      expect(await pending(bench)).toBe(0);
    },
  ),

  check("T.Piped.unpipe.ends", PIPED, "when the stream has ended its workers go on", async (bench) => {
    bench.source.bring("a");
    bench.source.end();
    const consumer = bench.consumer();
    expect(first(await consumer.claim()).args).toBe("a");
    await bench.store.push("by others");
    expect(first(await consumer.claim()).args).toBe("by others");
  }),

  check(
    "T.Piped.unpipe.fails",
    PIPED,
    "when the stream fails, what it brought is done, and then its workers hear of it",
    async (bench) => {
      bench.source.bring("a");
      const consumer = bench.consumer();
      const task = first(await consumer.claim());
      await consumer.run(task, () => "done");
      const error = new Error("the source is gone");
      consumer.want(1);
      const failed = thrown(arrival(consumer));
      bench.source.fail(error);
      expect(await failed).toBe(error);
      expect(await until(bench, task.id, "Done")).toMatchObject({ lastResult: { ok: "done" } });
    },
  ),

  check("T.Piped.unpipe", PIPED, "a pipe that is taken off reads no more, and leaves its stream", async (bench) => {
    bench.source.bring("a");
    const consumer = bench.consumer();
    expect(first(await consumer.claim()).args).toBe("a");
    await bench.backend.unpipe();
    await eventually(bench, () => expect(bench.source.wasLeft).toBe(true));
    bench.source.bring("b");
    await bench.advance(100);
    expect(await pending(bench)).toBe(0);
  }),
];
