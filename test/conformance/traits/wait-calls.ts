/** Cases of waits as calls: left, aborted, with progress, for one; and of checks of status. */

import { expect } from "vitest";
import { unwrap } from "../../../src/backend/result.ts";
import { TaskFailedError } from "../../../src/task/errors.ts";
import { ack, HOUR, leased, NOBODY, progress, push, said, standing } from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { arrived, refused, thrown } from "./expecting.ts";

const WAIT = ["WaitForCompletion"] as const;

export const waitCallCases: readonly Case[] = [
  check("T.WaitForCompletion.waitFor.left", WAIT, "a wait that is left early is over", async (bench) => {
    const { id } = await standing(bench, "Done");
    const open = await push(bench, { runAt: bench.now() + HOUR });
    for await (const result of bench.backend.waitFor([open, id])) {
      expect(result.id).toBe(id);
      break;
    }
  }),

  check(
    "T.WaitForCompletion.waitFor.signal",
    WAIT,
    "a wait whose signal fires rejects with its reason",
    async (bench) => {
      const id = await push(bench);
      const controller = new AbortController();
      const result = thrown(bench.backend.waitForSingle(id, { signal: controller.signal }));
      await arrived(bench);
      const reason = new Error("enough");
      controller.abort(reason);
      expect(await result).toBe(reason);
      expect(await thrown(bench.backend.waitForSingle(id, { signal: controller.signal }))).toBe(reason);
    },
    { waits: true },
  ),

  check(
    "T.WaitForCompletion.waitFor.progress",
    WAIT,
    "who waits is told of progress, if it asks",
    async (bench) => {
      const task = await leased(bench);
      const told: unknown[] = [];
      const onProgress = (id: string, value: unknown) => told.push([id, value]);
      const result = bench.backend.waitForSingle(task, { onProgress });
      // It is not known when the wait has reached the queue: only then is it told.
      for (let at = 0; at < 50 && told.length === 0; at++) {
        await said(bench, progress(task, { at }), "Running");
        await arrived(bench);
      }
      await said(bench, ack(task), "Done");
      await result;
      expect(told.length).toBeGreaterThan(0);
      for (const one of told) expect(one).toEqual([task.id, { at: expect.any(Number) }]);
    },
    { waits: true },
  ),

  check(
    "T.WaitForCompletion.waitForSingle",
    WAIT,
    "a wait for one answers its result, and unwrap gives its value or throws its error",
    async (bench) => {
      const done = await standing(bench, "Done");
      expect(unwrap(await bench.backend.waitForSingle(done.id))).toBe(1);
      const killed = await standing(bench, "Killed");
      const result = await bench.backend.waitForSingle(killed);
      expect(() => unwrap(result)).toThrow(TaskFailedError);
      expect(() => unwrap(result)).toThrow("no");
    },
  ),

  check(
    "T.WaitForCompletion.waitForSingle.unknown",
    WAIT,
    "a wait for one that is not there is task_not_found",
    async (bench) => {
      await refused(bench.backend.waitForSingle(NOBODY), "task_not_found");
    },
  ),

  check(
    "T.WaitForCompletion.checkStatus",
    WAIT,
    "a check of status answers every id in its order, once, ended or not",
    async (bench) => {
      const done = await standing(bench, "Done");
      const failed = await standing(bench, "Failed");
      const running = await standing(bench, "Running");
      const pending = await push(bench, { runAt: bench.now() + HOUR });
      const found = await bench.backend.checkStatus([pending, NOBODY, done, failed.id, running, done.id]);
      expect(found).toStrictEqual([
        { id: pending, attempt: 0, status: "Pending" },
        { id: NOBODY, status: "Unknown", error: expect.stringMatching(/./) },
        { id: done.id, attempt: 1, status: "Done", value: 1 },
        { id: failed.id, attempt: 1, status: "Failed", lastError: "no" },
        { id: running.id, attempt: 1, status: "Running" },
      ]);
    },
  ),

  check(
    "T.WaitForCompletion.checkStatus.many",
    WAIT,
    "more than a thousand ids are asked for in one call",
    async (bench) => {
      const pushed = [
        ...(await bench.store.pushBulk(Array(900).fill(1))),
        ...(await bench.store.pushBulk(Array(400).fill(1))),
      ];
      const found = await bench.backend.checkStatus(pushed);
      expect(found.map(({ id }) => id)).toEqual(pushed.map(({ id }) => id));
      expect(await bench.backend.checkStatus([])).toEqual([]);
    },
  ),
];
