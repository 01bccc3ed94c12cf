/** Cases of what a handler may do and learn while it runs. */

import { expect } from "vitest";
import { TaskTimeout, WorkerStopped } from "../../../src/backend/ack.ts";
import type { Handler } from "../../../src/backend/layer.ts";
import { AT_ONCE, HOUR, leased, look } from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { arrival, eventually, until } from "./expecting.ts";
import { BACKEND, raise, ran } from "./handled.ts";

export const handlingCases: readonly Case[] = [
  check(
    "T.Backend.middleware.start",
    BACKEND,
    "a task that was claimed without a start is started when its handler begins",
    async (bench) => {
      const consumer = bench.consumer({ autoStart: false });
      const task = await leased(bench, {}, consumer);
      const handler = async () => {
        expect(await until(bench, task.id, "Running")).toMatchObject({ attempt: 1 });
      };
      expect(await consumer.run(task, handler)).toEqual({ value: undefined });
      expect(await until(bench, task.id, "Done")).toMatchObject({ attempt: 1, runs: [{ outcome: "done" }] });
    },
  ),

  check(
    "T.Backend.middleware.progress",
    BACKEND,
    "progress is seen while the handler runs, and the last word counts",
    async (bench) => {
      const consumer = bench.consumer();
      const task = await leased(bench, {}, consumer);
      await consumer.run(task, async (_, { progress }) => {
        for (let percent = 0; percent <= 50; percent += 10) progress({ percent });
        await eventually(bench, async () => expect((await look(bench, task.id)).progress).toEqual({ percent: 50 }));
      });
      await until(bench, task.id, "Done");
    },
  ),

  check(
    "T.Backend.middleware.extend",
    BACKEND,
    "a handler may have more time",
    async (bench) => {
      const consumer = bench.consumer();
      consumer.beat();
      const task = await leased(bench, { timeoutMs: 2_000 }, consumer);
      const moved: unknown[] = [];
      const handler: Handler<unknown, unknown> = async (_, { extend }) => {
        extend("1h");
        await bench.advance(2_100);
        return "late, but in time";
      };
      await consumer.run(task, handler, { extend: (timeout) => moved.push(timeout) });
      expect(await until(bench, task.id, "Done")).toMatchObject({ lastResult: { ok: "late, but in time" } });
      expect(moved).toEqual(["1h"]);
    },
    { waits: true },
  ),

  check(
    "T.Backend.middleware.logs",
    BACKEND,
    "what was logged travels with the end, and stands in the run",
    async (bench) => {
      const consumer = bench.consumer();
      const task = await leased(bench, {}, consumer);
      await consumer.run(task, raise(new Error("x")), { logs: ["one", "two"] });
      expect((await until(bench, task.id, "Failed")).runs).toMatchObject([{ logs: ["one", "two"] }]);
    },
  ),

  check(
    "T.Backend.middleware.unwritable",
    BACKEND,
    "a result that cannot be written kills its task, and says why",
    async (bench) => {
      for (const value of [1n, () => 1, "x".repeat(256 * 1024)]) {
        const { lastResult } = await ran(bench, () => value, "Killed");
        expect(lastResult).toEqual({ err: expect.stringMatching(/result (cannot be encoded|is larger)/) });
      }
    },
  ),

  check("T.Backend.middleware.long-error", BACKEND, "an error of any length is taken, and cut", async (bench) => {
    const { lastResult } = await ran(bench, raise(new Error("é".repeat(100_000))), "Failed");
    expect((lastResult as { err: string }).err.length).toBeGreaterThan(30_000);
  }),

  check(
    "T.Backend.middleware.stopped",
    BACKEND,
    "a handler that is still at it when its worker stops gives its task back, unburned",
    async (bench) => {
      const consumer = bench.consumer();
      const task = await leased(bench, {}, consumer);
      await consumer.run(task, async () => {
        consumer.abort(task, new WorkerStopped("the worker stops"));
        return "not heard any more";
      });
      expect(await until(bench, task.id, "Pending")).toMatchObject({
        attempt: 0,
        runs: [{ attempt: 1, outcome: "released" }],
      });
      expect((await look(bench, task.id)).lastResult).toBeUndefined();
    },
  ),

  check(
    "T.Backend.middleware.timeout",
    BACKEND,
    "a handler whose time is up may still end, if the queue has not taken its task",
    async (bench) => {
      const consumer = bench.consumer();
      const task = await leased(bench, {}, consumer);
      await consumer.run(task, async () => {
        consumer.abort(task, new TaskTimeout("time is up"));
        return "just in time";
      });
      expect(await until(bench, task.id, "Done")).toMatchObject({ lastResult: { ok: "just in time" } });
    },
  ),

  check(
    "T.Backend.middleware.lost",
    BACKEND,
    "nothing that a handler says after its lease is lost reaches the task",
    async (bench) => {
      const consumer = bench.consumer();
      const task = await leased(bench, {}, consumer);
      await bench.store.reschedule(task.id, HOUR);
      const before = await look(bench, task.id);
      await consumer.run(task, async (_, { progress }) => {
        progress("late");
        return "late";
      });
      await eventually(bench, () => {
        const told = consumer.losses.length > 0 || consumer.events.some(({ type }) => type === "refused");
        expect(told).toBe(true);
      });
      expect(await look(bench, task.id)).toStrictEqual(before);
    },
  ),

  check("T.Backend.middleware.retries", BACKEND, "a task that fails is run again until it succeeds", async (bench) => {
    const consumer = bench.consumer();
    const id = (await bench.store.pushTask({ args: 0, backoff: AT_ONCE })).id;
    const attempts: number[] = [];
    for (const fails of [true, true, false]) {
      consumer.want(1);
      const task = await arrival(consumer);
      await consumer.run(task, (_, { attempt }) => {
        attempts.push(attempt);
        if (fails) throw new Error("not yet");
        return "at last";
      });
    }
    expect(attempts).toEqual([1, 2, 3]);
    expect((await until(bench, id, "Done")).runs.map(({ outcome }) => outcome)).toEqual(["failed", "failed", "done"]);
  }),
];
