/** Cases of one task by its id: fetch, update, delete. */

import { expect } from "vitest";
import { DEFAULT_BACKOFF } from "../../../src/task/task.ts";
import {
  ack,
  expectNothing,
  first,
  forged,
  HOUR,
  leased,
  look,
  NEVER,
  NOBODY,
  push,
  STATUSES,
  said,
  standing,
} from "./arrange.ts";
import { type Case, check } from "./bench.ts";
import { refused, thrown, untouched, withControl } from "./expecting.ts";

const UPDATE = ["Update", "FetchById"] as const;

const CHANGES = {
  args: { new: true },
  priority: 7,
  runAt: 2_000_000_000_000,
  maxAttempts: 3,
  backoff: { type: "fixed", baseMs: 1, factor: 1, maxMs: 1, jitter: 0 },
  timeoutMs: 99,
  meta: { b: 2 },
} as const;

export const byIdCases: readonly Case[] = [
  check(
    "T.FetchById.fetchById",
    ["FetchById"],
    "a fetch answers the task as it is, by its id or by what a push answered",
    async (bench) => {
      const pushed = await bench.store.pushTask({ args: { n: 1 }, priority: 3, meta: { m: 1 } });
      const task = await bench.backend.fetchById(pushed.id);
      expect(task).toMatchObject({ id: pushed.id, args: { n: 1 }, priority: 3, meta: { m: 1 }, status: "Pending" });
      expect(await bench.backend.fetchById(pushed)).toStrictEqual(task);
      if (task) expect(await bench.backend.fetchById(task)).toStrictEqual(task);
      expect(task).not.toHaveProperty("lease");
    },
  ),

  check(
    "T.FetchById.fetchById.unknown",
    ["FetchById"],
    "a fetch of a task that is not there answers null",
    async (bench) => {
      expect(await bench.backend.fetchById(NOBODY)).toBeNull();
      const id = await push(bench);
      for (const gone of [NOBODY, forged(id), "nonsense"]) expect(await bench.backend.fetchById(gone)).toBeNull();
    },
  ),

  check(
    "T.FetchById.fetchById.queue",
    ["FetchById"],
    "a fetch does not find the task of another queue",
    async (bench) => {
      await push(bench);
      const { id } = await bench.elsewhere("other").push(1);
      expect(await bench.backend.fetchById(id)).toBeNull();
    },
  ),

  ...(["Pending", "Failed", "Killed"] as const).map((status) =>
    check(
      `S.update.${status.toLowerCase()}`,
      UPDATE,
      `a ${status} task can be changed in all that is writable, and keeps its status`,
      (bench) =>
        withControl(bench, async () => {
          const { id, task } = await standing(bench, status, { meta: { a: 1 }, timeoutMs: 60_000 });
          const after = await bench.backend.update(id, { ...CHANGES, revision: task.revision });
          expect(after).toStrictEqual({ ...task, ...CHANGES, revision: task.revision + 1 });
          expect(await bench.backend.fetchById(id)).toStrictEqual(after);
        }),
    ),
  ),

  ...STATUSES.filter((status) => ["Queued", "Running", "Done"].includes(status)).map((status) =>
    check(
      `S.update.from-${status.toLowerCase()}`,
      UPDATE,
      `a change of a ${status} task is refused as wrong_status, and changes nothing`,
      (bench) =>
        withControl(bench, async () => {
          const { id } = await standing(bench, status);
          await untouched(bench, [id], () =>
            refused(bench.backend.update(id, { priority: 1 }), "wrong_status", { taskStatus: status }),
          );
        }),
    ),
  ),

  check(
    "S.update.revision",
    UPDATE,
    "a change with another revision is refused, and changes nothing",
    async (bench) => {
      const id = await push(bench);
      await untouched(bench, [id], async () => {
        await refused(bench.backend.update(id, { priority: 1, revision: 2 }), "revision_conflict", {
          taskStatus: "Pending",
        });
      });
      expect(await bench.backend.update(id, { priority: 1, revision: 1 })).toMatchObject({ priority: 1, revision: 2 });
    },
  ),

  check("S.update.attempts", UPDATE, "maxAttempts must be above the attempts that the task has had", async (bench) => {
    const { id } = await standing(bench, "Failed");
    await untouched(bench, [id], () =>
      refused(bench.backend.update(id, { maxAttempts: 1 }), "bad_request", {
        path: "maxAttempts",
        taskStatus: "Failed",
      }),
    );
    expect(await bench.backend.update(id, { maxAttempts: 2 })).toMatchObject({ maxAttempts: 2 });
  }),

  check(
    "S.clear",
    UPDATE,
    "null clears timeoutMs, backoff and meta, and goes back to the queue's defaults",
    async (bench) => {
      const id = await push(bench, { timeoutMs: 5, backoff: NEVER, meta: { a: 1 } });
      const after = await bench.backend.update(id, { timeoutMs: null, backoff: null, meta: null });
      expect(after).toMatchObject({ backoff: DEFAULT_BACKOFF, meta: {} });
      expect(after).not.toHaveProperty("timeoutMs");
    },
  ),

  check("S.clear.refused", UPDATE, "null is refused where there is nothing to go back to", async (bench) => {
    const id = await push(bench);
    for (const field of ["priority", "runAt", "maxAttempts"]) {
      await untouched(bench, [id], () =>
        refused(bench.backend.update(id, { [field]: null }), "bad_request", { path: field }),
      );
    }
  }),

  check("S.update.wrong", UPDATE, "a change that no task can have is refused, and changes nothing", async (bench) => {
    const id = await push(bench);
    for (const [path, change] of Object.entries({
      priority: 1.5,
      maxAttempts: 0,
      timeoutMs: 0,
      runAt: -1,
      status: "Done",
    })) {
      await untouched(bench, [id], () =>
        refused(bench.backend.update(id, { [path]: change }), "bad_request", { path }),
      );
    }
  }),

  check("S.update.due", UPDATE, "a task whose runAt is changed is claimed by the new one", async (bench) => {
    const id = await push(bench, { runAt: bench.now() + HOUR });
    await expectNothing(bench);
    await bench.backend.update(id, { runAt: 0 });
    expect(first(await bench.consumer().claim()).id).toBe(id);
    const later = await push(bench);
    await bench.backend.update(later, { runAt: bench.now() + HOUR });
    await expectNothing(bench);
  }),

  check("S.update.order", UPDATE, "a task whose priority is changed takes its new place", async (bench) => {
    const [a, b] = await bench.store.pushBulk(["a", "b"]);
    if (!a || !b) throw new Error("two were not pushed");
    await bench.backend.update(b, { priority: 1 });
    expect((await bench.consumer().claim(2)).map(({ args }) => args)).toEqual(["b", "a"]);
  }),

  check("S.update.unknown", UPDATE, "a change of an unknown task is task_not_found", async (bench) => {
    await refused(bench.backend.update(NOBODY, { priority: 1 }), "task_not_found");
    const id = await push(bench);
    await refused(bench.backend.update(forged(id), { priority: 1 }), "task_not_found");
  }),

  check(
    "T.Update.update",
    UPDATE,
    "a task that was fetched and changed is written back: what differs, and nothing else",
    async (bench) => {
      const id = await push(bench, { args: { n: 1 }, priority: 2, timeoutMs: 5_000, meta: { a: 1 } });
      const task = await bench.backend.fetchById(id);
      if (!task) throw new Error("it is not there");
      const { timeoutMs: _, ...bounded } = task;
      const after = await bench.backend.update({ ...bounded, args: { n: 2 }, priority: 9 });
      expect(after).toStrictEqual({ ...bounded, args: { n: 2 }, priority: 9, revision: 2 });
      expect(await look(bench, id)).toStrictEqual(after);
    },
  ),

  check(
    "T.Update.update.conflict",
    UPDATE,
    "a task that somebody changed since it was fetched is not written over",
    async (bench) => {
      const id = await push(bench);
      const task = await bench.backend.fetchById(id);
      if (!task) throw new Error("it is not there");
      await bench.store.update(id, { priority: 5 });
      await untouched(bench, [id], () =>
        refused(bench.backend.update({ ...task, priority: 9 }), "revision_conflict", { taskStatus: "Pending" }),
      );
    },
  ),

  check("T.Update.update.leased", UPDATE, "a task that is leased meanwhile is not written over", async (bench) => {
    const task = await leased(bench);
    const fetched = await look(bench, task.id);
    await untouched(bench, [task.id], () =>
      refused(bench.backend.update({ ...fetched, priority: 9 }), "wrong_status", { taskStatus: "Running" }),
    );
    await said(bench, ack(task), "Done");
  }),

  check("T.Update.update.unwritable", UPDATE, "args that cannot be written change nothing", async (bench) => {
    const id = await push(bench);
    await untouched(bench, [id], async () =>
      expect(await thrown(bench.backend.update(id, { args: 1n }))).toMatchObject({ name: "CodecError" }),
    );
  }),
];
