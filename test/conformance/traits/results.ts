/** Cases of what an ack brings: results at their limits, retries and their waits, logs, the history of runs. */

import { expect } from "vitest";
import type { Task } from "../../../src/backend/task.ts";
import {
  AT_ONCE,
  ack,
  claimedTwice,
  expectNothing,
  first,
  HOUR,
  leased,
  look,
  progress,
  refusedEvent,
  said,
  snooze,
  standing,
  tell,
} from "./arrange.ts";
import { type Bench, type Case, check } from "./bench.ts";
import { thrown, untouched } from "./expecting.ts";

/** The wait after each of so many failures, ms. */
async function waits(bench: Bench, backoff: object, failures: number): Promise<number[]> {
  const consumer = bench.consumer();
  const found: number[] = [];
  let { id } = await leased(bench, { maxAttempts: failures + 1, backoff }, consumer).then(async (task) => {
    await said(bench, ack(task, { err: "x" }), "Failed");
    consumer.free(task);
    return task;
  });
  for (;;) {
    const task = await look(bench, id);
    found.push(waitOf(task));
    if (found.length === failures) return found;
    await bench.store.update(id, { runAt: 0 });
    const next = first(await consumer.claim());
    id = next.id;
    await said(bench, ack(next, { err: "x" }), "Failed");
    consumer.free(next);
  }
}

const waitOf = ({ runAt, runs }: Task): number => runAt - (runs.at(-1)?.endedAt ?? Number.NaN);

