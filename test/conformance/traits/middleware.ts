/** Cases of a backend's middleware: what becomes of a task by how its handler ends. */

import { expect } from "vitest";
import { AbortError, RetryAfterError } from "../../../src/task/errors.ts";
import { first, HOUR, leased } from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { until } from "./expecting.ts";
import { BACKEND, raise, ran } from "./handled.ts";

export const middlewareCases: readonly Case[] = [
  check("T.Backend.middleware", BACKEND, "what a handler returns is the result of its task", async (bench) => {
    const seen: unknown[] = [];
    const task = await ran(
      bench,
      (args, { id, attempt, lease }) => {
        seen.push(args, typeof id, attempt, typeof lease);
        return { sent: true };
      },
      "Done",
    );
    expect(seen).toEqual([{ n: 1 }, "string", 1, "string"]);
    expect(task).toMatchObject({ lastResult: { ok: { sent: true } }, runs: [{ attempt: 1, outcome: "done" }] });
  }),

  check(
    "T.Backend.middleware.promise",
    BACKEND,
    "a handler may take its time, and undefined counts as null",
    async (bench) => {
      const task = await ran(bench, async () => Promise.resolve(), "Done");
      expect(task.lastResult).toStrictEqual({ ok: null });
    },
  ),

  check(
    "T.Backend.middleware.error",
    BACKEND,
    "a handler that throws fails its task, with the message",
    async (bench) => {
      const consumer = bench.consumer();
      const task = await leased(bench, {}, consumer);
      const error = new Error("no such address");
      expect(await consumer.run(task, raise(error))).toEqual({ thrown: error });
      const after = await until(bench, task.id, "Failed");
      expect(after).toMatchObject({
        attempt: 1,
        lastResult: { err: "no such address" },
        runs: [{ outcome: "failed" }],
      });
    },
  ),

  ...(
    [
      ["a text", "plain", "plain"],
      ["undefined", undefined, "undefined"],
      ["an object", { a: 1 }, "[object Object]"],
      ["an error without message", new TypeError(), "TypeError"],
    ] as const
  ).map(([what, error, err]) =>
    check(
      `T.Backend.middleware.throws-${what.replaceAll(" ", "-")}`,
      BACKEND,
      `${what} that is thrown fails the task, too`,
      async (bench) => {
        expect((await ran(bench, raise(error), "Failed")).lastResult).toStrictEqual({ err });
      },
    ),
  ),

  check(
    "T.Backend.middleware.last",
    BACKEND,
    "a handler that throws at the last attempt kills its task",
    async (bench) => {
      expect(await ran(bench, raise(new Error("x")), "Killed", { maxAttempts: 1 })).toMatchObject({
        lastResult: { err: "x" },
      });
    },
  ),

  check(
    "T.Backend.middleware.abort",
    BACKEND,
    "an AbortError kills its task, whatever attempts are left",
    async (bench) => {
      const task = await ran(bench, raise(new AbortError("hopeless")), "Killed");
      expect(task).toMatchObject({ attempt: 1, maxAttempts: 5, lastResult: { err: "hopeless" } });
    },
  ),

  check("A.retry-after", BACKEND, "a RetryAfterError is honoured: the retry comes after so long", async (bench) => {
    const { runAt, runs } = await ran(bench, raise(new RetryAfterError(12_345)), "Failed");
    expect(runAt - (first(runs).endedAt ?? 0)).toBe(12_345);
  }),

  check("A.deferred", BACKEND, "a handler that snoozes is run again later, and burns no attempt", async (bench) => {
    const task = await ran(bench, (_, { snooze }) => snooze("1h"), "Pending");
    expect(task).toMatchObject({ attempt: 0, runs: [{ attempt: 1, outcome: "snoozed" }] });
    expect(task.runAt - (first(task.runs).endedAt ?? 0)).toBe(HOUR);
    expect(task).not.toHaveProperty("lastResult");
  }),

  check(
    "T.Backend.middleware.snooze-caught",
    BACKEND,
    "a snooze that the handler catches snoozes all the same",
    async (bench) => {
      const task = await ran(
        bench,
        (_, { snooze }) => {
          try {
            snooze(HOUR);
          } catch {
            return "never mind";
          }
        },
        "Pending",
      );
      expect(task).toMatchObject({ attempt: 0 });
    },
  ),
];
