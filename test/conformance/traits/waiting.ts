/** Cases of waiting for results, and of asking for them. */

import { expect } from "vitest";
import type { NoResult, TaskResult } from "../../../src/backend/task.ts";
import { ack, collected, first, leased, NOBODY, push, said, standing } from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { arrived } from "./expecting.ts";

const WAIT = ["WaitForCompletion"] as const;

type Entry = TaskResult | NoResult;

const byId = (entries: readonly Entry[]) => entries.toSorted((a, b) => (a.id < b.id ? -1 : 1));

export const waitingCases: readonly Case[] = [
  check("T.WaitForCompletion.waitFor", WAIT, "what has ended comes at once, then the wait ends", async (bench) => {
    const done = await standing(bench, "Done");
    const killed = await standing(bench, "Killed");
    const results = await collected(bench.backend.waitFor([killed.id, done.id]));
    expect(byId(results)).toStrictEqual([
      { id: done.id, attempt: 1, status: "Done", value: 1 },
      { id: killed.id, attempt: 1, status: "Killed", error: "no" },
    ]);
  }),

  check("T.WaitForCompletion.waitFor.none", WAIT, "a wait for nothing ends at once", async (bench) => {
    expect(await collected(bench.backend.waitFor([]))).toEqual([]);
  }),

  check(
    "R8.first",
    WAIT,
    "ids that have ended come first, the others as soon as they end, each once",
    async (bench) => {
      const consumer = bench.consumer();
      const done = await standing(bench, "Done");
      const open = await leased(bench, {}, consumer);
      const wait = bench.backend.waitFor([open.id, done, open, done.id]);
      expect((await wait.next()).value).toMatchObject({ id: done.id, status: "Done" });
      const next = wait.next();
      await said(bench, ack(open, { ok: null }), "Done");
      expect((await next).value).toStrictEqual({ id: open.id, attempt: 1, status: "Done", value: null });
      expect((await wait.next()).done).toBe(true);
    },
  ),

  check("R8.unknown", WAIT, "an unknown id yields an entry at once, instead of waiting for ever", async (bench) => {
    const { id } = await standing(bench, "Done");
    const results = await collected(bench.backend.waitFor([NOBODY, id, "nonsense", NOBODY]));
    const none = (gone: string): Entry => ({ id: gone, status: "Unknown", error: expect.stringMatching(/./) });
    expect(byId(results)).toStrictEqual(
      byId([none(NOBODY), none("nonsense"), { id, attempt: 1, status: "Done", value: 1 }]),
    );
  }),

  check("R8.unused", WAIT, "a wait in a queue that was never used knows no id", async (bench) => {
    expect(await collected(bench.backend.waitFor([NOBODY]))).toMatchObject([{ id: NOBODY, status: "Unknown" }]);
  }),

  check(
    "R8.deleted",
    WAIT,
    "a task that is deleted meanwhile yields an entry",
    async (bench) => {
      const [a, b] = [await push(bench), await push(bench)];
      const wait = bench.backend.waitFor([a, b]);
      const next = wait.next();
      await arrived(bench);
      await bench.store.remove(a);
      expect((await next).value).toMatchObject({ id: a, status: "Unknown" });
      await bench.store.purge();
      expect((await wait.next()).value).toMatchObject({ id: b, status: "Unknown" });
      expect((await wait.next()).done).toBe(true);
    },
    { waits: true },
  ),

  check(
    "R8.retry",
    WAIT,
    "a failure that is tried again ends no wait",
    async (bench) => {
      const consumer = bench.consumer();
      const one = await leased(bench, {}, consumer);
      const result = bench.backend.waitForSingle(one.id);
      await arrived(bench);
      await said(bench, ack(one, { err: "x", retryAfterMs: 0 }), "Failed");
      consumer.free(one);
      await bench.advance(5);
      const two = first(await consumer.claim());
      await said(bench, ack(two, { ok: 2 }), "Done");
      expect(await result).toStrictEqual({ id: one.id, attempt: 2, status: "Done", value: 2 });
    },
    { waits: true },
  ),

  check(
    "R8.cancelled",
    WAIT,
    "a cancel ends a wait",
    async (bench) => {
      const id = await push(bench);
      const result = bench.backend.waitForSingle(id);
      await arrived(bench);
      await bench.store.cancel(id);
      expect(await result).toStrictEqual({ id, attempt: 0, status: "Killed", error: "cancelled" });
    },
    { waits: true },
  ),

  check(
    "R8.timed-out",
    WAIT,
    "a task that is killed by its timeout ends a wait",
    async (bench) => {
      const task = await leased(bench, { timeoutMs: 200, maxAttempts: 1 });
      const result = bench.backend.waitForSingle(task);
      await bench.advance(250);
      expect(await result).toMatchObject({ id: task.id, status: "Killed", error: expect.stringMatching(/^timed out/) });
    },
    { waits: true },
  ),

  check(
    "R8.many",
    WAIT,
    "hundreds are waited for, and each comes once",
    async (bench) => {
      const pushed = await bench.store.pushBulk(Array.from({ length: 700 }, (_, n) => n));
      const waiting = collected(bench.backend.waitFor(pushed));
      await arrived(bench);
      await bench.store.bulk("cancel", { filter: { status: "Pending" } });
      const results = await waiting;
      expect(results.map(({ id }) => id).toSorted()).toEqual(pushed.map(({ id }) => id).toSorted());
      expect(results.every(({ status }) => status === "Killed")).toBe(true);
    },
    { waits: true },
  ),

  check(
    "R8.two",
    WAIT,
    "two who wait for one task are both told",
    async (bench) => {
      const id = await push(bench);
      const waits = [bench.backend.waitForSingle(id), bench.another().waitForSingle(id)];
      await arrived(bench);
      await bench.store.cancel(id);
      expect((await Promise.all(waits)).map(({ status }) => status)).toEqual(["Killed", "Killed"]);
    },
    { waits: true },
  ),
];