export const resultCases: readonly Case[] = [
  check(
    "S.backoff",
    ["Events"],
    "the first wait is baseMs, each is so many times the one before, up to maxMs",
    async (bench) => {
      const backoff = { type: "exponential", baseMs: 1_000, factor: 3, maxMs: 20_000, jitter: 0 };
      expect(await waits(bench as Bench, backoff, 5)).toEqual([1_000, 3_000, 9_000, 20_000, 20_000]);
    },
  ),

  check("S.backoff.fixed", ["Events"], "a fixed backoff waits the same each time", async (bench) => {
    const backoff = { type: "fixed", baseMs: 5_000, factor: 9, maxMs: 60_000, jitter: 0 };
    expect(await waits(bench as Bench, backoff, 3)).toEqual([5_000, 5_000, 5_000]);
  }),

  check("S.backoff.jitter", ["Events"], "the jitter comes after the cap, up and down", async (bench) => {
    const backoff = { type: "fixed", baseMs: 100_000, factor: 1, maxMs: 100_000, jitter: 0.5 };
    const found = await waits(bench as Bench, backoff, 16);
    for (const wait of found) {
      expect(wait).toBeGreaterThanOrEqual(50_000);
      expect(wait).toBeLessThanOrEqual(150_000);
    }
    expect(new Set(found).size).toBeGreaterThan(4);
    expect(Math.min(...found)).toBeLessThan(100_000);
    expect(Math.max(...found)).toBeGreaterThan(100_000);
  }),

  check("A.backoff", ["Events"], "a retry waits for its backoff, by default a second", async (bench) => {
    const consumer = bench.consumer();
    const id = (await bench.store.push("x")).id;
    const task = first(await consumer.claim());
    await said(bench, ack(task, { err: "x" }), "Failed");
    const wait = waitOf(await look(bench, id));
    expect(wait).toBeGreaterThanOrEqual(900);
    expect(wait).toBeLessThanOrEqual(1_100);
  }),

  check(
    "S.backoff.own",
    ["Events"],
    "an ack's own retryAfterMs goes before the backoff, and may be 0",
    async (bench) => {
      const consumer = bench.consumer();
      const one = await leased(bench, {}, consumer);
      await said(bench, ack(one, { err: "x", retryAfterMs: 7_777 }), "Failed");
      expect(waitOf(await look(bench, one.id))).toBe(7_777);
      const two = await leased(bench, {}, bench.consumer());
      await said(bench, ack(two, { err: "x", retryAfterMs: 0 }), "Failed");
      expect(waitOf(await look(bench, two.id))).toBe(0);
      expect(first(await bench.consumer().claim())).toMatchObject({ id: two.id, attempt: 2 });
    },
  ),

  check("S.abort.wins", ["Events"], "abort wins over retryAfterMs", async (bench) => {
    const task = await leased(bench);
    await said(bench, ack(task, { err: "x", abort: true, retryAfterMs: 0 }), "Killed");
    await expectNothing(bench);
  }),

  check("S.ack-err.own-last", ["Events"], "retryAfterMs gives no attempt beyond the last", async (bench) => {
    const task = await leased(bench, { maxAttempts: 1 });
    await said(bench, ack(task, { err: "x", retryAfterMs: 0 }), "Killed");
  }),

  check("S.results", ["Events"], "any JSON is a result, null and false and nothing at all included", async (bench) => {
    const values = [null, false, 0, "", [], {}, "ü🙂", { a: { b: [1, "2"] } }];
    await bench.store.pushBulk(values);
    const tasks = await bench.consumer().claim(values.length);
    const answers = await bench.events(tasks.map((task) => ack(task, { ok: task.args })));
    expect(answers).toStrictEqual(tasks.map(({ id }) => ({ id, status: "Done" })));
    const done = await bench.store.listTasks({ order: "oldest" });
    expect(done.tasks.map(({ lastResult }) => lastResult)).toStrictEqual(values.map((ok) => ({ ok })));
    expect(await bench.store.checkStatus(tasks)).toStrictEqual(
      tasks.map(({ id }, at) => ({ id, attempt: 1, status: "Done", value: values[at] })),
    );
  }),

  check(
    "S.results.large",
    ["Events"],
    "a result over 256 KiB refuses its event alone, and one of just that size is taken",
    async (bench) => {
      await bench.store.pushBulk([1, 2]);
      const [a, b] = await bench.consumer().claim(2);
      if (!a || !b) throw new Error("two were not taken");
      const most = "x".repeat(256 * 1024 - 2);
      const answers = await bench.events([ack(a, { ok: `${most}x` }), ack(b, { ok: most })]);
      expect(answers).toMatchObject([
        { id: a.id, error: { code: "payload_too_large" } },
        { id: b.id, status: "Done" },
      ]);
      expect(await look(bench, a.id)).toMatchObject({ status: "Running", revision: 2 });
      await said(bench, ack(a), "Done");
    },
  ),

  check("S.results.progress", ["Events"], "progress over 8 KiB refuses its event alone", async (bench) => {
    const { id, last } = await standing(bench, "Running");
    await untouched(bench, [id], async () =>
      expect(await tell(bench, progress(last, "x".repeat(8 * 1024)))).toMatchObject({
        error: { code: "payload_too_large" },
      }),
    );
    await said(bench, progress(last, "x".repeat(8 * 1024 - 2)), "Running");
  }),

  check("S.results.cut", ["Events"], "an error is cut at 64 KiB, and in its run at 4 KiB", async (bench) => {
    const task = await leased(bench);
    const err = "é".repeat(60_000);
    await said(bench, ack(task, { err }), "Failed");
    const { lastResult, runs } = await look(bench, task.id);
    const kept = (lastResult as { err: string }).err;
    expect(err.startsWith(kept)).toBe(true);
    expect(new TextEncoder().encode(kept).length).toBeLessThanOrEqual(64 * 1024);
    expect(kept.length).toBeGreaterThan(32_000);
    const inRun = first(runs).error ?? "";
    expect(err.startsWith(inRun)).toBe(true);
    expect(new TextEncoder().encode(inRun).length).toBeLessThanOrEqual(4 * 1024);
    expect(inRun.length).toBeGreaterThan(2_000);
  }),

  check("S.results.logs", ["Events"], "the logs of an ack stand in its run", async (bench) => {
    const consumer = bench.consumer();
    const one = await leased(bench, { backoff: AT_ONCE }, consumer);
    await said(bench, ack(one, { err: "x" }, ["a", "b"]), "Failed");
    consumer.free(one);
    const two = first(await consumer.claim());
    await said(bench, ack(two, { ok: 1 }, []), "Done");
    const { runs } = await look(bench, one.id);
    expect(runs[0]).toMatchObject({ outcome: "failed", logs: ["a", "b"] });
    expect(runs[1]?.logs ?? []).toEqual([]);
  }),

  check(
    "S.results.many-logs",
    ["Events"],
    "more than fifty lines of log, or one over 1 KiB, refuse the batch",
    async (bench) => {
      const task = await leased(bench);
      await untouched(bench, [task.id], async () => {
        const lines = Array<string>(51).fill("l");
        expect(await thrown(bench.events([ack(task, { ok: 1 }, lines)]))).toMatchObject({ code: "bad_request" });
        const long = "l".repeat(1_025);
        expect(await thrown(bench.events([ack(task, { ok: 1 }, [long])]))).toMatchObject({ code: "bad_request" });
      });
      await said(bench, ack(task, { ok: 1 }, Array<string>(50).fill("l".repeat(1_024))), "Done");
      expect(first((await look(bench, task.id)).runs).logs).toHaveLength(50);
    },
  ),

  check("S.runs.twenty", ["Events"], "the last twenty executions are kept", async (bench) => {
    const consumer = bench.consumer();
    const id = (await bench.store.pushTask({ args: 0, maxAttempts: 30, backoff: AT_ONCE })).id;
    for (let attempt = 1; attempt <= 22; attempt++) {
      const task = first(await consumer.claim());
      await said(bench, ack(task, { err: String(attempt) }), "Failed");
      consumer.free(task);
    }
    const { runs } = await look(bench, id);
    expect(runs.map((run) => run.attempt)).toEqual(Array.from({ length: 20 }, (_, at) => at + 3));
  }),

  check(
    "S.results.replaced",
    ["Events"],
    "the last result is that of the last end: a retry replaces it, a snooze does not",
    async (bench) => {
      const consumer = bench.consumer();
      const one = await leased(bench, { backoff: AT_ONCE }, consumer);
      await said(bench, ack(one, { err: "first" }), "Failed");
      consumer.free(one);
      const two = first(await consumer.claim());
      await said(bench, snooze(two, 0), "Pending");
      expect(await look(bench, one.id)).toMatchObject({ attempt: 1, lastResult: { err: "first" } });
      consumer.free(two);
      await bench.advance(5);
      const three = first(await consumer.claim());
      await said(bench, ack(three, { ok: "second" }), "Done");
      expect((await look(bench, one.id)).lastResult).toStrictEqual({ ok: "second" });
    },
  ),

  check(
    "R3.stale-large",
    ["Events"],
    "a result that is too large under a stale lease is lease_lost, or too large, and changes nothing",
    async (bench) => {
      const { id, stale } = await claimedTwice(bench, "Running");
      const answer = await untouched(bench, [id], () => tell(bench, ack(stale, { ok: "x".repeat(300_000) })));
      expect([refusedEvent(id, "lease_lost", "Running").error.code, "payload_too_large"]).toContain(
        "error" in answer ? answer.error.code : undefined,
      );
    },
  ),

  check("S.ack-err.empty", ["Events"], "an empty error is an error", async (bench) => {
    const task = await leased(bench);
    await said(bench, ack(task, { err: "", retryAfterMs: HOUR }), "Failed");
    expect((await look(bench, task.id)).lastResult).toStrictEqual({ err: "" });
  }),
];
