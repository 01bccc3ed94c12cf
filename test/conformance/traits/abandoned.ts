/** Cases of what becomes of leases whose workers are gone. */

import { expect } from "vitest";
import {
  AT_ONCE,
  ack,
  expectNothing,
  first,
  impatient,
  leased,
  look,
  ORPHAN_AFTER_MS,
  OVER,
  push,
  refusedEvent,
  said,
  standing,
  tell,
} from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { arrival, eventually, until } from "./expecting.ts";

const WAITS = { waits: true };

export const abandonedCases: readonly Case[] = [
  check(
    "R4.shorter",
    ["Backend", "Configure"],
    "a shorter orphanAfterMs counts for leases that are held already",
    async (bench) => {
      const consumer = bench.consumer();
      const task = await leased(bench, {}, consumer);
      await bench.silence(consumer);
      await bench.backend.configure({ orphanAfterMs: ORPHAN_AFTER_MS });
      await bench.advance(OVER);
      await until(bench, task.id, "Failed");
    },
    WAITS,
  ),

  check(
    "R4.claimed-anew",
    ["Backend"],
    "what was orphaned is claimed by another that waits, and the old lease is lost for good",
    async (bench) => {
      await impatient(bench);
      const dead = bench.consumer();
      const old = await leased(bench, { backoff: AT_ONCE }, dead);
      await bench.silence(dead);
      const next = bench.consumer();
      next.beat();
      next.want(1);
      const taken = arrival(next);
      await bench.advance(OVER);
      const task = await taken;
      expect(task).toMatchObject({ id: old.id, attempt: 2, lockBy: next.id });
      expect(await tell(bench, ack(old))).toStrictEqual(refusedEvent(old.id, "lease_lost", "Running"));
      await said(bench, ack(task), "Done");
    },
    WAITS,
  ),

  check(
    "S.resume.abandoned",
    ["Backend", "ResumeById"],
    "a leased task whose worker is dead is resumed, with all its attempts",
    async (bench) => {
      await impatient(bench);
      const consumer = bench.consumer();
      const { id } = await leased(bench, { maxAttempts: 1 }, consumer);
      await bench.silence(consumer);
      // Before an alarm finds it, where that can be; the resumed task shows no difference.
      if (bench.jump) bench.jump(OVER);
      else await bench.advance(OVER);
      expect(await bench.backend.resumeById(id)).toBe(true);
      expect(await look(bench, id)).toMatchObject({ status: "Pending", attempt: 0, runs: [{ outcome: "orphaned" }] });
      expect(first(await bench.consumer().claim())).toMatchObject({ id, attempt: 1 });
    },
    WAITS,
  ),

  check(
    "T.ResumeAbandoned.resumeAbandoned.living",
    ["ResumeAbandoned"],
    "resume abandoned leaves the leases of the living, and counts none",
    async (bench) => {
      const { id } = await standing(bench, "Running");
      const other = await standing(bench, "Queued");
      const before = await Promise.all([id, other.id].map((one) => look(bench, one)));
      expect(await bench.backend.resumeAbandoned()).toBe(0);
      expect(await Promise.all([id, other.id].map((one) => look(bench, one)))).toStrictEqual(before);
    },
  ),

  check(
    "S.strikes.dead",
    ["Backend"],
    "a task over which five workers die before they start it burns an attempt, and the last one kills it",
    async (bench) => {
      await bench.store.configure({ orphanAfterMs: 1_500 });
      const id = await push(bench, { maxAttempts: 1 });
      for (let round = 1; round <= 5; round++) {
        const victim = bench.consumer({ autoStart: false });
        expect(first(await victim.claim())).toMatchObject({ id, status: "Queued", attempt: 0 });
        await bench.silence(victim);
        await bench.advance(1_600);
        await until(bench, id, round < 5 ? "Pending" : "Killed");
      }
      const task = await look(bench, id);
      expect(task).toMatchObject({ attempt: 1, lastResult: { err: expect.stringMatching(/^abandoned: worker /) } });
      await expectNothing(bench);
    },
    WAITS,
  ),

  check(
    "S.strikes.slow",
    ["Backend"],
    "a worker that lives and is only slow to start burns nothing, however often",
    async (bench) => {
      await bench.store.configure({ orphanAfterMs: 1_500 });
      const id = await push(bench, { maxAttempts: 1 });
      const slow = bench.consumer({ autoStart: false });
      slow.beat();
      for (let round = 1; round <= 6; round++) {
        slow.want(1);
        expect(await arrival(slow)).toMatchObject({ id, status: "Queued", attempt: 0 });
        for (let i = 0; i < 8; i++) await bench.advance(200);
      }
      expect(await look(bench, id)).toMatchObject({ attempt: 0, runs: [] });
    },
    WAITS,
  ),

  check(
    "A.workers",
    ["ListWorkers"],
    "a silent worker is listed until its leases are gone",
    async (bench) => {
      await impatient(bench);
      const consumer = bench.consumer();
      const task = await leased(bench, {}, consumer);
      expect(await bench.backend.listWorkers()).toMatchObject([{ id: consumer.id, leases: 1, alive: true }]);
      await bench.silence(consumer);
      await bench.advance(OVER);
      await until(bench, task.id, "Failed");
      await eventually(bench, async () => expect(await bench.backend.listWorkers()).toEqual([]));
    },
    WAITS,
  ),
];
