/** Cases of the store: what became of tasks, and the numbers of the queue. */

import { expect } from "vitest";
import { oldestDueAt } from "../../../src/store/backlog.ts";
import { loadConfig } from "../../../src/store/config.ts";
import { queueView, statsView } from "../../../src/store/info.ts";
import { resultViewOf } from "../../../src/store/rows.ts";
import { checkStatus } from "../../../src/store/status.ts";
import { loadTally, newTally, saveTally } from "../../../src/store/tally.ts";
import { cancel } from "../../../src/store/tasks.ts";
import { activityAt } from "../../../src/task/activity.ts";
import { addMeters, noMeters } from "../../../src/task/meters.ts";
import { DEFAULT_BACKOFF, DEFAULT_CONFIG } from "../../../src/task/task.ts";
import { recording } from "../../support/recording.ts";
import { START, type StoreCases } from "../../support/store.ts";

const DAY = 86_400_000;
const UNKNOWN = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

export const numberCases: StoreCases = {
  "a result names its codec where that is not JSON; an error is text in any": (bench) => {
    const session = bench.worker();
    const ids = [
      bench.leased(session, { args: '"QUJD"', codec: "msgpack" }),
      bench.leased(session, { args: '"QUJD"', codec: "msgpack" }),
      bench.leased(session),
    ];
    const results = [{ ok: '"QUJD"' }, { err: "no" }, { ok: "1" }];
    for (const [at, id] of ids.entries()) {
      bench.event({ type: "ack", id, lease: bench.lease(id), result: results[at] ?? { ok: "1" } });
    }
    const views = checkStatus(bench.tx(), ids).rows.map((row) => resultViewOf(bench.tx(), row));
    expect(views.map((view) => view.codec)).toEqual(["msgpack", undefined, undefined]);
  },

  "check-status answers every known id once, terminal or not, in order, and names the unknown": (bench) => {
    const session = bench.worker();
    const [a, b] = [bench.leased(session, {}, true), bench.leased(session, {}, true)];
    bench.event({ type: "ack", id: b, lease: bench.lease(b), result: { ok: "null" } });
    const { rows, unknown, left } = checkStatus(bench.tx(), [b, UNKNOWN, a, b, "", UNKNOWN]);
    expect(rows.map((row) => resultViewOf(bench.tx(), row))).toEqual([
      { id: b, status: "Done", attempt: 1, result: { ok: "null" } },
      { id: a, status: "Running", attempt: 1 },
    ]);
    expect(unknown).toEqual([UNKNOWN, ""]);
    expect(left).toEqual([]);
    expect(checkStatus(bench.tx(), [])).toEqual({ rows: [], unknown: [], left: [] });
  },

  "check-status leaves for later what does not fit an answer, one at least is answered": (bench) => {
    const session = bench.worker();
    const ok = JSON.stringify("r".repeat(260_000));
    const ids = Array.from({ length: 20 }, () => bench.leased(session));
    for (const id of ids) bench.event({ type: "ack", id, lease: bench.lease(id), result: { ok } });
    const answered: string[] = [];
    for (let asked = ids; asked.length > 0; ) {
      const { rows, left } = checkStatus(bench.tx(), asked);
      expect(rows.length).toBeGreaterThan(0);
      answered.push(...rows.map((row) => bench.idAt(row.seq)));
      asked = left;
    }
    expect(answered).toEqual(ids);
  },

  "the numbers of a queue: counts, workers that live, the oldest due, its settings": (bench) => {
    bench.worker("silent");
    bench.now += 60_000;
    bench.leased(bench.worker("a"), {}, true);
    bench.push({ delayMs: 500 }, {}, { priority: 9 });
    bench.now += 250;
    expect(queueView(bench.tx())).toMatchObject({
      name: "emails",
      counts: { Pending: 3, Queued: 0, Running: 1, Done: 0, Failed: 0, Killed: 0 },
      workers: 1,
      oldestDueAgeMs: 250,
      config: DEFAULT_CONFIG,
    });
  },

  "the oldest due is found among all priorities, promoted or not, future ones left out": (bench) => {
    expect(oldestDueAt(bench.tx())).toBe(null);
    bench.push({ delayMs: 100 });
    expect(oldestDueAt(bench.tx())).toBe(null);
    bench.push({ priority: 5 }, { priority: -3, runAt: START - 40 }, { priority: 2_147_483_647, runAt: START - 7 });
    expect(oldestDueAt(bench.tx())).toBe(START - 40);
    bench.push({ priority: -2_147_483_648, runAt: 0 });
    expect(oldestDueAt(bench.tx())).toBe(0);
    bench.now += 1_000_000;
    bench.claim(bench.worker(), 4);
    expect(oldestDueAt(bench.tx())).toBe(0);
    bench.claim(bench.worker(), 9);
    expect(oldestDueAt(bench.tx())).toBe(null);
  },

  "many priorities do not make the numbers slow": (bench) => {
    for (let n = 0; n < 4; n++)
      bench.push(...Array.from({ length: 1000 }, (_, i) => ({ priority: n * 1000 + i, runAt: START - i })));
    const { driver, calls } = recording(bench.sql);
    expect(oldestDueAt({ ...bench.tx(), sql: driver })).toBe(START - 999);
    expect(calls.length).toBeLessThan(10);
  },

  "rates are per second over the last minute, and fade": (bench) => {
    const session = bench.worker();
    const ids = Array.from({ length: 6 }, () => bench.leased(session, {}, true));
    bench.now += 30_000;
    const ack = (i: number, result: { ok: string } | { err: string; abort?: true }) =>
      bench.event({ type: "ack", id: ids[i] ?? "", lease: bench.lease(ids[i] ?? ""), result });
    for (const i of [0, 1, 2]) ack(i, { ok: "1" });
    for (const i of [3, 4]) ack(i, { err: "x" });
    ack(5, { err: "x", abort: true });
    expect(queueView(bench.tx()).rates).toEqual({ pushed: 6 / 60, done: 3 / 60, failed: 2 / 60, killed: 1 / 60 });
    bench.now += 30_001;
    expect(queueView(bench.tx()).rates).toMatchObject({ pushed: 0, done: 3 / 60 });
    bench.now += 60_000;
    expect(queueView(bench.tx()).rates).toEqual({ pushed: 0, done: 0, failed: 0, killed: 0 });
  },

  "pushes are counted by day, the last seven, oldest first": (bench) => {
    for (const [day, count] of [
      [0, 1],
      [1, 2],
      [3, 4],
      [9, 5],
    ] as const) {
      bench.now = START + day * DAY;
      bench.push(...Array.from({ length: count }, () => ({})));
    }
    expect(queueView(bench.tx()).activity).toEqual([4, 0, 0, 0, 0, 0, 5]);
    expect(activityAt(bench.tally, START + 3 * DAY)).toHaveLength(7);
    bench.now -= DAY;
    bench.push({});
    expect(queueView({ ...bench.tx(), now: START + 9 * DAY }).activity.at(-1)).toBe(6);
  },

  "waits and runs are measured, and nothing measured is null": (bench) => {
    expect(statsView(bench.tx())).toMatchObject({ waitMs: null, runMs: null });
    const session = bench.worker();
    bench.push({});
    bench.now += 100;
    const [row] = bench.claim(session, 1, true);
    bench.now += 1000;
    bench.event({ type: "ack", id: bench.idOf(row), lease: bench.leaseOf(row), result: { ok: "1" } });
    const { waitMs, runMs } = statsView(bench.tx());
    for (const p of [waitMs?.p50, waitMs?.p99]) expect(p).toBeGreaterThan(50);
    for (const p of [waitMs?.p50, waitMs?.p99]) expect(p).toBeLessThan(200);
    for (const p of [runMs?.p50, runMs?.p99]) expect(p).toBeGreaterThan(500);
    for (const p of [runMs?.p50, runMs?.p99]) expect(p).toBeLessThan(2000);
  },

  "what the queue did is metered, and only grows": (bench) => {
    const w = bench.worker();
    const ids = [0, 1, 2, 3].map(() => bench.leased(w, { maxAttempts: 2, backoff: { baseMs: 0 } }, true));
    const ack = (id: string, result: { ok: string } | { err: string; abort?: true }) =>
      bench.event({ type: "ack", id, lease: bench.lease(id), result });
    bench.now += 500;
    ack(ids[0] ?? "", { ok: "1" });
    ack(ids[1] ?? "", { err: "x" });
    ack(ids[2] ?? "", { err: "x", abort: true });
    bench.now += 1000;
    bench.claim(w, 1, true);
    const ran = { pushed: 4, claimed: 5, retried: 1, done: 1, failed: 1, killed: 1, ended: 3, ranMs: 1500 };
    expect(bench.tally.meters).toEqual({ ...ran, orphaned: 0, timedOut: 0, waitedMs: 1000 });
    expect(loadTally(bench.sql).meters).toEqual(bench.tally.meters);
    expect(addMeters(bench.tally.meters, noMeters())).toEqual(bench.tally.meters);
  },

  "leases that are taken back are metered by why": (bench) => {
    const w = bench.worker();
    bench.leased(w, { timeoutMs: 1000 }, true);
    bench.now += 1000;
    bench.sweep();
    bench.leased(w, {}, true);
    bench.now += 10 * bench.config.orphanAfterMs;
    bench.sweep();
    expect(bench.tally.meters).toMatchObject({ orphaned: 1, timedOut: 1 });
  },

  "the tally comes back as it was saved, and one of an older version is completed": (bench) => {
    bench.push({}, {});
    bench.commit((tx) => cancel(tx, bench.idAt(1)));
    expect(loadTally(bench.sql)).toEqual(bench.tally);
    const { nextSession: _, vacuumCursor: __, ...older } = bench.tally;
    saveTally(bench.sql, older as typeof bench.tally);
    expect(loadTally(bench.sql)).toEqual({ ...bench.tally, nextSession: 1, vacuumCursor: 0 });
    bench.sql.all("DELETE FROM state");
    expect(loadTally(bench.sql)).toEqual(newTally());
  },

  "settings are merged field by field, and come back": (bench) => {
    expect(loadConfig(bench.sql)).toEqual(DEFAULT_CONFIG);
    bench.configure({ paused: true });
    bench.configure({ retention: { doneMs: null } });
    bench.configure({ defaults: { backoff: { baseMs: 5, factor: 3 } } });
    bench.configure({ defaults: { backoff: { factor: 4 }, timeoutMs: 9 } });
    expect(loadConfig(bench.sql)).toEqual({
      paused: true,
      orphanAfterMs: 60_000,
      retention: { doneMs: null, killedMs: 14 * DAY },
      defaults: { priority: 0, maxAttempts: 5, backoff: { ...DEFAULT_BACKOFF, baseMs: 5, factor: 4 }, timeoutMs: 9 },
    });
    bench.configure({ paused: false, defaults: { backoff: null, timeoutMs: null }, retention: { doneMs: DAY } });
    expect(loadConfig(bench.sql)).toEqual(DEFAULT_CONFIG);
  },

  "a base that is raised above the cap lifts the cap with it": (bench) => {
    bench.configure({ defaults: { backoff: { baseMs: 7_200_000 } } });
    expect(loadConfig(bench.sql).defaults.backoff).toMatchObject({ baseMs: 7_200_000, maxMs: 7_200_000 });
  },
};
