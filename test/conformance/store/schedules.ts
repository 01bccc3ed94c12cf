/** Cases of the store: schedules, and the tasks that their ticks become. */

import { expect } from "vitest";
import {
  MAX_FRAME_CHARACTERS,
  MAX_SCHEDULE_ARGS_BYTES,
  MAX_SCHEDULES,
  MAX_TICKS_AT_ONCE,
} from "../../../src/limits.ts";
import { push } from "../../../src/store/push.ts";
import {
  deleteSchedule,
  pauseSchedule,
  putSchedule,
  runSchedule,
  type ScheduledTask,
  schedule,
  schedules,
  tickSchedules,
  ticksAhead,
} from "../../../src/store/schedules.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { ok } from "../../../src/task/result.ts";
import type { ScheduleRule } from "../../../src/task/schedule.ts";
import { START, type StoreBench, type StoreCases, value } from "../../support/store.ts";

const MINUTE = 60_000;
const RULE: ScheduleRule = { everyMs: MINUTE, missed: "one", overlap: "allow", paused: false };

const put = (bench: StoreBench, name = "s", rule: Partial<ScheduleRule> = {}, task: Partial<ScheduledTask> = {}) =>
  bench.commit((tx) => putSchedule(tx, name, { ...RULE, ...rule }, { args: '"tick"', ...task }));

const pushing = (tx: Tx) => (tasks: Parameters<typeof push>[1]) => ok(value(push(tx, tasks, [])).pushed);

/** Lets time pass, and the alarm fire. */
function tick(bench: StoreBench, ms = 0): void {
  bench.now += ms;
  bench.commit((tx) => tickSchedules(tx, pushing(tx)));
}

const run = (bench: StoreBench, name: string) => bench.commit((tx) => runSchedule(tx, name, pushing(tx)));
const one = (bench: StoreBench, name = "s") => value(schedule(bench.tx(), name));
const keys = (bench: StoreBench) =>
  bench.sql.all<{ idem_key: string }>("SELECT idem_key FROM task ORDER BY seq").map((row) => row.idem_key);
const keyAt = (at: number, name = "s") => `schedule/${name}/${new Date(at).toISOString()}`;

