/** Cases of a worker's side of a queue: the stream of tasks, its room, its signs of life, its end. */

import { expect } from "vitest";
import { first, leased, look, push } from "./arrange.ts";
import { type Bench, type Case, check } from "./bench.ts";
import { arrival, eventually, until } from "./expecting.ts";

const BACKEND = ["Backend"] as const;

const counts = async ({ store }: Pick<Bench, "store">) => (await store.fetchByQueue()).counts;
/** Long enough for something that must not happen. */
const aWhile = (bench: Pick<Bench, "advance" | "isVirtual">) => bench.advance(bench.isVirtual ? 1_000 : 250);

export const feedCases: readonly Case[] = [
  check(
    "T.Backend.poll",
    BACKEND,
    "a poll gives tasks as they come, and null when there is nothing now",
    async (bench) => {
      const consumer = bench.consumer();
      consumer.want(2);
      expect(await consumer.next()).toBeNull();
      const { id } = await bench.store.push({ n: 1 });
      expect(await arrival(consumer)).toMatchObject({ id, args: { n: 1 }, status: "Running" });
      const two = await bench.store.push({ n: 2 });
      expect((await arrival(consumer)).id).toBe(two.id);
    },
  ),

  check(
    "T.Backend.poll.room",
    BACKEND,
    "a worker is never given more than it has room for",
    async (bench) => {
      await bench.store.pushBulk(Array.from({ length: 10 }, (_, n) => n));
      const consumer = bench.consumer();
      const tasks = await consumer.claim(3);
      expect(tasks.map(({ args }) => args)).toEqual([0, 1, 2]);
      await aWhile(bench);
      expect(await counts(bench)).toMatchObject({ Pending: 7, Running: 3 });
      for (const task of tasks) await consumer.run(task, () => null);
      expect((await consumer.claim(2)).map(({ args }) => args)).toEqual([3, 4]);
      await aWhile(bench);
      expect(await counts(bench)).toMatchObject({ Pending: 5, Running: 2, Done: 3 });
    },
    { waits: true },
  ),

  check("T.Backend.poll.freed", BACKEND, "a slot that is free again is filled", async (bench) => {
    await bench.store.pushBulk(["a", "b"]);
    const consumer = bench.consumer();
    const task = first(await consumer.claim());
    await consumer.run(task, () => "done");
    consumer.want(1);
    expect(await arrival(consumer)).toMatchObject({ args: "b" });
    await until(bench, task.id, "Done");
  }),

  check(
    "T.Backend.poll.paused",
    BACKEND,
    "a worker that is paused is given nothing, and goes on when it is resumed",
    async (bench) => {
      const consumer = bench.consumer();
      expect(await consumer.take()).toEqual([]);
      consumer.turn("paused");
      consumer.want(1);
      // What was asked for before the pause may still come; by now it has been taken back.
      await aWhile(bench);
      const id = await push(bench);
      await aWhile(bench);
      expect(await look(bench, id)).toMatchObject({ status: "Pending", attempt: 0 });
      consumer.turn("running");
      expect(await arrival(consumer)).toMatchObject({ id });
    },
    { waits: true },
  ),

  check("T.Backend.poll.held-while-paused", BACKEND, "what a worker runs goes on while it is paused", async (bench) => {
    const consumer = bench.consumer();
    const task = await leased(bench, {}, consumer);
    consumer.turn("paused");
    await consumer.run(task, () => "done");
    expect(await until(bench, task.id, "Done")).toMatchObject({ lastResult: { ok: "done" } });
  }),

  check(
    "T.Backend.poll.return",
    BACKEND,
    "a stream that is returned takes no more, and has ended",
    async (bench) => {
      const consumer = bench.consumer();
      const held = await leased(bench, {}, consumer);
      consumer.want(1);
      const next = consumer.next().catch((error: Error) => error.message);
      await consumer.leave();
      expect([null, "the stream of tasks has ended"]).toContain(await next);
      const id = await push(bench);
      await aWhile(bench);
      expect(await look(bench, id)).toMatchObject({ status: "Pending", attempt: 0 });
      await consumer.run(held, () => "still heard");
      expect(await until(bench, held.id, "Done")).toMatchObject({ lastResult: { ok: "still heard" } });
    },
    { waits: true },
  ),

  check("T.Backend.poll.two", BACKEND, "two workers of one backend are two", async (bench) => {
    await bench.store.pushBulk(["a", "b"]);
    const [one, two] = [bench.consumer(), bench.consumer()];
    const tasks = [first(await one.claim()), first(await two.claim())];
    expect(tasks.map(({ args, lockBy }) => [args, lockBy])).toEqual([
      ["a", one.id],
      ["b", two.id],
    ]);
  }),

  check(
    "T.Backend.poll.idle-then-busy",
    BACKEND,
    "however long there was nothing, a task is given at once, again and again",
    async (bench) => {
      const consumer = bench.consumer();
      for (let round = 0; round < 3; round++) {
        consumer.want(1);
        const next = arrival(consumer);
        await bench.advance(bench.isVirtual ? 600_000 : 100);
        const { id } = await bench.store.push(round);
        const task = await next;
        expect(task).toMatchObject({ id, args: round });
        await consumer.run(task, () => null);
        await until(bench, id, "Done");
      }
    },
    { waits: true },
  ),

  check(
    "T.Backend.heartbeat",
    BACKEND,
    "each sign of life that was answered is told, and the worker counts as alive",
    async (bench) => {
      await bench.store.configure({ orphanAfterMs: 2_000 });
      const consumer = bench.consumer();
      await leased(bench, {}, consumer);
      consumer.beat();
      for (let i = 0; i < 8; i++) await bench.advance(400);
      expect(consumer.beats).toBeGreaterThanOrEqual(1);
      expect(await bench.store.listWorkers()).toMatchObject([{ id: consumer.id, alive: true }]);
    },
    { waits: true },
  ),

  check(
    "T.Backend.heartbeat.return",
    BACKEND,
    "a heartbeat that is returned says what is left to be said, and goodbye",
    async (bench) => {
      const consumer = bench.consumer();
      const tasks = [await leased(bench, {}, consumer), await leased(bench, {}, consumer)];
      for (const task of tasks) await consumer.run(task, () => task.args);
      await consumer.stop();
      for (const { id } of tasks) expect((await look(bench, id)).status).toBe("Done");
      expect(await bench.store.listWorkers()).toEqual([]);
    },
  ),

  check(
    "T.Backend.heartbeat.never-polled",
    BACKEND,
    "a worker that stops before it began leaves nothing behind",
    async (bench) => {
      const consumer = bench.consumer();
      await consumer.stop();
      expect(await bench.store.listWorkers()).toEqual([]);
      const id = await push(bench);
      expect(first(await bench.consumer().claim())).toMatchObject({ id });
    },
  ),

  check(
    "T.Backend.poll.taken-over",
    BACKEND,
    "a backlog is drained by several workers, each task once",
    async (bench) => {
      await bench.store.pushBulk(Array.from({ length: 90 }, (_, n) => n));
      const seen: unknown[] = [];
      const drain = async () => {
        const consumer = bench.consumer();
        // Fewer than it has room for: there is nothing more, and nobody gives anything back.
        for (let taken = 10; taken === 10; ) {
          const tasks = await consumer.take(10);
          await Promise.all(tasks.map((task) => consumer.run(task, (args) => seen.push(args))));
          taken = tasks.length;
        }
      };
      await Promise.all([drain(), drain(), drain()]);
      await eventually(bench, async () =>
        expect(await counts(bench)).toMatchObject({ Pending: 0, Running: 0, Done: 90 }),
      );
      expect(new Set(seen).size).toBe(90);
      expect(seen).toHaveLength(90);
    },
  ),
];
