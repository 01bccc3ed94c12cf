/** Cases of the store: many tasks at once, in slices. */

import { expect } from "vitest";
import { type BulkOrder, type BulkSlice, bulkSlice } from "../../../src/store/bulk.ts";
import { cancel } from "../../../src/store/tasks.ts";
import { START, type StoreBench, type StoreCases } from "../../support/store.ts";

type Order = Partial<BulkOrder> & Pick<BulkOrder, "verb">;

/** All slices of an order, and how many there were. */
function run(bench: StoreBench, order: Order, limit = 10_000, slice = 1000) {
  const whole: BulkOrder = { dryRun: false, runAt: START, ...order };
  let [matched, changed, slices] = [0, 0, 0];
  for (let cursor: number | null = null; ; ) {
    const from: number | null = cursor;
    const part: BulkSlice = bench.commit((tx) => bulkSlice(tx, whole, from, Math.min(slice, limit - matched)));
    matched += part.matched;
    changed += part.changed;
    cursor = part.cursor;
    slices++;
    if (cursor === null || matched >= limit) return { matched, changed, more: cursor !== null, slices };
  }
}

/** One task of each status; their ids. */
function each(bench: StoreBench) {
  const [queued, running, done, failed, killed] = [0, 1, 2, 3, 4].map((i) =>
    bench.leased(bench.worker(`w${i}`), {}, i > 0),
  );
  const lease = (id = "") => ({ id, lease: bench.lease(id) });
  bench.event({ type: "ack", ...lease(done), result: { ok: "1" } });
  bench.event({ type: "ack", ...lease(failed), result: { err: "x", retryAfterMs: 1000 } });
  bench.event({ type: "ack", ...lease(killed), result: { err: "x", abort: true } });
  const pending = bench.pushOne();
  return { pending, queued, running, done, failed, killed } as Record<string, string>;
}

const statusesOf = (bench: StoreBench, ids: Record<string, string>) =>
  Object.values(ids).map((id) =>
    bench.dump().task?.some((row) => row.seq === bench.seqOf(id)) ? bench.view(id).status : "gone",
  );

