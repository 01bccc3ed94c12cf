/** Cases of the store: rows that go, by vacuum, retention and purge. */

import { expect } from "vitest";
import type { FullRow } from "../../../src/store/rows.ts";
import type { SessionRow } from "../../../src/store/sessions.ts";
import { cancel } from "../../../src/store/tasks.ts";
import { purgeSlice, retain, type VacuumOrder, vacuumSlice } from "../../../src/store/vacuum.ts";
import type { HolderEvent } from "../../../src/task/task.ts";
import { START, type StoreBench, type StoreCases } from "../../support/store.ts";

const DAY = 86_400_000;

/** Vacuums to the end, in slices. */
function vacuum(
  bench: StoreBench,
  order: VacuumOrder,
  limit = 1_000_000,
): { removed: number; full: boolean; slices: number } {
  let [removed, cursor, slices] = [0, 0, 0];
  for (;;) {
    const [from, room] = [cursor, limit - removed];
    const slice = bench.commit((tx) => vacuumSlice(tx, order, from, room));
    removed += slice.removed;
    cursor = slice.cursor;
    slices++;
    if (slice.end || (slice.full && removed >= limit)) return { removed, full: slice.full, slices };
  }
}

/** Runs a pass of the retention; how many slices it took. */
function pass(bench: StoreBench): number {
  for (let slices = 1; ; slices++) if (!bench.commit((tx) => retain(tx))) return slices;
}

/** So many tasks that are Killed, and as many that are Done. */
function terminal(bench: StoreBench, each: number): { done: string[]; killed: string[] } {
  const session = bench.worker(`w${bench.tally.nextSession}`);
  const ids = Array.from({ length: each * 2 }, () => bench.leased(session, {}, true));
  for (let from = 0; from < ids.length; from += 1000) {
    const batch = ids.slice(from, from + 1000);
    bench.events(
      batch.map((id, i) => ({
        type: "ack",
        id,
        lease: bench.lease(id),
        result: i % 2 === 0 ? { ok: "1" } : { err: "x", abort: true },
      })),
    );
  }
  return { done: ids.filter((_, i) => i % 2 === 0), killed: ids.filter((_, i) => i % 2 === 1) };
}

/** Tasks that a worker runs, by the thousand. */
function running(bench: StoreBench, session: SessionRow, count: number): FullRow[] {
  for (let left = count; left > 0; left -= 1000) bench.push(...Array.from({ length: 1000 }, () => ({})));
  return Array.from({ length: count / 1000 }, () => bench.claim(session, 1000, true)).flat();
}

function finish(bench: StoreBench, rows: readonly FullRow[]): void {
  const events = rows.map((row): HolderEvent => {
    return { type: "ack", id: bench.idOf(row), lease: bench.leaseOf(row), result: { ok: "1" } };
  });
  for (let from = 0; from < events.length; from += 1000) bench.events(events.slice(from, from + 1000));
}

const seqs = (bench: StoreBench) => (bench.dump().task ?? []).map((row) => Number(row.seq));

