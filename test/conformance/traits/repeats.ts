/** Cases of fencing: leases that are not live, events that come again, and results at their limits. */

import { expect } from "vitest";
import type { HolderEvent } from "../../../src/task/task.ts";
import {
  AT_ONCE,
  ack,
  claimedTwice,
  extend,
  first,
  HOUR,
  type Lease,
  leased,
  look,
  NOBODY,
  progress,
  push,
  refusedEvent,
  release,
  STATUSES,
  type Status,
  said,
  snooze,
  standing,
  start,
  tell,
} from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { thrown, untouched, withControl } from "./expecting.ts";

const EVENTS: Readonly<Record<string, (lease: Lease) => HolderEvent>> = {
  start,
  "ack-ok": (lease) => ack(lease),
  "ack-err": (lease) => ack(lease, { err: "late" }),
  abort: (lease) => ack(lease, { err: "late", abort: true }),
  snooze: (lease) => snooze(lease, 0),
  release,
  extend: (lease) => extend(lease),
  progress: (lease) => progress(lease, "late"),
};

const ENDS: readonly (readonly [string, (lease: Lease) => HolderEvent, Status])[] = [
  ["ack-ok", (lease) => ack(lease), "Done"],
  ["ack-err", (lease) => ack(lease, { err: "x", retryAfterMs: HOUR }), "Failed"],
  ["abort", (lease) => ack(lease, { err: "x", abort: true }), "Killed"],
  ["snooze", (lease) => snooze(lease), "Pending"],
  ["release", release, "Pending"],
];

/** Every event, from every status, under a lease that is not the live one. */
const stale = STATUSES.map((status) =>
  check(
    `R3.stale.from-${status.toLowerCase()}`,
    ["Events"],
    `every event under a stale lease of a ${status} task answers lease_lost and the status, and changes nothing`,
    (bench) =>
      withControl(bench, async () => {
        const { id, stale } = await claimedTwice(bench, status);
        const events = Object.values(EVENTS).map((eventOf) => eventOf(stale));
        const answers = await untouched(bench, [id], () => bench.events(events));
        const lost = refusedEvent(id, "lease_lost", status);
        const named = (list: readonly unknown[]) => Object.keys(EVENTS).map((name, at) => [name, list[at]]);
        expect(named(answers)).toStrictEqual(named(Object.keys(EVENTS).map(() => lost)));
      }),
  ),
);

const repeated = ENDS.flatMap(([name, end, status]) => [
  check(
    `S.repeat.${name}`,
    ["Events"],
    `the same ${name} of the same lease gets its first answer again, and changes nothing`,
    async (bench) => {
      const task = await leased(bench);
      await said(bench, end(task), status);
      await untouched(bench, [task.id], () => said(bench, end(task), status));
    },
  ),
  check(
    `R3.after-${name}`,
    ["Events"],
    `after ${name} every other event of that lease answers lease_lost`,
    async (bench) => {
      const task = await leased(bench);
      await said(bench, end(task), status);
      const isAck = status !== "Pending";
      const others = Object.entries(EVENTS).filter(([other]) =>
        isAck ? !["ack-ok", "ack-err", "abort"].includes(other) : other !== name,
      );
      expect(others.length).toBeGreaterThan(4);
      for (const [other, eventOf] of others) {
        const answer = await untouched(bench, [task.id], () => tell(bench, eventOf(task)));
        expect(answer, other).toStrictEqual(refusedEvent(task.id, "lease_lost", status));
      }
    },
  ),
]);

