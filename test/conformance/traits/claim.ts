/** Cases of claims: who may be claimed, with what, and in which order. */

import { expect } from "vitest";
import type { LeasedTask } from "../../../src/backend/task.ts";
import {
  AT_ONCE,
  ack,
  expectNothing,
  first,
  HOUR,
  leased,
  look,
  NEVER,
  push,
  release,
  STATUSES,
  said,
  standing,
} from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { arrival, expectNow, untouched, withControl } from "./expecting.ts";

const argsOf = (tasks: readonly LeasedTask[]) => tasks.map((task) => task.args);

export const claimCases: readonly Case[] = [
  check("S.claim", ["Backend"], "a due Pending task becomes Queued, with a lease, its worker and the time", (bench) =>
    withControl(bench, async () => {
      const consumer = bench.consumer({ autoStart: false });
      const id = await push(bench, { args: { n: 1 } });
      const before = await look(bench, id);
      const { lease, ...task } = first(await consumer.claim());
      expect(lease).toMatch(/./);
      expect(task).toStrictEqual({
        ...before,
        status: "Queued",
        lockBy: consumer.id,
        lockAt: expect.any(Number),
        revision: 2,
      });
      expectNow(bench, task.lockAt);
      expect(await look(bench, id)).toStrictEqual(task);
    }),
  ),

  check(
    "S.claim-start",
    ["Backend"],
    "claimed with autoStart it is Running: an attempt is counted and a run opens",
    (bench) =>
      withControl(bench, async () => {
        const consumer = bench.consumer();
        const id = await push(bench);
        const before = await look(bench, id);
        const { lease, ...task } = first(await consumer.claim());
        expect(lease).toMatch(/./);
        expect(task).toStrictEqual({
          ...before,
          status: "Running",
          attempt: 1,
          lockBy: consumer.id,
          lockAt: expect.any(Number),
          runs: [{ attempt: 1, worker: consumer.id, startedAt: task.lockAt }],
          revision: 2,
        });
        expectNow(bench, task.lockAt);
        expect(await look(bench, id)).toStrictEqual(task);
      }),
  ),

  check(
    "S.claim.failed",
    ["Backend"],
    "a Failed task that is due is claimed again, under a new lease",
    async (bench) => {
      const consumer = bench.consumer();
      const one = await leased(bench, { backoff: AT_ONCE }, consumer);
      await said(bench, ack(one, { err: "no" }), "Failed");
      consumer.free(one);
      const two = first(await consumer.claim());
      expect(two).toMatchObject({ id: one.id, status: "Running", attempt: 2, lastResult: { err: "no" } });
      expect(two.lease).not.toBe(one.lease);
      expect(two.runs.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
        [1, "failed"],
        [2, undefined],
      ]);
    },
  ),

  check(
    "S.claim.leases",
    ["Backend"],
    "each task of a claim has a lease of its own, and a new one when claimed anew",
    async (bench) => {
      const consumer = bench.consumer({ autoStart: false });
      await push(bench);
      await push(bench);
      const tasks = await consumer.claim(2);
      const leases = new Set(tasks.map(({ lease }) => lease));
      expect(leases.size).toBe(2);
      for (const task of tasks) {
        await said(bench, release(task), "Pending");
        consumer.free(task);
      }
      for (const task of await consumer.claim(2)) leases.add(task.lease);
      expect(leases.size).toBe(4);
    },
  ),

  ...STATUSES.filter((status) => status !== "Pending").map((status) =>
    check(
      `S.claim.from-${status.toLowerCase()}`,
      ["Backend"],
      `a ${status} task${status === "Failed" ? " whose retry is not due" : ""} is not claimed`,
      async (bench) => {
        const { id } = await standing(bench, status, { backoff: NEVER });
        await untouched(bench, [id], () => expectNothing(bench));
      },
    ),
  ),

  check("S.claim.future", ["Backend"], "a task of the future is not claimed", async (bench) => {
    const ids = [await push(bench, { delayMs: HOUR }), await push(bench, { runAt: bench.now() + HOUR })];
    await untouched(bench, ids, () => expectNothing(bench));
  }),

  check(
    "R1.due",
    ["Backend"],
    "a task is not claimable before its runAt, and is from then on",
    async (bench) => {
      const id = await push(bench, { delayMs: 5_000 });
      const consumer = bench.consumer();
      expect(await consumer.take()).toEqual([]);
      await bench.advance(bench.isVirtual ? 4_999 : 0);
      if (bench.isVirtual) await expectNothing(bench);
      await bench.advance(1);
      consumer.want(1);
      const task = await arrival(consumer);
      expect(task.id).toBe(id);
      expect(task.lockAt).toBeGreaterThanOrEqual(task.runAt);
    },
    { waits: true },
  ),

  check("R1.order", ["Backend"], "tasks come by priority, then runAt, then sequence, across claims", async (bench) => {
    const now = bench.now();
    await bench.store.pushTasks([
      { args: "5", runAt: now - 100 },
      { args: "2", priority: 1, runAt: now - 100 },
      { args: "7", priority: -1, runAt: 0 },
      { args: "1", priority: 2_147_483_647, runAt: now - 1 },
      { args: "4", runAt: now - 9_000 },
      { args: "3", priority: 1, runAt: now - 100 },
      { args: "8", priority: -2_147_483_648, runAt: 0 },
      { args: "6", runAt: now - 100 },
      { args: "never", priority: 99, runAt: now + HOUR },
    ]);
    const consumer = bench.consumer();
    const taken = [...(await consumer.claim(3)), ...(await consumer.claim(1)), ...(await consumer.claim(4))];
    expect(argsOf(taken)).toEqual("12345678".split(""));
  }),

  check("R1.retry", ["Backend"], "a retry takes its place by its own runAt", async (bench) => {
    const now = bench.now();
    const consumer = bench.consumer();
    const task = await leased(bench, { args: "retried", runAt: now - 5_000 }, consumer);
    await said(bench, ack(task, { err: "no", retryAfterMs: 0 }), "Failed");
    consumer.free(task);
    await bench.store.pushTasks([
      { args: "after", runAt: bench.now() },
      { args: "before", runAt: now - 10_000 },
    ]);
    await bench.advance(5);
    expect(argsOf(await consumer.claim(3)).slice(0, 2)).toEqual(["before", "retried"]);
  }),

  check(
    "R1.promoted",
    ["Backend"],
    "tasks that fell due stand in the same order as those that were",
    async (bench) => {
      const runAt = bench.now() + 600;
      await bench.store.pushTasks([
        { args: "3", runAt: runAt + 2 },
        { args: "1", runAt, priority: 7 },
        { args: "2", runAt: runAt + 1, priority: 1 },
        { args: "4", runAt: runAt + 3 },
      ]);
      await push(bench, { args: "0", priority: 8 });
      await bench.advance(650);
      expect(argsOf(await bench.consumer().claim(5))).toEqual("01234".split(""));
    },
    { waits: true },
  ),

  check("A.order", ["Backend"], "a batch of claims comes in the order of priority, not of rows", async (bench) => {
    await bench.store.pushTasks([5, 10, -1, 1, 0, 7].map((priority) => ({ args: priority, priority, runAt: 0 })));
    expect(argsOf(await bench.consumer().claim(6))).toEqual([10, 7, 5, 1, 0, -1]);
  }),

  check(
    "R1.exact",
    ["Backend"],
    "among hundreds the order of a batch is exact, and each task comes once",
    async (bench) => {
      const priorities = Array.from({ length: 300 }, (_, at) => (at * 7_919) % 10);
      await bench.store.pushTasks(priorities.map((priority, args) => ({ args, priority, runAt: 0 })));
      const wanted = priorities
        .map((priority, args) => ({ priority, args }))
        .sort((a, b) => b.priority - a.priority || a.args - b.args);
      expect(argsOf(await bench.consumer().claim(300))).toEqual(wanted.map(({ args }) => args));
    },
  ),

  check("R3.exclusive", ["Backend"], "workers that claim at once never get the same task", async (bench) => {
    await bench.store.pushBulk(Array.from({ length: 60 }, (_, n) => n));
    const workers = Array.from({ length: 4 }, () => bench.consumer());
    const taken = (await Promise.all(workers.map((worker) => worker.claim(15)))).flat();
    expect(taken.map(({ args }) => args).toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 60 }, (_, n) => n),
    );
  }),

  check("R10.claim", ["Backend"], "all tasks of a claim have one instant, at which their runs began", async (bench) => {
    await bench.store.pushBulk([1, 2, 3]);
    const tasks = await bench.consumer().claim(3);
    const instants = tasks.flatMap(({ lockAt, runs }) => [lockAt, ...runs.map(({ startedAt }) => startedAt)]);
    expect(instants).toHaveLength(6);
    expect(new Set(instants).size).toBe(1);
  }),
];