export const vacuumCases: StoreCases = {
  "without an age the queue's retention counts, from doneAt, each status by its own": (bench) => {
    const { done, killed } = terminal(bench, 2);
    bench.now += DAY - 1;
    expect(vacuum(bench, {}).removed).toBe(0);
    bench.now += 1;
    expect(bench.touching(done, () => vacuum(bench, {}).removed)).toBe(2);
    expect(bench.journal.gone).toHaveLength(2);
    bench.now += 13 * DAY;
    expect(vacuum(bench, {}).removed).toBe(2);
    expect(killed).toHaveLength(2);
    expect(seqs(bench)).toEqual([]);
  },

  "with an age all that has been terminal for so long goes, zero is every terminal task": (bench) => {
    terminal(bench, 1);
    bench.now += 100;
    const [fresh] = terminal(bench, 1).done;
    const retried = bench.leased(bench.worker("z"), {}, true);
    bench.event({ type: "ack", id: retried, lease: bench.lease(retried), result: { err: "x" } });
    expect(vacuum(bench, { olderThanMs: 101 }).removed).toBe(0);
    expect(vacuum(bench, { olderThanMs: 100 }).removed).toBe(2);
    expect(bench.view(fresh ?? "").status).toBe("Done");
    bench.now -= 1_000_000;
    expect(vacuum(bench, { olderThanMs: 0 }).removed).toBe(2);
    expect(seqs(bench)).toEqual([bench.seqOf(retried)]);
  },

  "it may be limited to a status": (bench) => {
    terminal(bench, 3);
    expect(vacuum(bench, { olderThanMs: 0, status: "Killed" }).removed).toBe(3);
    expect(bench.tally.counts).toMatchObject({ Done: 3, Killed: 0 });
    expect(vacuum(bench, { olderThanMs: 0, status: "Done" }).removed).toBe(3);
  },

  "what waits, fails or is leased is never vacuumed": (bench) => {
    const session = bench.worker();
    const ids = [bench.leased(session), bench.leased(session, {}, true), bench.leased(session, {}, true)];
    bench.event({ type: "ack", id: ids[2] ?? "", lease: bench.lease(ids[2] ?? ""), result: { err: "x" } });
    bench.push({});
    bench.now += 1000 * DAY;
    bench.untouched(() => vacuum(bench, { olderThanMs: 0 }));
    bench.untouched(() => vacuum(bench, {}));
    expect(bench.rows).toBe(0);
  },

  "a limit is kept exactly, and more is said only if there is more": (bench) => {
    terminal(bench, 5);
    bench.push({}, {});
    expect(vacuum(bench, { olderThanMs: 0 }, 4)).toMatchObject({ removed: 4, full: true });
    expect(vacuum(bench, { olderThanMs: 0 }, 6)).toMatchObject({ removed: 6, full: false });
    expect(vacuum(bench, { olderThanMs: 0 }, 6)).toMatchObject({ removed: 0, full: false });
  },

  "it goes in slices of a thousand removed and five thousand looked at, and counts exactly": (bench) => {
    const rows = running(bench, bench.worker(), 7000);
    finish(
      bench,
      rows.filter(({ seq }) => seq % 2 === 0),
    );
    expect(vacuum(bench, { olderThanMs: 0 })).toEqual({ removed: 3500, full: false, slices: 4 });
    expect(vacuum(bench, { olderThanMs: 0 })).toEqual({ removed: 0, full: false, slices: 1 });
    expect(bench.tally.counts).toMatchObject({ Running: 3500, Done: 0 });
  },

  "a retention that never ends keeps for ever, unless an age is named": (bench) => {
    bench.configure({ retention: { doneMs: null, killedMs: null } });
    terminal(bench, 1);
    expect(bench.tally.retentionAt).toBe(null);
    bench.now += 10_000 * DAY;
    expect(vacuum(bench, {}).removed).toBe(0);
    expect(vacuum(bench, { olderThanMs: DAY }).removed).toBe(2);
  },

  "the retention wakes when the first may go, then for the next, then not at all": (bench) => {
    const [first] = terminal(bench, 1).done;
    bench.now += DAY / 2;
    bench.commit((tx) => cancel(tx, bench.pushOne()));
    expect(bench.tally.retentionAt).toBe(START + DAY);
    bench.now = START + DAY - 1;
    bench.untouched(() => expect(pass(bench)).toBe(1));
    bench.now = START + DAY;
    expect(pass(bench)).toBe(1);
    expect(() => bench.row(first ?? "")).toThrow("task_not_found");
    expect(bench.tally.retentionAt).toBe(START + 14 * DAY);
    bench.now = START + 15 * DAY;
    expect(pass(bench)).toBe(1);
    expect(bench.tally).toMatchObject({ retentionAt: null, retentionCursor: 0, retentionNext: null });
    expect(seqs(bench)).toEqual([]);
  },

  "two passes are a tenth of the shortest retention apart, and no task outstays by more": (bench) => {
    bench.configure({ retention: { doneMs: 100_000, killedMs: 1_000_000 } });
    terminal(bench, 1);
    bench.now += 5_000;
    terminal(bench, 1);
    bench.now = START + 100_000;
    pass(bench);
    expect(bench.tally.retentionAt).toBe(START + 110_000);
    bench.now = START + 110_000;
    pass(bench);
    expect(bench.tally.counts).toMatchObject({ Done: 0, Killed: 2 });
  },

  "a pass goes in slices, and what ends behind it meanwhile is not forgotten": (bench) => {
    bench.configure({ retention: { doneMs: 10_000, killedMs: null } });
    const session = bench.worker();
    const early = bench.leased(session, {}, true);
    finish(bench, running(bench, session, 6000));
    bench.now += 10_000;
    expect(bench.commit((tx) => retain(tx))).toBe(true);
    bench.event({ type: "ack", id: early, lease: bench.lease(early), result: { ok: "1" } });
    expect(pass(bench)).toBeGreaterThan(3);
    expect(seqs(bench)).toEqual([1]);
    expect(bench.tally.retentionAt).toBe(START + 20_000);
    bench.now += 10_000;
    pass(bench);
    expect(seqs(bench)).toEqual([]);
  },

  "what ends in the commit of the pass itself is not forgotten either": (bench) => {
    const early = bench.leased(bench.worker(), {}, true);
    terminal(bench, 1);
    bench.now += DAY;
    bench.commit((tx) => {
      retain(tx);
      return cancel(tx, early);
    });
    expect(bench.tally.retentionAt).toBe(START + 14 * DAY);
    bench.now = START + 15 * DAY;
    pass(bench);
    expect(seqs(bench)).toEqual([]);
  },

  "purge removes all that is not leased, in slices": (bench) => {
    const session = bench.worker();
    const held = [bench.leased(session), bench.leased(session, {}, true)];
    terminal(bench, 2);
    for (let i = 0; i < 2; i++) bench.push(...Array.from({ length: 700 }, () => ({})));
    const before = held.map((id) => bench.raw(id));
    const slices: unknown[] = [];
    for (let more = true; more; ) {
      const slice = bench.commit((tx) => purgeSlice(tx));
      slices.push(slice);
      more = slice.more;
    }
    expect(slices).toEqual([
      { removed: 1000, more: true },
      { removed: 404, more: false },
    ]);
    expect(held.map((id) => bench.raw(id))).toEqual(before);
    expect(bench.tally.counts).toEqual({ Pending: 0, Queued: 1, Running: 1, Done: 0, Failed: 0, Killed: 0 });
  },
};
