/** Cases of workers that wait, and of all that must wake them; and of alarms, which come without anybody asking. */

import { expect } from "vitest";
import {
  ack,
  expectNothing,
  first,
  HOUR,
  leased,
  look,
  NEVER,
  oneOfEach,
  push,
  release,
  said,
  snooze,
  standing,
  start,
} from "./arrange.ts";
import { type Bench, type Case, type CaseOptions, check } from "./bench.ts";
import type { Consumer } from "./consumer.ts";
import { arrival, eventually, until } from "./expecting.ts";

type Stage = Bench<"Backend">;
const WAITS: CaseOptions = { waits: true };

/** A worker that was told that there is nothing, and waits for what may come. */
async function waiter(bench: Stage): Promise<Consumer> {
  const consumer = bench.consumer();
  consumer.want(1);
  expect(await consumer.next()).toBeNull();
  return consumer;
}

/** What makes a task claimable wakes whoever waits, by the one predicate of claims. */
const wakes = (
  id: string,
  name: string,
  arrange: (bench: Stage) => Promise<string>,
  act: (bench: Stage, id: string) => Promise<unknown>,
  options: CaseOptions = {},
): Case =>
  check(
    `R2.wake.${id}`,
    ["Backend"],
    name,
    async (bench) => {
      const task = await arrange(bench);
      const consumer = await waiter(bench);
      const next = arrival(consumer);
      if (!bench.isVirtual) await bench.advance(50);
      await act(bench, task);
      if (bench.isVirtual) await bench.advance(1);
      expect(await next).toMatchObject({ id: task, status: "Running", lockBy: consumer.id });
    },
    options,
  );

const later = (bench: Stage) => push(bench, { runAt: bench.now() + HOUR });
const stood = (status: "Failed" | "Killed") => async (bench: Stage) => (await standing(bench, status)).id;

