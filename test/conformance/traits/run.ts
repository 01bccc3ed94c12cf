/** Cases of push and wait in one call. */

import { expect } from "vitest";
import { task } from "../../../src/backend/builder.ts";
import { RunTimeoutError, TaskFailedError } from "../../../src/task/errors.ts";
import { ack, countOf, first, HOUR, said } from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { arrived, thrown } from "./expecting.ts";

const RUN = ["RunTasks"] as const;

export const runCases: readonly Case[] = [
  check(
    "T.RunTasks.run",
    RUN,
    "a run pushes one task, and is its value once that is done",
    async (bench) => {
      const value = bench.backend.run({ n: 7 });
      const running = first(await bench.consumer().claim());
      expect(running.args).toEqual({ n: 7 });
      await said(bench, ack(running, { ok: { twice: 14 } }), "Done");
      expect(await value).toEqual({ twice: 14 });
      expect(await countOf(bench)).toBe(1);
    },
    { waits: true },
  ),

  check(
    "T.RunTasks.run.killed",
    RUN,
    "a run of a task that is killed throws its error and its id",
    async (bench) => {
      const error = thrown(bench.backend.runTask(task(1).maxAttempts(1)));
      const running = first(await bench.consumer().claim());
      await said(bench, ack(running, { err: "no such address" }), "Killed");
      expect(await error).toBeInstanceOf(TaskFailedError);
      expect(await error).toMatchObject({ id: running.id, attempt: 1, message: "no such address" });
    },
    { waits: true },
  ),

  check(
    "T.RunTasks.run.late",
    RUN,
    "a run whose time is over throws with the id, and the task goes on",
    async (bench) => {
      const error = thrown(bench.backend.runTask(task(1).runIn(HOUR), { timeout: 300 }));
      await arrived(bench);
      await bench.advance(300);
      const late = await error;
      expect(late).toBeInstanceOf(RunTimeoutError);
      const { id, message } = late as RunTimeoutError;
      expect(message).toContain(id);
      expect(await bench.store.fetchById(id)).toMatchObject({ status: "Pending" });
    },
    { waits: true },
  ),

  check(
    "T.RunTasks.run.signal",
    RUN,
    "a run whose signal fires rejects with its reason",
    async (bench) => {
      const controller = new AbortController();
      const error = thrown(bench.backend.run(1, { signal: controller.signal }));
      await arrived(bench);
      const reason = new Error("enough");
      controller.abort(reason);
      expect(await error).toBe(reason);
    },
    { waits: true },
  ),

  check(
    "T.RunTasks.runTask",
    RUN,
    "a run with the key of a task that is there gives that one's result, ended or not",
    async (bench) => {
      const built = task(1).idempotencyKey("k");
      const values = [bench.backend.runTask(built), bench.backend.runTask(built, { timeout: "25s" })];
      const running = first(await bench.consumer().claim());
      await said(bench, ack(running, { ok: "once" }), "Done");
      expect(await Promise.all(values)).toEqual(["once", "once"]);
      expect(await bench.backend.runTask(built)).toBe("once");
      expect(await countOf(bench)).toBe(1);
    },
    { waits: true },
  ),
];
