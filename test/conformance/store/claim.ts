/** Cases of the store: what a claim takes, and in which order. */

import { expect } from "vitest";
import { hasBacklog, nextDueAt, oldestDueAt } from "../../../src/store/backlog.ts";
import { claim } from "../../../src/store/claim.ts";
import type { SqlDriver } from "../../../src/store/driver.ts";
import { Journal } from "../../../src/store/journal.ts";
import { push } from "../../../src/store/push.ts";
import { START, type StoreBench, type StoreCases, value } from "../../support/store.ts";

const argsOf = (rows: readonly { readonly args: string }[]) => rows.map((row) => row.args);

/** The order of the contract, for any rows. */
function inOrder(rows: readonly { readonly priority: number; readonly run_at: number; readonly seq: number }[]) {
  return [...rows].sort((a, b) => b.priority - a.priority || a.run_at - b.run_at || a.seq - b.seq);
}

/** Pushes so many tasks of the future, a thousand at a time, each with a priority and a time by its number. */
function schedule(bench: StoreBench, count: number): void {
  for (let from = 0; from < count; from += 1000) {
    const size = Math.min(1000, count - from);
    bench.push(...Array.from({ length: size }, (_, i) => ({ priority: (i * 7) % 5, delayMs: 1 + ((i * 31) % 997) })));
  }
}

