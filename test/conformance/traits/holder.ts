/** Cases of what the holder of a lease says: begin, go on, end. */

import { expect } from "vitest";
import {
  ack,
  expectNothing,
  extend,
  first,
  HOUR,
  leased,
  look,
  NEVER,
  progress,
  push,
  refusedEvent,
  release,
  said,
  snooze,
  standing,
  start,
  tell,
} from "./arrange.ts";
import type { Bench } from "./bench.ts";
import { type Case, check } from "./bench.ts";
import { expectNow, until, untouched, withControl } from "./expecting.ts";

type Held = "Queued" | "Running";
const HELD: readonly Held[] = ["Queued", "Running"];

/** An event of the holder, from both statuses in which there is one. */
const fromBoth = (
  id: string,
  name: (status: Held) => string,
  run: (bench: Bench, status: Held) => Promise<void>,
): Case[] =>
  HELD.map((status) =>
    check(`${id}.from-${status.toLowerCase()}`, ["Events"], name(status), (bench) =>
      withControl(bench, () => run(bench as Bench, status)),
    ),
  );

export const holderCases: readonly Case[] = [
  check("S.start", ["Events"], "a start makes a Queued task Running, counts the attempt and opens a run", (bench) =>
    withControl(bench, async () => {
      const { id, last, task, consumer } = await standing(bench, "Queued");
      await said(bench, start(last), "Running");
      const after = await look(bench, id);
      const run = { attempt: 1, worker: consumer.id, startedAt: expect.any(Number) };
      expect(after).toStrictEqual({ ...task, status: "Running", attempt: 1, runs: [run], revision: task.revision + 1 });
      expectNow(bench, after.runs[0]?.startedAt);
    }),
  ),

  check("S.start.again", ["Events"], "a start while Running answers Running and changes nothing", async (bench) => {
    const { id, last } = await standing(bench, "Running");
    await untouched(bench, [id], () => said(bench, start(last), "Running"));
  }),

  ...fromBoth(
    "S.ack-ok",
    (status) => `an ack ok of a ${status} task makes it Done and keeps the result`,
    async (bench, status) => {
      const { id, last, task, consumer } = await standing(bench, status);
      await said(bench, ack(last, { ok: { a: [1, null] } }), "Done");
      const { lockAt: _, lockBy: __, ...before } = task;
      const after = await look(bench, id);
      expect(after).toStrictEqual({
        ...before,
        status: "Done",
        attempt: 1,
        doneAt: expect.any(Number),
        lastResult: { ok: { a: [1, null] } },
        runs: [
          { attempt: 1, worker: consumer.id, startedAt: expect.any(Number), endedAt: after.doneAt, outcome: "done" },
        ],
        revision: task.revision + 1,
      });
      expectNow(bench, after.doneAt);
    },
  ),

  ...fromBoth(
    "S.ack-err",
    (status) => `an ack err of a ${status} task with attempts left makes it Failed, due after its backoff`,
    async (bench, status) => {
      const { id, last, task, consumer } = await standing(bench, status, { backoff: NEVER });
      await said(bench, ack(last, { err: "no" }), "Failed");
      const { lockAt: _, lockBy: __, ...before } = task;
      const after = await look(bench, id);
      const { endedAt, startedAt } = first(after.runs);
      const run = { attempt: 1, worker: consumer.id, startedAt, endedAt, outcome: "failed", error: "no" };
      expect(after).toStrictEqual({
        ...before,
        status: "Failed",
        attempt: 1,
        runAt: (endedAt ?? 0) + HOUR,
        lastResult: { err: "no" },
        runs: [run],
        revision: task.revision + 1,
      });
    },
  ),

  ...fromBoth(
    "S.ack-err.last",
    (status) => `an ack err of a ${status} task on its last attempt makes it Killed`,
    async (bench, status) => {
      const { id, last } = await standing(bench, status, { maxAttempts: 1 });
      await said(bench, ack(last, { err: "no" }), "Killed");
      const after = await look(bench, id);
      expect(after).toMatchObject({ status: "Killed", attempt: 1, lastResult: { err: "no" } });
      expect(after.runs).toMatchObject([{ attempt: 1, outcome: "killed", error: "no", endedAt: after.doneAt }]);
      expect(after).not.toHaveProperty("lockBy");
    },
  ),

  check(
    "S.ack-err.five",
    ["Backend"],
    "five attempts are five executions, and the fifth failure kills",
    async (bench) => {
      const consumer = bench.consumer();
      const id = await push(bench, { backoff: { ...NEVER, baseMs: 0, maxMs: 0 } });
      for (let attempt = 1; attempt <= 5; attempt++) {
        const task = first(await consumer.claim());
        expect(task.attempt).toBe(attempt);
        await said(bench, ack(task, { err: `no ${attempt}` }), attempt < 5 ? "Failed" : "Killed");
        consumer.free(task);
      }
      expect(await consumer.take()).toEqual([]);
      const { runs, attempt } = await look(bench, id);
      expect(attempt).toBe(5);
      expect(runs.map(({ error }) => error)).toEqual(["no 1", "no 2", "no 3", "no 4", "no 5"]);
    },
  ),

  ...fromBoth(
    "S.abort",
    (status) => `an abort of a ${status} task kills it, whatever attempts are left`,
    async (bench, status) => {
      const { id, last } = await standing(bench, status, { maxAttempts: 9 });
      await said(bench, ack(last, { err: "hopeless", abort: true }), "Killed");
      const after = await look(bench, id);
      expect(after).toMatchObject({ status: "Killed", attempt: 1, lastResult: { err: "hopeless" } });
      expect(after.runs).toMatchObject([{ attempt: 1, outcome: "killed", error: "hopeless" }]);
      expectNow(bench, after.doneAt);
      await expectNothing(bench);
    },
  ),

  ...fromBoth(
    "S.snooze",
    (status) => `a snooze of a ${status} task makes it Pending later, and gives the attempt back`,
    async (bench, status) => {
      const { id, last } = await standing(bench, status);
      await said(bench, snooze(last, HOUR), "Pending");
      const after = await look(bench, id);
      expect(after).toMatchObject({ status: "Pending", attempt: 0 });
      expectNow(bench, after.runAt - HOUR);
      expect(after.runs.map(({ outcome }) => outcome)).toEqual(status === "Running" ? ["snoozed"] : []);
      for (const field of ["lockAt", "lockBy", "doneAt", "lastResult"]) expect(after).not.toHaveProperty(field);
    },
  ),

  ...fromBoth(
    "S.release",
    (status) => `a release of a ${status} task makes it Pending and due, and gives the attempt back`,
    async (bench, status) => {
      const { id, last, task } = await standing(bench, status, { runAt: bench.now() - 9_000 });
      await said(bench, release(last), "Pending");
      const after = await look(bench, id);
      expect(after).toMatchObject({ status: "Pending", attempt: 0, runAt: task.runAt });
      expect(after.runs.map(({ outcome }) => outcome)).toEqual(status === "Running" ? ["released"] : []);
      expect(first(await bench.consumer().claim())).toMatchObject({ id, attempt: 1 });
    },
  ),

  check("S.due-now", ["Events"], "a released task does not lose its place", async (bench) => {
    const now = bench.now();
    const consumer = bench.consumer();
    const task = await leased(bench, { args: "old", runAt: now - 60_000 }, consumer);
    await push(bench, { args: "younger", runAt: now - 30_000 });
    await said(bench, release(task), "Pending");
    consumer.free(task);
    expect((await consumer.claim(2)).map(({ args }) => args)).toEqual(["old", "younger"]);
  }),

  check("S.runs", ["Events"], "an attempt given back may appear twice among the runs", async (bench) => {
    const consumer = bench.consumer();
    const one = await leased(bench, {}, consumer);
    await said(bench, snooze(one, 0), "Pending");
    consumer.free(one);
    await bench.advance(5);
    const two = first(await consumer.claim());
    await said(bench, ack(two), "Done");
    const { runs, attempt } = await look(bench, one.id);
    expect(runs.map((run) => [run.attempt, run.outcome])).toEqual([
      [1, "snoozed"],
      [1, "done"],
    ]);
    expect(attempt).toBe(1);
  }),

  check(
    "S.extend",
    ["Events"],
    "an extend moves the deadline to now and so long, and leaves timeoutMs",
    async (bench) => {
      const { id, last, task } = await standing(bench, "Running", { timeoutMs: HOUR });
      await said(bench, extend(last, 2 * HOUR), "Running");
      expect(await look(bench, id)).toMatchObject({ status: "Running", timeoutMs: HOUR, attempt: task.attempt });
    },
  ),

  check(
    "S.extend.gives",
    ["Events"],
    "an extend gives a deadline to a task that had none, and a later one takes it away again",
    async (bench) => {
      const short = await standing(bench, "Running", { backoff: NEVER });
      const long = await standing(bench, "Running", { backoff: NEVER });
      await bench.advance(1_000);
      await said(bench, extend(short.last, 4_000), "Running");
      await said(bench, extend(long.last, 4_000), "Running");
      await said(bench, extend(long.last, HOUR), "Running");
      await bench.advance(3_100);
      if (bench.isVirtual) expect(await look(bench, short.id)).toMatchObject({ status: "Running" });
      await bench.advance(1_000);
      expect((await until(bench, short.id, "Failed")).runs).toMatchObject([{ outcome: "timeout" }]);
      expect(await look(bench, long.id)).toMatchObject({ status: "Running" });
      expect(await look(bench, long.id)).not.toHaveProperty("timeoutMs");
    },
    { waits: true },
  ),

  check("S.extend.from-queued", ["Events"], "an extend of a Queued task is refused as wrong_status", async (bench) => {
    const { id, last } = await standing(bench, "Queued");
    await untouched(bench, [id], async () =>
      expect(await tell(bench, extend(last))).toStrictEqual(refusedEvent(id, "wrong_status", "Queued")),
    );
  }),

  ...fromBoth(
    "S.progress",
    (status) => `the progress of a ${status} task is kept, and the last word counts`,
    async (bench, status) => {
      const { id, last } = await standing(bench, status);
      await said(bench, progress(last, { done: 1 }), status);
      await said(bench, progress(last, ["half"]), status);
      expect(await look(bench, id)).toMatchObject({ status, progress: ["half"] });
      await said(bench, progress(last, null), status);
      expect(await look(bench, id)).toHaveProperty("progress", null);
    },
  ),
];