export const wakingCases: readonly Case[] = [
  wakes(
    "due",
    "a task that falls due is given to who waits",
    (bench) => push(bench, { delayMs: 5_000 }),
    (bench) => bench.advance(5_000),
    WAITS,
  ),
  wakes("reschedule", "a task that is rescheduled to now is given to who waits", later, (bench, id) =>
    bench.store.reschedule(id, 0),
  ),
  wakes("update", "a task whose runAt is changed to now is given to who waits", later, (bench, id) =>
    bench.store.update(id, { runAt: 0 }),
  ),
  wakes("resume-failed", "a Failed task that is resumed is given to who waits", stood("Failed"), (bench, id) =>
    bench.store.resumeById(id),
  ),
  wakes("resume-killed", "a Killed task that is resumed is given to who waits", stood("Killed"), (bench, id) =>
    bench.store.resumeById(id),
  ),
  wakes("bulk", "a task that is resumed with others is given to who waits", stood("Killed"), (bench) =>
    bench.store.bulk("resume", { filter: { status: "Killed" } }),
  ),
  wakes(
    "unpause",
    "a queue that is paused no more gives to who waits",
    async (bench) => {
      await bench.store.configure({ paused: true });
      return push(bench);
    },
    (bench) => bench.store.configure({ paused: false }),
  ),

  check("R2.wake.release", ["Backend"], "a task that its holder gives back is given to who waits", async (bench) => {
    const task = await leased(bench);
    const consumer = await waiter(bench);
    const next = arrival(consumer);
    await said(bench, release(task), "Pending");
    expect(await next).toMatchObject({ id: task.id, lockBy: consumer.id, attempt: 1 });
  }),

  check(
    "R2.wake.retry",
    ["Backend"],
    "a retry that falls due is given to who waits",
    async (bench) => {
      const task = await leased(bench);
      const consumer = await waiter(bench);
      const next = arrival(consumer);
      await said(bench, ack(task, { err: "x", retryAfterMs: 300 }), "Failed");
      await bench.advance(300);
      expect(await next).toMatchObject({ id: task.id, attempt: 2 });
    },
    WAITS,
  ),

  check(
    "R2.wake.snooze",
    ["Backend"],
    "a task that snoozed is given to who waits once it is due",
    async (bench) => {
      const task = await leased(bench);
      const consumer = await waiter(bench);
      const next = arrival(consumer);
      await said(bench, snooze(task, 300), "Pending");
      await bench.advance(300);
      expect(await next).toMatchObject({ id: task.id, attempt: 1 });
    },
    WAITS,
  ),

  check(
    "R2.wake.one",
    ["Backend"],
    "a task is given to one of those who wait",
    async (bench) => {
      const consumers = await Promise.all([waiter(bench), waiter(bench), waiter(bench)]);
      const taken: string[] = [];
      for (const consumer of consumers)
        void arrival(consumer)
          .then(({ args }) => taken.push(String(args)))
          .catch(() => {});
      if (!bench.isVirtual) await bench.advance(50);
      await bench.store.pushBulk(["a", "b"]);
      await eventually(bench, () => expect(taken.toSorted()).toEqual(["a", "b"]));
      await bench.advance(50);
      expect(taken).toHaveLength(2);
    },
    WAITS,
  ),

  check("R2.claims", ["Backend"], "a claim takes all that is eligible, and only that", async (bench) => {
    const { Pending } = await oneOfEach(bench);
    await push(bench, { runAt: bench.now() + HOUR });
    const due = [Pending, await push(bench, { runAt: 0 })];
    expect((await bench.consumer().claim(2)).map(({ id }) => id).toSorted()).toEqual(due.toSorted());
    await expectNothing(bench);
  }),

  check(
    "R11.alarms",
    ["Backend"],
    "what must happen happens by itself: an end of time, a lost worker, a task that falls due",
    async (bench) => {
      await bench.store.configure({ orphanAfterMs: 2_000 });
      const lost = bench.consumer();
      const abandoned = await leased(bench, { backoff: NEVER }, lost);
      await bench.silence(lost);
      const alive = bench.consumer();
      alive.beat();
      const slow = await leased(bench, { timeoutMs: 400, backoff: NEVER }, alive);
      const scheduled = await push(bench, { delayMs: 600 });
      alive.want(1);
      const next = arrival(alive);
      for (let i = 0; i < 6; i++) await bench.advance(400);
      expect((await next).id).toBe(scheduled);
      expect((await until(bench, slow.id, "Failed")).runs).toMatchObject([{ outcome: "timeout" }]);
      expect((await until(bench, abandoned.id, "Failed")).runs).toMatchObject([{ outcome: "orphaned" }]);
    },
    WAITS,
  ),

  check(
    "R11.future",
    ["Backend"],
    "a lease with a far deadline does not hide a near one",
    async (bench) => {
      const consumer = bench.consumer();
      consumer.beat();
      await leased(bench, { timeoutMs: HOUR }, consumer);
      const near = await leased(bench, { timeoutMs: 250, backoff: NEVER }, consumer);
      await bench.advance(300);
      await until(bench, near.id, "Failed");
    },
    WAITS,
  ),

  check(
    "R11.started",
    ["Backend"],
    "a deadline that begins with a start of its own is kept",
    async (bench) => {
      const { id, last } = await standing(bench, "Queued", { timeoutMs: 250 });
      await said(bench, start(last), "Running");
      await bench.advance(300);
      await until(bench, id, "Failed");
    },
    WAITS,
  ),

  check(
    "R10.operation",
    ["Backend"],
    "an operation has one instant: an ack ends its run when the task is done",
    async (bench) => {
      const task = await leased(bench);
      await said(bench, ack(task), "Done");
      const { doneAt, runs, lockAt } = await look(bench, task.id);
      expect(first(runs)).toMatchObject({ startedAt: task.lockAt, endedAt: doneAt });
      expect(lockAt).toBeUndefined();
    },
  ),

  check(
    "T.ResumeAbandoned.resumeAbandoned",
    ["ResumeAbandoned"],
    "resume abandoned takes back the leases of those who are gone, and counts them",
    async (bench) => {
      await bench.store.configure({ orphanAfterMs: 2_000 });
      const dead = bench.consumer();
      const running = await leased(bench, { backoff: NEVER }, dead);
      const other = await leased(bench, { backoff: NEVER, maxAttempts: 1 }, dead);
      await bench.silence(dead);
      if (bench.jump) bench.jump(2_200);
      else await bench.advance(2_200);
      const count = await bench.backend.resumeAbandoned();
      // Where an alarm may have been quicker, there is less to be counted.
      if (bench.jump) expect(count).toBe(2);
      else expect(count).toBeLessThanOrEqual(2);
      expect(await look(bench, running.id)).toMatchObject({ status: "Failed", runs: [{ outcome: "orphaned" }] });
      expect(await look(bench, other.id)).toMatchObject({ status: "Killed", runs: [{ outcome: "orphaned" }] });
      expect(await bench.backend.resumeAbandoned()).toBe(0);
    },
    WAITS,
  ),
];
