/** Cases of counters and numbers. */

import { expect } from "vitest";
import { noCounts } from "../../../src/task/status.ts";
import { DEFAULT_CONFIG } from "../../../src/task/task.ts";
import { ack, expectNothing, first, HOUR, leased, oneOfEach, push, said, snooze, standing } from "./arrange.ts";
import { type Bench, type Case, check } from "./bench.ts";
import { eventually } from "./expecting.ts";

const WAITS = { waits: true };

/** Counters, and rows counted one by one. */
async function both({ backend, store }: Bench<"Metrics">) {
  const { tasks } = await store.listTasks({ limit: 1_000 });
  const counted = noCounts();
  for (const { status } of tasks) counted[status]++;
  return [(await backend.fetchByQueue()).counts, counted];
}

export const numberCases: readonly Case[] = [
  check("R12.sum", ["Metrics"], "the counters are what the rows are, through all moves of tasks", async (bench) => {
    const agree = async () => {
      const [counters, rows] = await both(bench);
      expect(counters).toEqual(rows);
    };
    await agree();
    await oneOfEach(bench);
    await agree();
    const consumer = bench.consumer();
    const task = first(await consumer.claim());
    await said(bench, snooze(task, HOUR), "Pending");
    await agree();
    await bench.store.bulk("reschedule", { filter: { status: "Running" }, delayMs: 0 });
    await agree();
    await bench.store.bulk("resume", { filter: { status: "Failed" } });
    await bench.store.cancel(task.id);
    await agree();
    await bench.store.vacuum({ olderThan: 0 });
    await agree();
    await bench.store.purge();
    await agree();
  }),

  check("T.Metrics.fetchByQueue", ["Metrics"], "a queue tells its numbers", async (bench) => {
    const before = await bench.backend.fetchByQueue();
    expect(before).toMatchObject({
      name: bench.store.getQueue(),
      partitions: 1,
      counts: noCounts(),
      workers: 0,
      oldestDueAgeMs: null,
      rates: { pushed: 0, done: 0, failed: 0, killed: 0 },
      activity: [0, 0, 0, 0, 0, 0, 0],
      config: DEFAULT_CONFIG,
      waitMs: null,
      runMs: null,
    });
    await standing(bench, "Killed");
    await standing(bench, "Failed");
    await standing(bench, "Done");
    await leased(bench);
    await push(bench, { runAt: bench.now() - 5_000 });
    const stats = await bench.backend.fetchByQueue();
    expect(stats).toMatchObject({
      counts: { Pending: 1, Queued: 0, Running: 1, Done: 1, Failed: 1, Killed: 1 },
      rates: {
        pushed: expect.closeTo(5 / 60),
        done: expect.closeTo(1 / 60),
        failed: expect.closeTo(1 / 60),
        killed: expect.closeTo(1 / 60),
      },
      activity: [0, 0, 0, 0, 0, 0, 5],
      waitMs: { p50: expect.any(Number), p90: expect.any(Number), p99: expect.any(Number) },
      runMs: { p50: expect.any(Number), p90: expect.any(Number), p99: expect.any(Number) },
    });
    expect(stats.workers).toBeGreaterThan(0);
    expect(stats.oldestDueAgeMs).toBeGreaterThanOrEqual(5_000);
    expect(stats.oldestDueAgeMs).toBeLessThan(65_000);
  }),

  check(
    "T.Metrics.fetchByQueue.times",
    ["Metrics"],
    "the times are those that tasks waited from when they were due, and ran from their starts",
    async (bench) => {
      const ms = bench.isVirtual ? 1_000 : 50;
      await bench.store.pushBulk(Array(5).fill(1));
      await bench.advance(16 * ms);
      const tasks = await bench.consumer().claim(5);
      await bench.advance(2 * ms);
      for (const task of tasks) await said(bench, ack(task), "Done");
      const { waitMs, runMs } = await bench.backend.fetchByQueue();
      // They are kept by powers of two.
      expect(waitMs?.p50).toBeGreaterThanOrEqual(8 * ms);
      expect(runMs?.p50).toBeGreaterThanOrEqual(ms);
      if (bench.isVirtual) {
        expect(waitMs?.p99).toBeLessThanOrEqual(32 * ms);
        expect(runMs?.p99).toBeLessThanOrEqual(4 * ms);
      }
    },
    WAITS,
  ),

  check(
    "T.Metrics.global",
    ["Metrics"],
    "the numbers of all queues are summed",
    async (bench) => {
      const elsewhere = bench.elsewhere("other");
      const before = await bench.backend.global();
      await bench.store.pushBulk([1, 2]);
      await elsewhere.pushBulk([1, 2, 3]);
      await eventually(bench, async () => {
        const after = await bench.backend.global();
        expect(after.queues).toBeGreaterThanOrEqual(bench.isVirtual ? before.queues + 2 : 2);
        expect(after.counts.Pending).toBeGreaterThanOrEqual(5);
        if (bench.isVirtual) expect(after.counts).toEqual({ ...noCounts(), Pending: 5 });
      });
    },
    WAITS,
  ),

  check(
    "R2.numbers",
    ["Metrics"],
    "what counts as due is what can be claimed: nothing else has an age",
    async (bench) => {
      const { backend } = bench;
      const age = async () => (await backend.fetchByQueue()).oldestDueAgeMs;
      const { Pending } = await oneOfEach(bench);
      await bench.store.reschedule(Pending, HOUR);
      expect(await age()).toBeNull();
      await expectNothing(bench);
      await push(bench, { runAt: bench.now() - 7_000 });
      expect(await age()).toBeGreaterThanOrEqual(7_000);
      const consumer = bench.consumer();
      expect(await consumer.claim()).toHaveLength(1);
      expect(await age()).toBeNull();
    },
  ),
];
