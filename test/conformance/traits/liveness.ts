/** Cases of liveness: workers that went silent, and what counts as a sign of life. */

import { expect } from "vitest";
import type { WorkerContext } from "../../../src/backend/context.ts";
import {
  AT_ONCE,
  ack,
  expectNothing,
  first,
  HOUR,
  impatient,
  leased,
  look,
  NEVER,
  ORPHAN_AFTER_MS,
  OVER,
  progress,
  push,
  refusedEvent,
  said,
  tell,
} from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { until, withControl } from "./expecting.ts";

const WAITS = { waits: true };

const abandoned = ({ id }: Pick<WorkerContext, "id">) => expect.stringMatching(new RegExp(`^abandoned: worker ${id} `));

export const livenessCases: readonly Case[] = [
  check(
    "S.orphan-running",
    ["Backend"],
    "a Running task whose worker went silent is Failed, due after its backoff, and says why",
    (bench) =>
      withControl(bench, async () => {
        await impatient(bench);
        const consumer = bench.consumer();
        const task = await leased(bench, { backoff: NEVER }, consumer);
        await bench.silence(consumer);
        await bench.advance(500);
        expect(await look(bench, task.id)).toMatchObject({ status: "Running" });
        await bench.advance(OVER - 500);
        const after = await until(bench, task.id, "Failed");
        const { err } = after.lastResult as { err: string };
        const silentMs = Number(
          new RegExp(`^abandoned: worker ${consumer.id} was silent for (\\d+) ms$`).exec(err)?.[1],
        );
        expect(silentMs).toBeGreaterThanOrEqual(ORPHAN_AFTER_MS);
        expect(silentMs).toBeLessThan(15 * ORPHAN_AFTER_MS);
        expect(after).toMatchObject({ attempt: 1, runs: [{ worker: consumer.id, outcome: "orphaned", error: err }] });
        expect(after.runAt).toBe((first(after.runs).endedAt ?? 0) + HOUR);
        expect(after).not.toHaveProperty("lockBy");
        expect(await tell(bench, ack(task))).toStrictEqual(refusedEvent(task.id, "lease_lost", "Failed"));
      }),
    WAITS,
  ),

  check(
    "S.orphan-running.last",
    ["Backend"],
    "on its last attempt an orphaned task is Killed: a poison task cannot loop for ever",
    async (bench) => {
      await impatient(bench);
      const consumer = bench.consumer();
      const task = await leased(bench, { maxAttempts: 1 }, consumer);
      await bench.silence(consumer);
      await bench.advance(OVER);
      const after = await until(bench, task.id, "Killed");
      expect(after).toMatchObject({ attempt: 1, lastResult: { err: abandoned(consumer) } });
      expect(after.runs).toMatchObject([{ outcome: "orphaned", endedAt: after.doneAt }]);
    },
    WAITS,
  ),

  check(
    "A.orphan-cap",
    ["Backend"],
    "a task that kills each of its workers is Killed once its attempts are spent",
    async (bench) => {
      await impatient(bench);
      const id = await push(bench, { maxAttempts: 2, backoff: AT_ONCE });
      for (let attempt = 1; attempt <= 2; attempt++) {
        const victim = bench.consumer();
        expect(first(await victim.claim())).toMatchObject({ id, attempt });
        await bench.silence(victim);
        await bench.advance(OVER);
        await until(bench, id, attempt < 2 ? "Failed" : "Killed");
      }
      await expectNothing(bench);
      expect((await look(bench, id)).runs.map(({ outcome }) => outcome)).toEqual(["orphaned", "orphaned"]);
    },
    WAITS,
  ),

  check(
    "S.orphan-queued",
    ["Backend"],
    "a Queued task whose worker went silent is Pending and due, and nothing is burned",
    (bench) =>
      withControl(bench, async () => {
        await impatient(bench);
        const consumer = bench.consumer({ autoStart: false });
        const runAt = bench.now() - 5_000;
        const task = await leased(bench, { runAt }, consumer);
        await bench.silence(consumer);
        await bench.advance(OVER);
        const after = await until(bench, task.id, "Pending");
        expect(after).toMatchObject({ attempt: 0, runs: [], runAt });
        expect(after).not.toHaveProperty("lastResult");
        expect(first(await bench.consumer().claim())).toMatchObject({ id: task.id, attempt: 1 });
      }),
    WAITS,
  ),

  check(
    "S.promise",
    ["Backend"],
    "a Queued task that is not started within orphanAfterMs goes back, heartbeats or not",
    async (bench) => {
      await impatient(bench);
      const consumer = bench.consumer({ autoStart: false });
      consumer.beat();
      const queued = await leased(bench, {}, consumer);
      for (let i = 0; i < 5; i++) await bench.advance(OVER / 5);
      const after = await until(bench, queued.id, "Pending");
      expect(after).toMatchObject({ attempt: 0, runs: [] });
      expect(after).not.toHaveProperty("lastResult");
    },
    WAITS,
  ),

  check(
    "R4.heartbeat",
    ["Backend"],
    "the heartbeat keeps what runs for as long as it goes on",
    async (bench) => {
      await impatient(bench);
      const consumer = bench.consumer();
      consumer.beat();
      const task = await leased(bench, {}, consumer);
      for (let i = 0; i < 12; i++) await bench.advance(ORPHAN_AFTER_MS / 5);
      expect(await look(bench, task.id)).toMatchObject({ status: "Running", attempt: 1 });
      expect(consumer.beats).toBeGreaterThan(0);
      await said(bench, ack(task), "Done");
    },
    WAITS,
  ),

  check(
    "R4.poll",
    ["Backend"],
    "every poll is a sign of life, without a heartbeat",
    async (bench) => {
      await impatient(bench);
      const consumer = bench.consumer();
      const task = await leased(bench, {}, consumer);
      for (let i = 0; i < 5; i++) {
        await bench.advance(ORPHAN_AFTER_MS / 3);
        const other = await leased(bench, {}, consumer);
        await said(bench, ack(other), "Done");
        consumer.free(other);
      }
      expect(await look(bench, task.id)).toMatchObject({ status: "Running", attempt: 1 });
    },
    WAITS,
  ),

  check(
    "R4.nobody",
    ["Events"],
    "an event that names nobody is no sign of life",
    async (bench) => {
      await impatient(bench);
      const consumer = bench.consumer();
      const task = await leased(bench, {}, consumer);
      await bench.silence(consumer);
      for (let i = 0; i < 5; i++) {
        await tell(bench, progress(task, i));
        await bench.advance(OVER / 5);
      }
      expect((await until(bench, task.id, "Failed")).runs).toMatchObject([{ outcome: "orphaned" }]);
    },
    WAITS,
  ),
];
