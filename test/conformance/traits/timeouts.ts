/** Cases of timeouts: the task's own bound on an execution. */

import { expect } from "vitest";
import {
  AT_ONCE,
  ack,
  extend,
  first,
  HOUR,
  leased,
  look,
  NEVER,
  refusedEvent,
  said,
  standing,
  start,
  tell,
} from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { expectNow, until, withControl } from "./expecting.ts";

const TIMED_OUT = /^timed out after \d+ ms$/;

export const timeoutCases: readonly Case[] = [
  check(
    "S.timeout",
    ["Backend"],
    "a Running task over its timeoutMs is Failed, due after its backoff, and the late ack is refused",
    (bench) =>
      withControl(bench, async () => {
        const task = await leased(bench, { timeoutMs: 1_500, backoff: NEVER });
        await bench.advance(bench.isVirtual ? 1_499 : 10);
        expect(await look(bench, task.id)).toMatchObject({ status: "Running" });
        await bench.advance(bench.isVirtual ? 1 : 1_500);
        const after = await until(bench, task.id, "Failed");
        expect(after).toMatchObject({ attempt: 1, lastResult: { err: expect.stringMatching(TIMED_OUT) } });
        const run = first(after.runs);
        expect(run).toMatchObject({ outcome: "timeout", error: expect.stringMatching(TIMED_OUT) });
        expect(after.runAt).toBe((run.endedAt ?? 0) + HOUR);
        expect((run.endedAt ?? 0) - run.startedAt).toBeGreaterThanOrEqual(1_500);
        expect(await tell(bench, ack(task))).toStrictEqual(refusedEvent(task.id, "lease_lost", "Failed"));
      }),
    { waits: true },
  ),

  check(
    "S.timeout.last",
    ["Backend"],
    "timed out on its last attempt, a task is Killed",
    async (bench) => {
      const task = await leased(bench, { timeoutMs: 200, maxAttempts: 1 });
      await bench.advance(220);
      const after = await until(bench, task.id, "Killed");
      expect(after).toMatchObject({ attempt: 1, lastResult: { err: expect.stringMatching(TIMED_OUT) } });
      expect(after.runs).toMatchObject([{ outcome: "timeout", endedAt: after.doneAt }]);
      expectNow(bench, bench.isVirtual ? (after.doneAt ?? 0) + 20 : after.doneAt);
    },
    { waits: true },
  ),

  check(
    "S.timeout.told",
    ["Backend", "Losses"],
    "the holder of a task that timed out is told that it lost its lease",
    async (bench) => {
      // A queue that cannot call is asked, three times in so long.
      await bench.store.configure({ orphanAfterMs: 2_000 });
      const consumer = bench.consumer();
      consumer.beat();
      const task = await leased(bench, { timeoutMs: 200 }, consumer);
      for (let i = 0; i < 10 && consumer.losses.length === 0; i++) await bench.advance(250);
      expect(consumer.losses).toMatchObject([{ id: task.id, lease: task.lease }]);
      expect(await look(bench, task.id)).toMatchObject({ status: "Failed" });
    },
    { waits: true },
  ),

  check(
    "S.timeout.queued",
    ["Backend"],
    "the time of a Queued task does not run, and begins with its start",
    async (bench) => {
      const consumer = bench.consumer({ autoStart: false });
      const task = await leased(bench, { timeoutMs: 1_500 }, consumer);
      await bench.advance(1_600);
      expect(await look(bench, task.id)).toMatchObject({ status: "Queued" });
      await said(bench, start(task), "Running");
      await bench.advance(100);
      expect(await look(bench, task.id)).toMatchObject({ status: "Running" });
      await bench.advance(1_450);
      await until(bench, task.id, "Failed");
    },
    { waits: true },
  ),

  check(
    "S.timeout.each",
    ["Backend"],
    "each execution has the whole time anew, an extend of the one before does not count for it",
    async (bench) => {
      const consumer = bench.consumer();
      const one = await leased(bench, { timeoutMs: 3_000, backoff: AT_ONCE }, consumer);
      await said(bench, extend(one, HOUR), "Running");
      await said(bench, ack(one, { err: "x" }), "Failed");
      consumer.free(one);
      const two = first(await consumer.claim());
      expect(two).toMatchObject({ id: one.id, timeoutMs: 3_000, attempt: 2 });
      await bench.advance(3_050);
      expect((await until(bench, one.id, "Failed")).runs).toMatchObject([
        { outcome: "failed" },
        { outcome: "timeout" },
      ]);
    },
    { waits: true },
  ),

  check(
    "R4.timeout",
    ["Backend"],
    "a hung handler of a worker that lives is bounded by timeoutMs alone",
    async (bench) => {
      const consumer = bench.consumer();
      consumer.beat();
      const bounded = await leased(bench, { timeoutMs: 300 }, consumer);
      const free = await leased(bench, {}, consumer);
      await bench.advance(400);
      await until(bench, bounded.id, "Failed");
      expect(await look(bench, free.id)).toMatchObject({ status: "Running" });
    },
    { waits: true },
  ),

  check(
    "S.timeout.default",
    ["Backend"],
    "the timeout of the queue's defaults is copied into a task, and bounds it",
    async (bench) => {
      await bench.store.configure({ defaults: { timeoutMs: 250, backoff: NEVER } });
      const id = (await bench.store.push(1)).id;
      await bench.store.configure({ defaults: { timeoutMs: null } });
      expect(first(await bench.consumer().claim())).toMatchObject({ id, timeoutMs: 250 });
      await bench.advance(300);
      await until(bench, id, "Failed");
    },
    { waits: true },
  ),

  check("S.timeout.never", ["Backend"], "a task that ended is not timed out", async (bench) => {
    const { id, task } = await standing(bench, "Done", { timeoutMs: 5_000 });
    await bench.advance(bench.isVirtual ? HOUR : 50);
    expect(await look(bench, id)).toStrictEqual(task);
  }),
];