export const claimCases: StoreCases = {
  "tasks come by priority, then runAt, then sequence, across batches": (bench) => {
    bench.push({ args: "5" }, { args: "2", priority: 1 }, { args: "7", priority: -1 });
    bench.push({ args: "6" }, { args: "1", priority: 2_147_483_647 }, { args: "4", runAt: START - 1 });
    bench.push({ args: "3", priority: 1 }, { args: "8", priority: -2_147_483_648 });
    const w = bench.worker();
    expect(argsOf([...bench.claim(w, 3), ...bench.claim(w, 1), ...bench.claim(w, 9)])).toEqual("12345678".split(""));
  },

  "what waits is known within the transaction that changes it, also by parts of it": (bench) => {
    const w = bench.worker();
    bench.commit((tx) => {
      expect(hasBacklog(tx)).toBe(false);
      value(push(tx, [{ args: "1" }, { args: "2" }], []));
      // A step's part has a journal of its own, and the tally knows of neither.
      const part = { ...tx, journal: new Journal(tx.journal) };
      expect(hasBacklog(part)).toBe(true);
      const taker = { session: w.id, worker: w.worker, autoStart: true, room: 2 };
      expect(argsOf([...claim(part, [taker]).deliveries.values()].flat())).toEqual(["1", "2"]);
      expect(hasBacklog(part)).toBe(false);
      expect(claim(part, [taker]).deliveries.size).toBe(0);
      tx.journal.absorb(part.journal);
      expect(hasBacklog(tx)).toBe(false);
    });
    expect(bench.tally.counts).toMatchObject({ Pending: 0, Running: 2 });
  },

  "where nothing waits no row is looked for": (bench) => {
    const w = bench.worker();
    bench.push({});
    bench.claim(w, 1);
    const sql = { ...bench.sql, all: () => expect.unreachable("a statement") };
    const tx = { ...bench.tx(), sql: sql as SqlDriver };
    expect(hasBacklog(tx)).toBe(false);
    expect(nextDueAt(tx)).toBe(null);
    expect(oldestDueAt(tx)).toBe(null);
    expect(claim(tx, [{ session: w.id, worker: w.worker, autoStart: true, room: 2 }]).more).toBe(false);
  },

  "a claim takes the first by order and leaves the rest": (bench) => {
    const pushed = bench.push({}, { priority: 1 }, {});
    const taken = pushed[1]?.id ?? "";
    const rows = bench.touching([taken], () => bench.claim(bench.worker(), 1));
    expect(rows.map((row) => row.seq)).toEqual([2]);
    expect(bench.tally.counts).toMatchObject({ Pending: 2, Queued: 1 });
  },

  "a claim gives a lease of its own to each task, and a new one to a task that is claimed anew": (bench) => {
    const [a, b] = bench.push({}, {}).map((one) => one.id);
    const w = bench.worker();
    bench.claim(w, 2);
    const first = [bench.lease(a ?? ""), bench.lease(b ?? "")];
    expect(new Set(first).size).toBe(2);
    bench.event({ type: "release", id: a ?? "", lease: first[0] ?? "" });
    bench.claim(w, 1);
    expect(bench.lease(a ?? "")).not.toBe(first[0]);
  },

  "a leased task is not claimed again, nor a terminal one": (bench) => {
    bench.push({}, {}, {});
    const w = bench.worker();
    const [first] = bench.claim(w, 2);
    bench.event({ type: "ack", id: bench.idOf(first), lease: bench.leaseOf(first), result: { ok: "1" } });
    expect(bench.claim(w, 9).map((row) => row.seq)).toEqual([3]);
    expect(bench.untouched(() => bench.claim(w, 9))).toEqual([]);
    expect(bench.rows).toBe(0);
  },

  "a task of the future is taken when it is due, not before": (bench) => {
    bench.push({ delayMs: 1000 });
    const w = bench.worker();
    bench.now += 999;
    expect(bench.untouched(() => bench.claim(w))).toEqual([]);
    expect(nextDueAt(bench.tx())).toBe(START + 1000);
    expect(hasBacklog(bench.tx())).toBe(false);
    bench.now += 1;
    expect(hasBacklog(bench.tx())).toBe(true);
    expect(bench.claim(w)).toHaveLength(1);
    expect(bench.journal.waits).toEqual([0]);
    expect(nextDueAt(bench.tx())).toBe(null);
  },

  "a few due ones take their place among the ready ones without being promoted": (bench) => {
    bench.push(
      { args: "3" },
      { args: "1", priority: 5 },
      { args: "2", priority: 1, delayMs: 10 },
      { args: "4", delayMs: 5 },
    );
    bench.now += 10;
    expect(argsOf(bench.claim(bench.worker(), 4))).toEqual(["1", "2", "3", "4"]);
  },

  "a retry takes its place by its own runAt": (bench) => {
    const w = bench.worker();
    const id = bench.leased(w, { args: "retried" });
    bench.event({ type: "ack", id, lease: bench.lease(id), result: { err: "x", retryAfterMs: 50 } });
    bench.now += 40;
    bench.push({ args: "before" });
    bench.now += 20;
    bench.push({ args: "after" });
    expect(argsOf(bench.claim(w, 3))).toEqual(["before", "retried", "after"]);
  },

  "a hundred and one due ones are promoted, and the order is exact": (bench) => {
    schedule(bench, 101);
    bench.now += 2000;
    bench.push({ priority: 9 }, { priority: -9 });
    const rows = bench.claim(bench.worker(), 200);
    expect(rows).toHaveLength(103);
    expect(rows.map((row) => row.seq)).toEqual(inOrder(rows).map((row) => row.seq));
  },

  "with more than a thousand due, the thousand with the earliest runAt are promoted and ordered": (bench) => {
    schedule(bench, 2500);
    bench.now += 2000;
    const w = bench.worker();
    const rows = bench.claim(w, 1);
    expect(rows[0]).toMatchObject({ priority: 4 });
    const [promoted] = bench.sql.all<{ n: number; latest: number }>(
      "SELECT count(*) AS n, max(run_at) AS latest FROM task WHERE place = 1",
    );
    const [waiting] = bench.sql.all<{ earliest: number }>("SELECT min(run_at) AS earliest FROM task WHERE place = 0");
    expect(promoted?.n).toBe(999);
    expect(promoted?.latest).toBeLessThanOrEqual(waiting?.earliest ?? 0);
  },

  "claims of any size take every due task once": (bench) => {
    schedule(bench, 2500);
    bench.now += 2000;
    const w = bench.worker();
    const seqs = new Set<number>();
    for (const size of [1, 999, 700, 1000, 300]) for (const row of bench.claim(w, size)) seqs.add(row.seq);
    expect(seqs.size).toBe(2500);
    expect(bench.claim(w, 1000)).toEqual([]);
    expect(bench.tally.counts).toMatchObject({ Pending: 0, Queued: 2500 });
  },

  "a claim ends at a thousand tasks and says that there is more": (bench) => {
    for (let i = 0; i < 3; i++) bench.push(...Array.from({ length: 500 }, () => ({})));
    const taker = bench.taker(bench.worker(), 5000);
    const sizes = [1, 2, 3].map(() => {
      const { deliveries, more } = bench.commit((tx) => claim(tx, [taker]));
      return [deliveries.get(taker)?.length ?? 0, more];
    });
    expect(sizes).toEqual([
      [1000, true],
      [500, false],
      [0, false],
    ]);
  },

  "a claim ends where args fill an answer, one task at least, and says that there is more": (bench) => {
    const args = JSON.stringify("x".repeat(1_000_000));
    for (let i = 0; i < 9; i++) bench.push({ args });
    const taker = bench.taker(bench.worker(), 100);
    const taken: number[] = [];
    for (let more = true; more; ) {
      const claimed = bench.commit((tx) => claim(tx, [taker]));
      more = claimed.more;
      taken.push(claimed.deliveries.get(taker)?.length ?? 0);
    }
    expect(taken.reduce((a, b) => a + b)).toBe(9);
    expect(Math.max(...taken)).toBeLessThanOrEqual(4);
  },

  "a claim that leaves no room says that there is no more": (bench) => {
    bench.push({}, {}, {});
    const taker = bench.taker(bench.worker(), 2);
    expect(bench.commit((tx) => claim(tx, [taker])).more).toBe(false);
  },

  "nobody who waits, or nobody with room, takes nothing": (bench) => {
    bench.push({});
    const w = bench.worker();
    bench.untouched(() => bench.commit((tx) => claim(tx, [])));
    bench.untouched(() => bench.claim(w, 0));
    expect(bench.rows).toBe(0);
  },

  "the journal says how long tasks waited, and when their leases must be looked at": (bench) => {
    bench.push({ runAt: START - 50_000 }, { timeoutMs: 300 });
    const w = bench.worker();
    bench.now += 40;
    bench.heard.set(w.id, START + 20);
    bench.claim(w, 2, true);
    expect(bench.journal.waits).toEqual([40, 40]);
    expect(bench.journal.wakeAt).toBe(START + 340);
    bench.push({});
    bench.claim(w, 1);
    expect(bench.journal.wakeAt).toBe(START + 20 + 60_000);
  },
};
