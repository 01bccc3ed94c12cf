/** Cases of what removes many: vacuum, retention, purge, drop. */

import { expect } from "vitest";
import { collected, HOUR, leased, look, NOBODY, oneOfEach, push, STATUSES, type Status, standing } from "./arrange.ts";
import { type Bench, type Case, check } from "./bench.ts";
import { eventually, refused, until, untouched, withControl } from "./expecting.ts";

const WAITS = { waits: true };

const counts = async ({ store }: Pick<Bench, "store">) => (await store.fetchByQueue()).counts;

/** So many tasks that were killed, fast. */
async function killed({ store }: Pick<Bench, "store">, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1_000) await store.pushBulk(Array(Math.min(left, 1_000)).fill(1));
  await store.bulk("cancel", { filter: { status: "Pending" } });
}

export const sweepingCases: readonly Case[] = [
  ...STATUSES.map((status) => {
    const isTerminal = status === "Done" || status === "Killed";
    const name = isTerminal ? `a ${status} task is vacuumed` : `a ${status} task is never vacuumed`;
    return check(`S.vacuum.${isTerminal ? "" : "from-"}${status.toLowerCase()}`, ["Vacuum"], name, (bench) =>
      withControl(bench, async () => {
        const { id } = await standing(bench, status);
        await bench.advance(2);
        if (isTerminal) {
          expect(await bench.backend.vacuum({ olderThan: 0 })).toBe(1);
          expect(await bench.store.fetchById(id)).toBeNull();
          expect((await counts(bench))[status]).toBe(0);
        } else {
          await untouched(bench, [id], async () => expect(await bench.backend.vacuum({ olderThan: 0 })).toBe(0));
        }
      }),
    );
  }),

  check("A.vacuum-failed", ["Vacuum"], "a vacuum leaves Failed tasks, which still have a retry", async (bench) => {
    const { id } = await standing(bench, "Failed");
    await standing(bench, "Killed");
    await untouched(bench, [id], async () => expect(await bench.backend.vacuum({ olderThan: 0 })).toBe(1));
  }),

  check("A.vacuum-scope", ["Vacuum"], "a vacuum touches no other queue", async (bench) => {
    const elsewhere = bench.elsewhere("other");
    const { id } = await elsewhere.push(1);
    await elsewhere.cancel(id);
    await standing(bench, "Done");
    expect(await bench.backend.vacuum({ olderThan: 0 })).toBe(1);
    expect(await elsewhere.fetchById(id)).toMatchObject({ status: "Killed" });
  }),

  check(
    "R9.retention",
    ["Vacuum"],
    "without an age a vacuum takes what is older than the queue's retention, and nothing else",
    async (bench) => {
      const { id } = await standing(bench, "Done");
      await untouched(bench, [id], async () => expect(await bench.backend.vacuum()).toBe(0));
      await untouched(bench, [id], async () => expect(await bench.backend.vacuum({ olderThan: "1m" })).toBe(0));
    },
  ),

  check(
    "R9.age",
    ["Vacuum"],
    "the age counts from doneAt, not from the push",
    async (bench) => {
      const old = await standing(bench, "Done", { runAt: 0 });
      await bench.advance(2_500);
      const young = await standing(bench, "Done");
      expect(await bench.backend.vacuum({ olderThan: "2s" })).toBe(1);
      expect(await bench.store.fetchById(old.id)).toBeNull();
      expect(await bench.store.fetchById(young.id)).not.toBeNull();
    },
    WAITS,
  ),

  ...(["Done", "Killed"] as const).map((status) =>
    check(`R9.status.${status.toLowerCase()}`, ["Vacuum"], `a vacuum may be limited to ${status}`, async (bench) => {
      const kept = await standing(bench, status === "Done" ? "Killed" : "Done");
      const gone = await standing(bench, status);
      expect(await bench.backend.vacuum({ olderThan: 0, status })).toBe(1);
      expect(await bench.store.fetchById(gone.id)).toBeNull();
      expect(await look(bench, kept.id)).toStrictEqual(kept.task);
    }),
  ),

  check(
    "T.Vacuum.vacuum",
    ["Vacuum"],
    "a vacuum goes on until nothing is left, and answers the total",
    async (bench) => {
      await killed(bench, 2_500);
      const kept = await push(bench);
      expect(await bench.backend.vacuum({ olderThan: 0 })).toBe(2_500);
      expect(await counts(bench)).toMatchObject({ Killed: 0, Pending: 1 });
      expect(await bench.backend.vacuum({ olderThan: 0 })).toBe(0);
      await look(bench, kept);
    },
  ),

  check(
    "T.Vacuum.vacuum.wrong",
    ["Vacuum"],
    "a vacuum of an age that is none is refused, and takes nothing",
    async (bench) => {
      const { id } = await standing(bench, "Done");
      await untouched(bench, [id], async () => {
        await refused(bench.backend.vacuum({ olderThan: -1 }), "bad_request", { path: "olderThan" });
        await refused(bench.backend.vacuum({ status: "Failed" as "Done" }), "bad_request", { path: "status" });
      });
    },
  ),

  check("R9.unused", ["Vacuum"], "a vacuum of a queue that was never used answers 0", async (bench) => {
    expect(await bench.backend.vacuum()).toBe(0);
  }),

  check(
    "R9.alarm",
    ["Vacuum", "Configure"],
    "the retention takes what it does not keep by itself, each status by its own",
    async (bench) => {
      const done = await standing(bench, "Done");
      const killed = await standing(bench, "Killed");
      const failed = await standing(bench, "Failed");
      await bench.backend.configure({ retention: { doneMs: 300 } });
      // At most a minute or a tenth of the retention late; in practice a second.
      await bench.advance(bench.isVirtual ? 61_000 : 500);
      await eventually(bench, async () => expect(await bench.store.fetchById(done.id)).toBeNull());
      expect(await look(bench, killed.id)).toStrictEqual(killed.task);
      expect(await look(bench, failed.id)).toStrictEqual(failed.task);
      expect(await counts(bench)).toMatchObject({ Done: 0, Killed: 1, Failed: 1 });
    },
    WAITS,
  ),

  check("R9.for-ever", ["Vacuum", "Configure"], "a retention of null keeps for ever", async (bench) => {
    await bench.backend.configure({ retention: { doneMs: null, killedMs: 0 } });
    const { id, task } = await standing(bench, "Done");
    if (bench.jump) bench.jump(100 * 86_400_000);
    else await bench.advance(50);
    expect(await bench.backend.vacuum()).toBe(0);
    expect(await look(bench, id)).toStrictEqual(task);
    expect(await bench.backend.vacuum({ olderThan: 0 })).toBe(1);
  }),

  check("T.Purge.purge", ["Purge"], "a purge drops all that is not leased, and answers the total", async (bench) => {
    const { Queued, Running } = await oneOfEach(bench);
    await bench.store.pushBulk(Array(1_000).fill(1));
    await untouched(bench, [Queued, Running], async () => expect(await bench.backend.purge()).toBe(1_004));
    const left: Record<Status, number> = { Pending: 0, Queued: 1, Running: 1, Done: 0, Failed: 0, Killed: 0 };
    expect(await counts(bench)).toEqual(left);
    expect(await bench.backend.purge()).toBe(0);
  }),

  check("T.Purge.drop", ["Purge"], "a drop takes the queue with all that is in it", async (bench) => {
    const id = await push(bench, { idempotencyKey: "k" });
    await bench.store.configure({ paused: true });
    await bench.store.registerWorker("ann");
    await bench.backend.drop();
    expect(await bench.store.listWorkers()).toEqual([]);
    expect(await bench.store.fetchById(id)).toBeNull();
    expect(await counts(bench)).toMatchObject({ Pending: 0 });
    expect((await bench.store.config()).paused).toBe(false);
    expect((await bench.store.pushTask({ args: 1, idempotencyKey: "k" })).created).toBe(true);
    expect(await bench.store.fetchById(NOBODY)).toBeNull();
  }),

  check(
    "T.Purge.drop.leased",
    ["Purge"],
    "a queue in which something is leased is dropped only by force",
    async (bench) => {
      const { id } = await leased(bench);
      await untouched(bench, [id], async () => {
        await refused(bench.backend.drop(), "wrong_status");
      });
      await bench.backend.drop({ force: true });
      expect(await bench.store.fetchById(id)).toBeNull();
    },
  ),

  check(
    "T.Purge.drop.waited",
    ["Purge", "WaitForCompletion"],
    "a wait for a task of a dropped queue ends without a result",
    async (bench) => {
      const id = await push(bench, { runAt: bench.now() + HOUR });
      const waiting = collected(bench.backend.waitFor([id]));
      await bench.advance(bench.isVirtual ? 1 : 200);
      await bench.backend.drop();
      expect(await waiting).toMatchObject([{ id, status: "Unknown" }]);
    },
    WAITS,
  ),

  check("S.vacuum.cancelled", ["Vacuum", "Cancel"], "what was cancelled is vacuumed as Killed", async (bench) => {
    const id = await push(bench);
    await bench.backend.cancel(id);
    await until(bench, id, "Killed");
    expect(await bench.backend.vacuum({ olderThan: 0, status: "Killed" })).toBe(1);
  }),
];