export const bulkCases: StoreCases = {
  "each verb does to each of many what it does to one, and passes over the rest": (bench) => {
    const expected: Record<BulkOrder["verb"], [number, string[]]> = {
      resume: [2, ["Pending", "Queued", "Running", "Done", "Pending", "Pending"]],
      cancel: [4, ["Killed", "Killed", "Killed", "Done", "Killed", "Killed"]],
      reschedule: [5, ["Pending", "Pending", "Pending", "Done", "Pending", "Pending"]],
      delete: [4, ["gone", "Queued", "Running", "gone", "gone", "gone"]],
    };
    for (const [verb, [changed, statuses]] of Object.entries(expected)) {
      const ids = each(bench);
      const order = { verb: verb as BulkOrder["verb"], ids: Object.values(ids), runAt: START + 9 };
      expect(bench.untouched(() => run(bench, { ...order, dryRun: true }))).toMatchObject({ matched: 6, changed });
      expect(bench.touching(order.ids, () => run(bench, order))).toMatchObject({ matched: 6, changed, more: false });
      expect(statusesOf(bench, ids)).toEqual(statuses);
      bench.now += 1_000_000;
      run(bench, { verb: "cancel", filter: {} });
      run(bench, { verb: "delete", filter: {} });
      bench.now = START;
    }
  },

  "a dry run tells nobody and writes nothing": (bench) => {
    const ids = each(bench);
    bench.untouched(() => run(bench, { verb: "cancel", filter: {}, dryRun: true }));
    expect(bench.rows).toBe(0);
    expect(bench.journal.isEmpty).toBe(true);
    expect(bench.journal.lost).toEqual([]);
    expect(Object.keys(ids)).toHaveLength(6);
  },

  "ids that are unknown or named twice count once or not at all": (bench) => {
    const id = bench.pushOne();
    const order: Order = { verb: "cancel", ids: [id, "01ARZ3NDEKTSV4RRFFQ69G5FAV", id, "", id] };
    expect(run(bench, order)).toMatchObject({ matched: 1, changed: 1, more: false });
    expect(run(bench, order)).toMatchObject({ matched: 1, changed: 0, more: false });
    expect(run(bench, { verb: "cancel", ids: [] })).toMatchObject({ matched: 0, changed: 0, more: false });
  },

  "an id that is guessed from another's finds nothing, though its sequence is that of a task": (bench) => {
    const id = bench.pushOne();
    const guess = id.slice(0, -1) + (id.endsWith("0") ? "1" : "0");
    expect(bench.seqOf(guess)).toBe(bench.seqOf(id));
    for (const verb of ["cancel", "reschedule", "delete"] as const) {
      expect(bench.untouched(() => run(bench, { verb, ids: [guess] }))).toMatchObject({ matched: 0, changed: 0 });
    }
    expect(run(bench, { verb: "cancel", ids: [guess, id] })).toMatchObject({ matched: 1, changed: 1 });
  },

  "holders of what was taken away are told": (bench) => {
    const { queued = "", running = "" } = each(bench);
    const leases = [queued, running].map((id) => ({ id, lease: bench.lease(id), reason: "cancelled" }));
    bench.commit((tx) => bulkSlice(tx, { verb: "cancel", ids: [queued, running], dryRun: false, runAt: 0 }, null, 10));
    expect(bench.journal.lost).toMatchObject(leases);
  },

  "a filter finds by status, group and creation": (bench) => {
    bench.push({ groupKey: "g" }, { groupKey: "h" }, {});
    bench.now += 100;
    bench.push({ groupKey: "g" }, {});
    const matched = (filter: BulkOrder["filter"]) => run(bench, { verb: "cancel", filter, dryRun: true }).matched;
    expect(matched({})).toBe(5);
    expect(matched({ groupKey: "g" })).toBe(2);
    expect(matched({ groupKey: "g", after: START + 1 })).toBe(1);
    expect(matched({ before: START + 100 })).toBe(3);
    expect(matched({ status: "Pending", after: START + 100 })).toBe(2);
    expect(matched({ status: "Killed" })).toBe(0);
    const [first] = bench.dump().task ?? [];
    bench.commit((tx) => cancel(tx, bench.idAt(Number(first?.seq))));
    expect(matched({ status: "Killed" })).toBe(1);
  },

  "a filter goes through everything in slices, though the verb takes rows out of it": (bench) => {
    bench.push(...Array.from({ length: 1000 }, () => ({})));
    bench.push(...Array.from({ length: 500 }, () => ({ groupKey: "g" })));
    expect(run(bench, { verb: "cancel", filter: { status: "Pending" } })).toMatchObject({
      matched: 1500,
      changed: 1500,
      more: false,
    });
    expect(run(bench, { verb: "resume", filter: { status: "Killed", groupKey: "g" } }, 10_000, 70)).toMatchObject({
      changed: 500,
    });
    expect(run(bench, { verb: "delete", filter: { status: "Killed" } }, 10_000, 333)).toMatchObject({
      matched: 1000,
      changed: 1000,
    });
    expect(bench.tally.counts).toMatchObject({ Pending: 500, Killed: 0 });
  },

  "a limit ends it, and says that there is more only if there is": (bench) => {
    bench.push(...Array.from({ length: 20 }, () => ({})));
    expect(run(bench, { verb: "cancel", filter: { status: "Pending" } }, 15)).toMatchObject({
      matched: 15,
      changed: 15,
      more: true,
    });
    expect(run(bench, { verb: "cancel", filter: { status: "Pending" } }, 5)).toMatchObject({
      matched: 5,
      changed: 5,
      more: false,
    });
    expect(run(bench, { verb: "cancel", filter: { status: "Pending" } }, 5)).toMatchObject({ matched: 0, more: false });
  },

  "ids go in slices too": (bench) => {
    const ids = bench.push(...Array.from({ length: 25 }, () => ({}))).map((one) => one.id);
    expect(run(bench, { verb: "reschedule", ids, runAt: START + 5 }, 10_000, 10)).toEqual({
      matched: 25,
      changed: 25,
      more: false,
      slices: 3,
    });
    expect(run(bench, { verb: "delete", ids }, 20, 10)).toMatchObject({ matched: 20, changed: 20, more: true });
  },

  "a filter that finds little walks on in bounded slices": (bench) => {
    for (let i = 0; i < 6; i++) bench.push(...Array.from({ length: 1000 }, () => ({})));
    const rare = bench.pushOne({ groupKey: "rare" });
    const first = bench.commit((tx) =>
      bulkSlice(tx, { verb: "cancel", filter: { groupKey: "rare" }, dryRun: false, runAt: 0 }, null, 10),
    );
    expect(first).toEqual({ matched: 0, changed: 0, cursor: 5000 });
    expect(run(bench, { verb: "cancel", filter: { groupKey: "rare" } })).toMatchObject({
      matched: 1,
      changed: 1,
      more: false,
    });
    expect(bench.view(rare).status).toBe("Killed");
  },
};