export const repeatCases: readonly Case[] = [
  ...stale,
  ...repeated,

  check(
    "S.repeat.first-wins",
    ["Events"],
    "whatever the same lease acks again, the first answer stands",
    async (bench) => {
      const task = await leased(bench);
      await said(bench, ack(task, { ok: "first" }), "Done");
      await untouched(bench, [task.id], async () => {
        await said(bench, ack(task, { ok: "second" }), "Done");
        await said(bench, ack(task, { err: "third" }), "Done");
        await said(bench, ack(task, { err: "fourth", abort: true }), "Done");
      });
      expect(await look(bench, task.id)).toMatchObject({ lastResult: { ok: "first" } });
    },
  ),

  check(
    "S.repeat.until-claimed",
    ["Events"],
    "the first answer is given until the task is claimed anew",
    async (bench) => {
      const consumer = bench.consumer();
      const task = await leased(bench, {}, consumer);
      const err = ack(task, { err: "x", retryAfterMs: HOUR });
      await said(bench, err, "Failed");
      consumer.free(task);
      const befalls = [
        () => bench.store.cancel(task.id),
        () => bench.store.resumeById(task.id),
        () => bench.store.reschedule(task.id, 0),
      ];
      for (const befall of befalls) {
        await befall();
        await untouched(bench, [task.id], () => said(bench, err, "Failed"));
      }
      await bench.advance(5);
      await consumer.claim();
      expect(await tell(bench, err)).toStrictEqual(refusedEvent(task.id, "lease_lost", "Running"));
    },
  ),

  check(
    "A.late-ack",
    ["Events"],
    "a late ack, of a task that another runs meanwhile, overwrites nothing",
    async (bench) => {
      const slow = bench.consumer();
      const old = await leased(bench, {}, slow);
      await bench.store.reschedule(old.id, 0);
      await bench.advance(5);
      const live = first(await bench.consumer().claim());
      expect(live.attempt).toBe(1);
      const late = () => tell(bench, ack(old, { ok: "late" }));
      expect(await untouched(bench, [old.id], late)).toStrictEqual(refusedEvent(old.id, "lease_lost", "Running"));
      await said(bench, ack(live, { ok: "live" }), "Done");
      expect(await untouched(bench, [old.id], late)).toStrictEqual(refusedEvent(old.id, "lease_lost", "Done"));
      expect(await look(bench, old.id)).toMatchObject({ lastResult: { ok: "live" } });
    },
  ),

  check("A.ack-attempt", ["Events"], "an ack of an earlier attempt by the same worker is refused", async (bench) => {
    const consumer = bench.consumer();
    const one = await leased(bench, { backoff: AT_ONCE }, consumer);
    await said(bench, ack(one, { err: "x" }), "Failed");
    consumer.free(one);
    const two = first(await consumer.claim());
    expect(await tell(bench, ack(one))).toStrictEqual(refusedEvent(one.id, "lease_lost", "Running"));
    await said(bench, ack(two), "Done");
  }),

  check(
    "R3.other",
    ["Events"],
    "the lease of another task, a made-up one and unknown ids are refused, each by itself",
    async (bench) => {
      await bench.store.pushBulk([1, 2]);
      const [a, b] = await bench.consumer().claim(2);
      if (!a || !b) throw new Error("two were not taken");
      const answers = await bench.events([
        ack({ id: a.id, lease: b.lease }),
        ack({ id: a.id, lease: "x" }),
        ack({ id: NOBODY, lease: a.lease }),
        ack({ id: "nonsense", lease: a.lease }),
        ack(a),
        ack(b, { err: "x" }),
      ]);
      expect(answers).toStrictEqual([
        refusedEvent(a.id, "lease_lost", "Running"),
        refusedEvent(a.id, "lease_lost", "Running"),
        refusedEvent(NOBODY, "task_not_found"),
        refusedEvent("nonsense", "task_not_found"),
        { id: a.id, status: "Done" },
        { id: b.id, status: "Failed" },
      ]);
    },
  ),

  check("R3.order", ["Events"], "several events of one task are applied in their order", async (bench) => {
    const { id, last } = await standing(bench, "Queued");
    expect(await bench.events([start(last), progress(last), ack(last), start(last), ack(last)])).toStrictEqual([
      { id, status: "Running" },
      { id, status: "Running" },
      { id, status: "Done" },
      refusedEvent(id, "lease_lost", "Done"),
      { id, status: "Done" },
    ]);
  }),

  check("R3.gone", ["Events"], "an event of a task that was deleted answers task_not_found", async (bench) => {
    const task = await leased(bench);
    await said(bench, ack(task), "Done");
    await bench.store.remove(task.id);
    expect(await tell(bench, ack(task))).toStrictEqual(refusedEvent(task.id, "task_not_found"));
  }),

  check(
    "R3.malformed",
    ["Events"],
    "a malformed event refuses its whole batch, and nothing is applied",
    async (bench) => {
      const task = await leased(bench);
      const bad = { ...snooze(task), delayMs: -1 } as HolderEvent;
      await untouched(bench, [task.id], async () =>
        expect(await thrown(bench.events([ack(task), bad]))).toMatchObject({ code: "bad_request" }),
      );
      const unknown = { ...ack(task), lease: 7 } as unknown as HolderEvent;
      await untouched(bench, [task.id], async () =>
        expect(await thrown(bench.events([ack(task), unknown]))).toMatchObject({ code: "bad_request" }),
      );
      await push(bench);
    },
  ),
];