export const scheduleCases: StoreCases = {
  "a tick becomes a task as any, under its own key, and the next is noted with it": (bench) => {
    put(bench, "s", {}, { priority: 3, maxAttempts: 2, groupKey: "g", meta: { a: "b" } });
    expect(bench.tally.tickAt).toBe(START + MINUTE);
    tick(bench, MINUTE - 1);
    expect(keys(bench)).toEqual([]);
    tick(bench, 1);
    expect(keys(bench)).toEqual([keyAt(START + MINUTE)]);
    expect(bench.view(bench.idAt(1))).toMatchObject({
      ...{ args: '"tick"', priority: 3, maxAttempts: 2, groupKey: "g", meta: { a: "b" }, runAt: START + MINUTE },
    });
    const { next_at, last_at, last_task, ticks } = one(bench);
    expect([next_at, last_at, last_task, ticks]).toEqual([START + 2 * MINUTE, START + MINUTE, bench.idAt(1), 1]);
    expect(bench.tally.tickAt).toBe(START + 2 * MINUTE);
  },

  "a look when nothing is due writes nothing; a tick costs its task with its key, and its schedule": (bench) => {
    put(bench);
    tick(bench, 1);
    expect(bench.rows).toBe(0);
    bench.push({ idempotencyKey: "k" });
    const keyed = bench.rows;
    tick(bench, MINUTE);
    expect(bench.rows).toBe(keyed + 1);
  },

  "a tick comes once, though the alarm fires again, or the clock goes back": (bench) => {
    put(bench);
    tick(bench, MINUTE);
    tick(bench);
    tick(bench, -50_000);
    tick(bench, 50_000);
    expect(keys(bench)).toEqual([keyAt(START + MINUTE)]);
    bench.now -= 90_000;
    put(bench, "s", { everyMs: MINUTE, missed: "all" });
    expect(one(bench).next_at).toBe(START + 2 * MINUTE);
  },

  "a tick that is undone with its transaction comes when it is tried again": (bench) => {
    put(bench);
    bench.now += MINUTE;
    const fails = () =>
      bench.commit((tx) => {
        tickSchedules(tx, pushing(tx));
        throw new Error("the disk is gone");
      });
    expect(fails).toThrow("the disk is gone");
    expect(keys(bench)).toEqual([]);
    expect(one(bench).next_at).toBe(START + MINUTE);
    tick(bench);
    expect(keys(bench)).toEqual([keyAt(START + MINUTE)]);
  },

  "a tick whose key is held already pushes nothing, and goes on": (bench) => {
    put(bench);
    bench.push({ idempotencyKey: keyAt(START + MINUTE) });
    tick(bench, MINUTE);
    expect(keys(bench)).toEqual([keyAt(START + MINUTE)]);
    expect(one(bench)).toMatchObject({ last_task: bench.idAt(1), next_at: START + 2 * MINUTE });
  },

  "missed ticks become none, one or all, a slice at a time": (bench) => {
    const late = (MAX_TICKS_AT_ONCE + 5) * MINUTE + 30_000;
    for (const missed of ["skip", "one", "all"] as const) put(bench, missed, { missed, startAt: START + MINUTE });
    // The last of them is half a minute old, which is in time.
    tick(bench, late);
    const count = (name: string) => keys(bench).filter((key) => key.startsWith(`schedule/${name}/`)).length;
    expect([count("skip"), count("one"), count("all")]).toEqual([1, 1, MAX_TICKS_AT_ONCE]);
    expect(bench.tally.tickAt).toBe(START + (MAX_TICKS_AT_ONCE + 1) * MINUTE);
    tick(bench);
    expect([count("skip"), count("one"), count("all")]).toEqual([1, 1, MAX_TICKS_AT_ONCE + 5]);
    expect(new Set(keys(bench)).size).toBe(keys(bench).length);
    expect(bench.tally.tickAt).toBe(START + (MAX_TICKS_AT_ONCE + 6) * MINUTE);
  },

  "ticks do not overlap where they are not to: what is under way stands for them": (bench) => {
    put(bench, "s", { overlap: "skip" });
    tick(bench, MINUTE);
    tick(bench, MINUTE);
    expect(keys(bench)).toHaveLength(1);
    expect(one(bench)).toMatchObject({ ticks: 1, skipped: 1, last_at: START + 2 * MINUTE });
    const session = bench.worker();
    const [row] = bench.claim(session, 1, true);
    tick(bench, MINUTE);
    expect(one(bench)).toMatchObject({ ticks: 1, skipped: 2 });
    bench.event({ type: "ack", id: bench.idOf(row), lease: bench.leaseOf(row), result: { ok: "1" } }, session);
    tick(bench, MINUTE);
    expect(one(bench)).toMatchObject({ ticks: 2, skipped: 2, last_task: bench.idAt(2) });
  },

  "of several that are missed and not to overlap, one is told": (bench) => {
    put(bench, "s", { overlap: "skip", missed: "all" });
    tick(bench, 3 * MINUTE);
    expect(keys(bench)).toEqual([keyAt(START + MINUTE)]);
    expect(one(bench)).toMatchObject({ ticks: 1, skipped: 2, next_at: START + 4 * MINUTE });
  },

  "a paused schedule has no ticks; it goes on with the next, and makes up for none": (bench) => {
    put(bench);
    bench.commit((tx) => pauseSchedule(tx, "s", true));
    expect(bench.tally.tickAt).toBeNull();
    expect(ticksAhead(one(bench))).toEqual([]);
    tick(bench, 10 * MINUTE + 1);
    expect(keys(bench)).toEqual([]);
    bench.commit((tx) => pauseSchedule(tx, "s", false));
    expect(ticksAhead(one(bench))).toEqual([11, 12, 13, 14, 15].map((n) => START + n * MINUTE));
    bench.commit((tx) => pauseSchedule(tx, "s", false));
    expect(bench.rows).toBe(0);
  },

  "a schedule that is set anew keeps what it has ticked, and its interval's beginning": (bench) => {
    put(bench);
    tick(bench, MINUTE);
    bench.now += 7;
    put(bench, "s", { everyMs: MINUTE / 2 }, { args: "2" });
    expect(one(bench)).toMatchObject({ args: "2", ticks: 1, created_at: START, next_at: START + 1.5 * MINUTE });
    expect(schedules(bench.tx())).toHaveLength(1);
  },

  "a deleted schedule ticks no more, and its tasks stay; another goes on": (bench) => {
    put(bench, "a");
    put(bench, "b", { everyMs: 2 * MINUTE });
    tick(bench, MINUTE);
    expect(value(bench.commit((tx) => deleteSchedule(tx, "a")))).toBeNull();
    expect(bench.tally.tickAt).toBe(START + 2 * MINUTE);
    tick(bench, MINUTE);
    expect(keys(bench)).toEqual([keyAt(START + MINUTE, "a"), keyAt(START + 2 * MINUTE, "b")]);
  },

  "a schedule that has come to its end stays, and is never due": (bench) => {
    put(bench, "s", { endAt: START + MINUTE });
    tick(bench, MINUTE);
    expect(one(bench)).toMatchObject({ ticks: 1, next_at: null });
    expect(bench.tally.tickAt).toBeNull();
  },

  "one that is run by hand pushes its task, without a key, and its ticks stay where they are": (bench) => {
    put(bench);
    const first = value(run(bench, "s"));
    const second = value(run(bench, "s"));
    expect([first.created, second.created, first.id === second.id]).toEqual([true, true, false]);
    for (const { id } of [first, second]) expect(bench.view(id).idempotencyKey).toBeUndefined();
    expect(one(bench)).toMatchObject({ ticks: 0, last_task: null, next_at: START + MINUTE });
  },

  "what there is not is not found, and nothing changes": (bench) => {
    put(bench);
    bench.untouched(() => {
      const refused = [
        bench.commit((tx) => pauseSchedule(tx, "x", true)),
        bench.commit((tx) => deleteSchedule(tx, "x")),
        run(bench, "x"),
      ];
      expect(refused.map((result) => (result.ok ? "" : result.error.code))).toEqual([
        "schedule_not_found",
        "schedule_not_found",
        "schedule_not_found",
      ]);
    });
    expect(one(bench).rule).toBe(JSON.stringify(RULE));
  },

  "there are at most so many, and each of these can still be set anew": (bench) => {
    for (let n = 0; n < MAX_SCHEDULES; n++) put(bench, `s${n}`);
    expect(put(bench, "more")).toMatchObject({ ok: false, error: { code: "too_many_requests" } });
    expect(put(bench, "s0", { everyMs: 2 * MINUTE }).ok).toBe(true);
    expect(schedules(bench.tx())).toHaveLength(MAX_SCHEDULES);
  },

  "what ticks at once is bounded by the size of its args as well; the rest is due still": (bench) => {
    const args = JSON.stringify("x".repeat(MAX_SCHEDULE_ARGS_BYTES - 2));
    for (const name of ["a", "b"]) put(bench, name, { missed: "all" }, { args });
    const most = Math.floor(MAX_FRAME_CHARACTERS / args.length);
    tick(bench, 60 * MINUTE);
    expect(keys(bench)).toHaveLength(most);
    for (let slice = 0; slice < 120 / most; slice++) tick(bench);
    expect(new Set(keys(bench)).size).toBe(120);
    expect(bench.tally.tickAt).toBe(START + 61 * MINUTE);
  },

  "a run by hand is nothing that a tick waits for, and does not hide what it does": (bench) => {
    put(bench, "s", { overlap: "skip" });
    tick(bench, MINUTE);
    const session = bench.worker();
    const { id } = value(run(bench, "s"));
    const rows = bench.claim(session, 2, true);
    const byHand = rows.find((row) => bench.idOf(row) === id);
    bench.event({ type: "ack", id, lease: bench.leaseOf(byHand), result: { ok: "1" } }, session);
    tick(bench, MINUTE);
    expect(one(bench)).toMatchObject({ ticks: 1, skipped: 1 });
  },

  "those that are due together all tick": (bench) => {
    for (const name of ["a", "b", "c"]) put(bench, name);
    put(bench, "later", { everyMs: 5 * MINUTE });
    tick(bench, MINUTE);
    expect(keys(bench)).toEqual(["a", "b", "c"].map((name) => keyAt(START + MINUTE, name)));
  },
};
