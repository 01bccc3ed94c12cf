/** Cases of tasks that are pushed with options: built, fetched, wrong. */

import { expect } from "vitest";
import { task } from "../../../src/backend/builder.ts";
import type { NewTask } from "../../../src/backend/task.ts";
import { ack, countOf, first, HOUR, leased, look, said } from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { refused, thrown } from "./expecting.ts";

const SINK = ["TaskSink"] as const;

/** Options that no task can have, with the path of what is wrong. */
const WRONG: readonly (readonly [string, Partial<NewTask> & Record<string, unknown>, string])[] = [
  ["a priority that is no integer", { priority: 1.5 }, "priority"],
  ["a priority beyond 32 bits", { priority: 2_147_483_648 }, "priority"],
  ["no attempts", { maxAttempts: 0 }, "maxAttempts"],
  ["a negative delay", { delayMs: -1 }, "delayMs"],
  ["a time before the epoch", { runAt: -1 }, "runAt"],
  ["both a time and a delay", { runAt: 1, delayMs: 1 }, "delayMs"],
  ["a timeout of 0", { timeoutMs: 0 }, "timeoutMs"],
  ["a backoff that shrinks", { backoff: { factor: 0.5 } }, "backoff.factor"],
  ["a backoff whose cap is below its base", { backoff: { baseMs: 2, maxMs: 1 } }, "backoff.maxMs"],
  ["a jitter over 1", { backoff: { jitter: 1.1 } }, "backoff.jitter"],
  ["a group key over 255 bytes", { groupKey: "é".repeat(128) }, "groupKey"],
  ["an idempotency key over 1 KiB", { idempotencyKey: "k".repeat(1_025) }, "idempotencyKey"],
  ["an unknown end of a key", { idempotencyKey: "k", idempotencyUntil: "later" as never }, "idempotencyUntil"],
  ["a meta that is no object", { meta: [] as never }, "meta"],
  ["an unknown field", { delay: 5 }, "delay"],
];

export const builtCases: readonly Case[] = [
  check("T.TaskSink.pushTask", SINK, "every word of the builder stands in its task", async (bench) => {
    const { id } = await bench.backend.pushTask(
      task({ to: "a" })
        .runIn("10m")
        .priority(-3)
        .maxAttempts(2)
        .backoff({ type: "fixed", base: "5s", jitter: 0 })
        .timeout("30s")
        .idempotencyKey("k", "terminal")
        .groupKey("g")
        .meta({ a: 1 })
        .meta({ b: 2 }),
    );
    const found = await look(bench, id);
    expect(found).toMatchObject({
      args: { to: "a" },
      status: "Pending",
      priority: -3,
      maxAttempts: 2,
      backoff: { type: "fixed", baseMs: 5_000, factor: 2, maxMs: HOUR, jitter: 0 },
      timeoutMs: 30_000,
      idempotencyKey: "k",
      idempotencyUntil: "terminal",
      groupKey: "g",
      meta: { a: 1, b: 2 },
    });
    expect(found.runAt).toBe(found.createdAt + 600_000);
  }),

  check("T.TaskSink.pushTask.instant", SINK, "a task may be given an instant, past or to come", async (bench) => {
    const { id } = await bench.backend.pushTask({ args: 1, runAt: 5 });
    expect(await look(bench, id)).toMatchObject({ runAt: 5 });
    const later = await bench.backend.pushTask(task(1).runAt(new Date(bench.now() + HOUR)));
    expect((await look(bench, later.id)).runAt).toBeGreaterThan(bench.now() + HOUR - 60_000);
  }),

  check(
    "T.TaskSink.pushTask.fetched",
    ["TaskSink", "Backend"],
    "a task that was fetched makes a new one, of the same args and options",
    async (bench) => {
      const one = await leased(bench, {
        args: { a: 1 },
        priority: 4,
        maxAttempts: 2,
        idempotencyKey: "k",
        meta: { m: 1 },
      });
      await said(bench, ack(one), "Done");
      const done = await look(bench, one.id);
      const pushed = await bench.backend.pushTask(done);
      expect(pushed).toMatchObject({ status: "Pending", created: true });
      expect(pushed.id).not.toBe(one.id);
      const fresh = await look(bench, pushed.id);
      expect(fresh).toMatchObject({
        args: { a: 1 },
        priority: 4,
        maxAttempts: 2,
        meta: { m: 1 },
        attempt: 0,
        runs: [],
      });
      expect(fresh).not.toHaveProperty("idempotencyKey");
      expect(fresh).not.toHaveProperty("lastResult");
    },
  ),

  ...WRONG.map(([what, options, path]) =>
    check(
      `T.TaskSink.pushTask.${what.replaceAll(" ", "-")}`,
      SINK,
      `a task with ${what} is refused, and nothing is pushed`,
      async (bench) => {
        await refused(bench.backend.pushTask({ args: 1, ...options }), "bad_request", { path });
        expect(await countOf(bench)).toBe(0);
      },
    ),
  ),

  check("T.TaskSink.pushTask.large-meta", SINK, "a meta over 8 KiB is refused", async (bench) => {
    const error = await thrown(bench.backend.pushTask({ args: 1, meta: { m: "x".repeat(8 * 1024) } }));
    expect(["payload_too_large", "bad_request"]).toContain((error as { code?: string }).code);
    expect(error).toMatchObject({ path: "meta" });
    expect(await countOf(bench)).toBe(0);
  }),

  check(
    "T.PushTasks.pushTasks",
    ["PushTasks"],
    "tasks that were built are pushed together, all or none, and told by their place",
    async (bench) => {
      const tasks = [{ args: 1 }, task(2).priority(1), { args: 3, runAt: 0 }];
      const pushed = await bench.backend.pushTasks(tasks);
      expect(await Promise.all(pushed.map(async ({ id }) => (await look(bench, id)).args))).toEqual([1, 2, 3]);
      await refused(bench.backend.pushTasks([{ args: 4 }, { args: 5, priority: 0.5 }]), "bad_request", {
        path: "tasks.1.priority",
      });
      expect(await countOf(bench)).toBe(3);
      expect(first(pushed).status).toBe("Pending");
    },
  ),
];
