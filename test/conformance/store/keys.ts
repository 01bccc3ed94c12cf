/** Cases of the store: idempotency keys. */

import { expect } from "vitest";
import { cancel, remove, reschedule, resume } from "../../../src/store/tasks.ts";
import { vacuumSlice } from "../../../src/store/vacuum.ts";
import { START, type StoreBench, type StoreCases } from "../../support/store.ts";

const KEYED = { idempotencyKey: "k" } as const;
const TERMINAL = { idempotencyKey: "k", idempotencyUntil: "terminal" } as const;

/** Brings a fresh keyed task to its end. */
function killed(bench: StoreBench, task: { idempotencyKey: string; idempotencyUntil?: "terminal" | "gone" }): string {
  const id = bench.pushOne(task);
  bench.commit((tx) => cancel(tx, id));
  return id;
}

export const keyCases: StoreCases = {
  "a known key answers its task's id and status, and writes nothing": (bench) => {
    const [first] = bench.push(KEYED, {});
    const again = bench.untouched(() => bench.push({ ...KEYED, args: "2", priority: 5 }));
    expect(again).toEqual([{ id: first?.id, status: "Pending", created: false }]);
    expect(bench.rows).toBe(0);
    expect(bench.tally.counts.Pending).toBe(2);
  },

  "a known key answers whatever status its task has": (bench) => {
    const w = bench.worker();
    const id = bench.leased(w, KEYED);
    expect(bench.push(KEYED)).toEqual([{ id, status: "Queued", created: false }]);
    bench.event({ type: "start", id, lease: bench.lease(id) });
    expect(bench.push(KEYED)).toEqual([{ id, status: "Running", created: false }]);
    bench.event({ type: "ack", id, lease: bench.lease(id), result: { err: "no" } });
    expect(bench.push(KEYED)).toEqual([{ id, status: "Failed", created: false }]);
    bench.commit((tx) => cancel(tx, id));
    expect(bench.push(KEYED)).toEqual([{ id, status: "Killed", created: false }]);
  },

  "the second of one batch is the first, and the others are new": (bench) => {
    const pushed = bench.push(
      { args: "1", ...KEYED },
      { args: "2" },
      { args: "3", ...KEYED },
      { args: "4", idempotencyKey: "l" },
    );
    expect(pushed.map((one) => one.created)).toEqual([true, true, false, true]);
    expect(pushed[2]?.id).toBe(pushed[0]?.id);
    expect(bench.view(pushed[0]?.id ?? "").args).toBe("1");
    expect(bench.tally.counts.Pending).toBe(3);
  },

  "the second of one batch has the status that the first was delivered with": (bench) => {
    const w = bench.worker();
    const { pushed } = bench.pushTo([bench.taker(w, 5, true)], KEYED, KEYED);
    expect(pushed.map((one) => one.status)).toEqual(["Running", "Running"]);
  },

  "the empty string is a key": (bench) => {
    const id = bench.pushOne({ idempotencyKey: "" });
    expect(bench.push({ idempotencyKey: "" })).toMatchObject([{ id, created: false }]);
    expect(bench.push({})).toMatchObject([{ created: true }]);
    expect(bench.view(id).idempotencyKey).toBe("");
  },

  "a key is unique within its group, and without a group within the queue": (bench) => {
    const plain = bench.pushOne(KEYED);
    const [a, b, empty] = bench.push(
      { ...KEYED, groupKey: "a" },
      { ...KEYED, groupKey: "b" },
      { ...KEYED, groupKey: "" },
    );
    expect(new Set([plain, a?.id, b?.id, empty?.id]).size).toBe(4);
    expect(bench.push({ ...KEYED, groupKey: "b" })).toMatchObject([{ id: b?.id, created: false }]);
    expect(bench.push(KEYED)).toMatchObject([{ id: plain, created: false }]);
  },

  "keys that differ by case, blanks, NUL or what follows a NUL are different": (bench) => {
    const keys = ["k", "K", "k ", "k\u0000", "k\u0000a", "k\u0000b", "1", "01", "1.0", "null", "é", "e\u0301"];
    const pushed = bench.push(...keys.map((idempotencyKey) => ({ idempotencyKey })));
    expect(pushed.every((one) => one.created)).toBe(true);
    const again = bench.push(...keys.map((idempotencyKey) => ({ idempotencyKey })));
    expect(again.map((one) => one.id)).toEqual(pushed.map((one) => one.id));
    expect(pushed.map((one) => bench.view(one.id).idempotencyKey)).toEqual(keys);
  },

  "with `gone` the key is free again once the row is deleted, not when it ends": (bench) => {
    const id = killed(bench, KEYED);
    expect(bench.push(KEYED)).toMatchObject([{ id, created: false }]);
    bench.commit((tx) => remove(tx, id));
    expect(bench.push(KEYED)).toMatchObject([{ created: true }]);
  },

  "with `gone` the key is free again after vacuum": (bench) => {
    const id = killed(bench, KEYED);
    bench.commit((tx) => vacuumSlice(tx, { olderThanMs: 0 }, 0, 10));
    const [next] = bench.push(KEYED);
    expect(next).toMatchObject({ created: true });
    expect(next?.id).not.toBe(id);
  },

  "with `terminal` the key is free once the task is Done or Killed": (bench) => {
    const w = bench.worker();
    const first = bench.leased(w, TERMINAL);
    bench.event({ type: "ack", id: first, lease: bench.lease(first), result: { ok: "1" } });
    const second = bench.pushOne(TERMINAL);
    expect(second).not.toBe(first);
    expect(bench.view(first).idempotencyKey).toBe("k");
    bench.commit((tx) => cancel(tx, second));
    expect(bench.push(TERMINAL)).toMatchObject([{ created: true }]);
  },

  "with `terminal` a failure that will be retried keeps its key": (bench) => {
    const id = bench.leased(bench.worker(), TERMINAL);
    bench.event({ type: "ack", id, lease: bench.lease(id), result: { err: "no" } });
    expect(bench.push(TERMINAL)).toMatchObject([{ id, created: false }]);
  },

  "a task that is resumed takes its freed key up again when nobody has it": (bench) => {
    const id = killed(bench, TERMINAL);
    bench.commit((tx) => resume(tx, id));
    expect(bench.push(TERMINAL)).toMatchObject([{ id, created: false }]);
    bench.commit((tx) => cancel(tx, id));
    bench.commit((tx) => reschedule(tx, id, START));
    expect(bench.push(TERMINAL)).toMatchObject([{ id, created: false }]);
  },

  "a task that is resumed loses its key when another took it": (bench) => {
    const first = killed(bench, TERMINAL);
    const second = bench.pushOne(TERMINAL);
    bench.touching([first], () => bench.commit((tx) => resume(tx, first)));
    expect(bench.view(first)).not.toHaveProperty("idempotencyKey");
    expect(bench.push(TERMINAL)).toMatchObject([{ id: second, created: false }]);
    bench.commit((tx) => cancel(tx, first));
    expect(bench.push(TERMINAL)).toMatchObject([{ id: second, created: false }]);
  },

  "of two that want one key back, the first has it, and a key of another group is no hindrance": (bench) => {
    const one = killed(bench, TERMINAL);
    const two = killed(bench, TERMINAL);
    const other = bench.pushOne({ ...TERMINAL, groupKey: "g" });
    bench.commit((tx) => [resume(tx, one), resume(tx, two)]);
    expect(bench.push(TERMINAL)).toMatchObject([{ id: one, created: false }]);
    expect(bench.view(two)).not.toHaveProperty("idempotencyKey");
    expect(bench.view(other).idempotencyKey).toBe("k");
  },

  "one who asks with `gone` meets the key of one who pushed with `terminal`": (bench) => {
    const id = bench.pushOne(TERMINAL);
    expect(bench.push(KEYED)).toMatchObject([{ id, created: false }]);
    bench.commit((tx) => cancel(tx, id));
    expect(bench.push(KEYED)).toMatchObject([{ created: true }]);
  },

  "a thousand keys of a kilobyte, all escapes, are looked up at once": (bench) => {
    const tasks = Array.from({ length: 1000 }, (_, i) => ({ idempotencyKey: `${"\u0001".repeat(1020)}${i}` }));
    const pushed = bench.push(...tasks);
    const again = bench.untouched(() => bench.push(...tasks));
    expect(again.map((one) => one.id)).toEqual(pushed.map((one) => one.id));
    expect(again.some((one) => one.created)).toBe(false);
  },
};
