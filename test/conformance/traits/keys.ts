/** Cases of idempotency keys. */

import { expect } from "vitest";
import { ack, leased, look, push, STATUSES, type Status, said, standing } from "./arrange.ts";
import { type Bench, type Case, check } from "./bench.ts";
import { untouched } from "./expecting.ts";

const SINK = ["TaskSink"] as const;
const KEYED = { idempotencyKey: "k" } as const;
const UNTIL = { idempotencyKey: "k", idempotencyUntil: "terminal" } as const;

const again = ({ backend }: Bench<"TaskSink">, keyed: object = KEYED) =>
  backend.pushTask({ args: "again", priority: 9, ...keyed });

const known = (id: string, status: Status) => ({ id, status, created: false });

export const keyCases: readonly Case[] = [
  ...STATUSES.map((status) =>
    check(
      `R6.known.${status.toLowerCase()}`,
      SINK,
      `a push with the key of a ${status} task answers that task, and changes nothing`,
      async (bench) => {
        const { id } = await standing(bench, status, KEYED);
        expect(await untouched(bench, [id], () => again(bench))).toStrictEqual(known(id, status));
      },
    ),
  ),

  check("R6.batch", ["PushTasks"], "so does the second of one batch", async (bench) => {
    const pushed = await bench.backend.pushTasks([{ args: 1, ...KEYED }, { args: 2 }, { args: 3, ...KEYED }]);
    expect(pushed.map(({ created }) => created)).toEqual([true, true, false]);
    expect(pushed[2]?.id).toBe(pushed[0]?.id);
    expect((await bench.store.fetchByQueue()).counts.Pending).toBe(2);
    expect((await look(bench, pushed[0]?.id ?? "")).args).toBe(1);
  }),

  check("R6.race", SINK, "of many that push one key at once, one makes the task", async (bench) => {
    const other = bench.another({ coalesce: false });
    const pushed = await Promise.all(Array.from({ length: 20 }, (_, n) => other.pushTask({ args: n, ...KEYED })));
    expect(new Set(pushed.map(({ id }) => id)).size).toBe(1);
    expect(pushed.filter(({ created }) => created)).toHaveLength(1);
    expect((await bench.store.fetchByQueue()).counts.Pending).toBe(1);
    expect((await again(bench)).created).toBe(false);
  }),

  check("R6.empty", SINK, "the empty string is a key", async (bench) => {
    const one = await again(bench, { idempotencyKey: "" });
    expect(one.created).toBe(true);
    expect(await again(bench, { idempotencyKey: "" })).toStrictEqual(known(one.id, "Pending"));
    expect((await again(bench, {})).created).toBe(true);
    expect((await look(bench, one.id)).idempotencyKey).toBe("");
  }),

  check("R6.deleted", SINK, "a key is free again once its task is deleted", async (bench) => {
    const id = await push(bench, KEYED);
    await bench.store.remove(id);
    expect((await again(bench)).created).toBe(true);
  }),

  check("R6.vacuumed", SINK, "a key is free again once its task is vacuumed", async (bench) => {
    const { id } = await standing(bench, "Done", KEYED);
    expect(await again(bench)).toStrictEqual(known(id, "Done"));
    expect(await bench.store.vacuum({ olderThan: 0 })).toBe(1);
    expect((await again(bench)).created).toBe(true);
  }),

  ...(["Done", "Killed"] as const).map((status) =>
    check(
      `R6.terminal.${status.toLowerCase()}`,
      SINK,
      `a key until "terminal" is free once its task is ${status}`,
      async (bench) => {
        const { id, task } = await standing(bench, status, UNTIL);
        expect(task).toMatchObject(UNTIL);
        const next = await again(bench, UNTIL);
        expect(next.created).toBe(true);
        expect(next.id).not.toBe(id);
        expect(await again(bench, UNTIL)).toStrictEqual(known(next.id, "Pending"));
      },
    ),
  ),

  check("R6.terminal.failed", SINK, 'a key until "terminal" is not free while its task is Failed', async (bench) => {
    const { id } = await standing(bench, "Failed", UNTIL);
    expect(await again(bench, UNTIL)).toStrictEqual(known(id, "Failed"));
  }),

  check("R6.terminal.cancelled", SINK, 'a key until "terminal" is free once its task is cancelled', async (bench) => {
    const id = await push(bench, UNTIL);
    await bench.store.cancel(id);
    expect((await again(bench, UNTIL)).created).toBe(true);
  }),

  check("R6.resumed", SINK, "a task that is resumed has its key again", async (bench) => {
    const { id } = await standing(bench, "Killed", UNTIL);
    await bench.store.resumeById(id);
    expect(await again(bench, UNTIL)).toStrictEqual(known(id, "Pending"));
  }),

  check("R6.taken", SINK, "a task that is resumed after its key was taken loses the key", async (bench) => {
    const { id } = await standing(bench, "Killed", UNTIL);
    const taker = await again(bench, UNTIL);
    expect(await bench.store.resumeById(id)).toBe(true);
    expect(await look(bench, id)).not.toHaveProperty("idempotencyKey");
    expect(await again(bench, UNTIL)).toStrictEqual(known(taker.id, "Pending"));
    await bench.store.remove(id);
    expect((await again(bench, UNTIL)).created).toBe(false);
  }),

  check(
    "R6.rescheduled",
    SINK,
    "a Killed task that is rescheduled after its key was taken loses the key, too",
    async (bench) => {
      const { id } = await standing(bench, "Killed", UNTIL);
      const taker = await again(bench, UNTIL);
      await bench.store.reschedule(id, 0);
      expect(await look(bench, id)).not.toHaveProperty("idempotencyKey");
      expect(await again(bench, UNTIL)).toStrictEqual(known(taker.id, "Pending"));
    },
  ),

  check("R6.queues", SINK, "keys are each queue's own", async (bench) => {
    await again(bench);
    expect((await bench.elsewhere("other").pushTask({ args: 1, ...KEYED })).created).toBe(true);
  }),

  check("R6.groups", SINK, "with a group key, a key is unique within its group", async (bench) => {
    const a = await again(bench, { ...KEYED, groupKey: "a" });
    const b = await again(bench, { ...KEYED, groupKey: "b" });
    expect([a.created, b.created, a.id === b.id]).toEqual([true, true, false]);
    expect(await again(bench, { ...KEYED, groupKey: "a" })).toStrictEqual(known(a.id, "Pending"));
    expect((await again(bench)).created).toBe(true);
  }),

  check("T.TaskSink.push.retry", SINK, "a push that may be sent again has a key of its own", async (bench) => {
    const one = await bench.backend.push(1, { retry: true });
    const two = await bench.backend.push(1, { retry: true });
    expect(two.id).not.toBe(one.id);
    const [a, b] = await Promise.all([look(bench, one.id), look(bench, two.id)]);
    expect(a.idempotencyKey).toMatch(/^.{16,}$/);
    expect(b.idempotencyKey).toMatch(/^.{16,}$/);
    expect(a.idempotencyKey).not.toBe(b.idempotencyKey);
  }),

  check(
    "T.TaskSink.pushTask.retry",
    SINK,
    "a task that has a key keeps it when it may be sent again",
    async (bench) => {
      const { id } = await bench.backend.pushTask({ args: 1, ...KEYED }, { retry: true });
      expect(await look(bench, id)).toMatchObject(KEYED);
    },
  ),

  check("R6.durable", SINK, "a push that was answered is there for everybody, and so is an ack", async (bench) => {
    const { id } = await bench.backend.push("x");
    expect(await bench.another().fetchById(id)).toMatchObject({ id, args: "x" });
    const task = await leased(bench, { priority: 1 });
    await said(bench, ack(task), "Done");
    expect(await bench.another().fetchById(task.id)).toMatchObject({ status: "Done" });
  }),
];
