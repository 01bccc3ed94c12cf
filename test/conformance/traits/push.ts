/** Cases of pushing: what a push answers, what stands then, and what is refused. */

import { expect } from "vitest";
import { task } from "../../../src/backend/builder.ts";
import { DEFAULT_BACKOFF } from "../../../src/task/task.ts";
import { countOf, HOUR, look, ULID } from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { arrival, expectNow, refused, thrown } from "./expecting.ts";

const SINK = ["TaskSink"] as const;

const JSONS: readonly unknown[] = [
  null,
  true,
  0,
  -1.5e300,
  "",
  'ü€🙂\u0000"\\',
  [],
  {},
  [[[]]],
  { a: { b: [1, "2", null] } },
];

export const pushCases: readonly Case[] = [
  check("A.ids", SINK, "a push answers the id of its task", async (bench) => {
    const pushed = await bench.backend.push({ n: 1 });
    expect(pushed).toStrictEqual({ id: expect.stringMatching(ULID), status: "Pending", created: true });
    expect(await look(bench, pushed.id)).toMatchObject({ id: pushed.id, args: { n: 1 } });
  }),

  check("S.push", SINK, "a task that is pushed is Pending and due, with all its defaults", async (bench) => {
    const { id } = await bench.backend.push("hello");
    const found = await look(bench, id);
    expect(found).toStrictEqual({
      id,
      queue: bench.store.getQueue(),
      args: "hello",
      status: "Pending",
      priority: 0,
      attempt: 0,
      maxAttempts: 5,
      runAt: found.createdAt,
      createdAt: expect.any(Number),
      runs: [],
      backoff: DEFAULT_BACKOFF,
      idempotencyUntil: "gone",
      codec: "json",
      meta: {},
      revision: 1,
    });
    expectNow(bench, found.createdAt);
  }),

  check(
    "S.push.waiting",
    ["TaskSink", "Backend"],
    "a due task that is pushed while a worker waits is its at once",
    async (bench) => {
      const consumer = bench.consumer();
      expect(await consumer.take()).toEqual([]);
      consumer.want(1);
      const next = arrival(consumer);
      if (!bench.isVirtual) await bench.advance(100);
      const pushed = await bench.backend.push(7);
      expect(["Pending", "Running"]).toContain(pushed.status);
      expect(await next).toMatchObject({ id: pushed.id, args: 7, status: "Running", attempt: 1 });
    },
  ),

  check(
    "S.push.waiting-future",
    ["TaskSink", "Backend"],
    "a task of the future is not given to a worker that waits",
    async (bench) => {
      const consumer = bench.consumer();
      expect(await consumer.take()).toEqual([]);
      consumer.want(1);
      const next = arrival(consumer);
      const later = await bench.backend.pushTask(task("later").runIn(HOUR));
      expect(later.status).toBe("Pending");
      const now = await bench.backend.push("now");
      expect(await next).toMatchObject({ id: now.id });
      expect(await look(bench, later.id)).toMatchObject({ status: "Pending", revision: 1 });
    },
  ),

  check("T.TaskSink.push", SINK, "any JSON may be the args, and comes back as it was", async (bench) => {
    for (const args of JSONS) {
      const { id } = await bench.backend.push(args);
      expect((await look(bench, id)).args).toStrictEqual(args);
    }
  }),

  check("T.TaskSink.push.order", SINK, "pushes one after the other keep their order", async (bench) => {
    const pushed = await Promise.all(Array.from({ length: 20 }, (_, n) => bench.backend.push(n)));
    const { tasks } = await bench.store.listTasks({ order: "oldest" });
    expect(tasks.map(({ args }) => args)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(tasks.map(({ id }) => id)).toEqual(pushed.map(({ id }) => id));
  }),

  check(
    "T.TaskSink.push.unwritable",
    SINK,
    "args that JSON cannot write are refused, and nothing is pushed",
    async (bench) => {
      const circle: { self?: unknown } = {};
      circle.self = circle;
      for (const args of [undefined, () => 1, Symbol("s"), 1n, circle, { deep: 1n }]) {
        expect(await thrown(bench.backend.push(args))).toMatchObject({ name: "CodecError", codec: "json" });
      }
      expect(await countOf(bench)).toBe(0);
    },
  ),

  check("T.TaskSink.push.large", SINK, "args over 1 MiB are refused, and just 1 MiB is taken", async (bench) => {
    const most = "x".repeat(1024 * 1024 - 2);
    await refused(bench.backend.push(`${most}x`), "payload_too_large", { path: "args" });
    expect(await countOf(bench)).toBe(0);
    expect((await bench.backend.push(most)).created).toBe(true);
  }),

  check("T.TaskSink.push.deep", SINK, "args nested deeper than 500 are refused", async (bench) => {
    let args: unknown = 1;
    for (let i = 0; i < 501; i++) args = [args];
    expect(await thrown(bench.backend.push(args))).toMatchObject({ code: "bad_request" });
    expect(await countOf(bench)).toBe(0);
  }),

  check(
    "T.TaskSink.push.aborted",
    SINK,
    "a push whose signal has fired rejects with its reason, and pushes nothing",
    async (bench) => {
      const reason = new Error("changed my mind");
      expect(await thrown(bench.backend.push(1, { signal: AbortSignal.abort(reason) }))).toBe(reason);
      expect(await countOf(bench)).toBe(0);
    },
  ),

  check("T.TaskSink.pushBulk", SINK, "a bulk push answers each task, in order", async (bench) => {
    const pushed = await bench.backend.pushBulk(["a", "b", "c"]);
    expect(pushed).toStrictEqual(
      ["a", "b", "c"].map(() => ({ id: expect.stringMatching(ULID), status: "Pending", created: true })),
    );
    expect(new Set(pushed.map(({ id }) => id)).size).toBe(3);
    for (const [at, { id }] of pushed.entries()) expect((await look(bench, id)).args).toBe(["a", "b", "c"][at]);
    expect(await countOf(bench)).toBe(3);
  }),

  check("T.TaskSink.pushBulk.none", SINK, "a bulk push of nothing answers nothing", async (bench) => {
    expect(await bench.backend.pushBulk([])).toEqual([]);
  }),

  check("T.TaskSink.pushBulk.all-or-none", SINK, "a bulk push is all or nothing", async (bench) => {
    expect(await thrown(bench.backend.pushBulk([1, undefined, 3]))).toMatchObject({ name: "CodecError" });
    await refused(bench.backend.pushBulk([1, "x".repeat(1024 * 1024), 3]), "payload_too_large", {
      path: "tasks.1.args",
    });
    expect(await countOf(bench)).toBe(0);
  }),

  check("T.TaskSink.pushBulk.thousand", SINK, "a thousand go at once, and one more is refused whole", async (bench) => {
    await refused(bench.backend.pushBulk(Array(1_001).fill(1)), "bad_request", { path: "tasks" });
    expect(await countOf(bench)).toBe(0);
    expect(await bench.backend.pushBulk(Array(1_000).fill(1))).toHaveLength(1_000);
    expect((await bench.store.fetchByQueue()).counts.Pending).toBe(1_000);
  }),

  check("R10.push", SINK, "all tasks of a bulk push have one instant", async (bench) => {
    const pushed = await bench.backend.pushBulk(Array(50).fill(1));
    const { tasks } = await bench.store.listTasks({ limit: 50 });
    expect(tasks.map(({ id }) => id).toReversed()).toEqual(pushed.map(({ id }) => id));
    expect(new Set(tasks.flatMap(({ createdAt, runAt }) => [createdAt, runAt])).size).toBe(1);
  }),
];
