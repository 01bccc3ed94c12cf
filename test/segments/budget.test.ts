// Rows of a plain task's life. Segments have no index, so here, too, the rows that are counted are those that are billed.
import { expect, onTestFinished, test } from "vitest";
import { CUT } from "../../bench/segments/store/cuts.ts";
import { MAX_BODY_BYTES } from "../../src/limits.ts";
import { nodeDriver } from "../../src/store/node.ts";
import { type FullRow, fullRow } from "../../src/store/rows.ts";
import { openLeases } from "../../src/store/sessions.ts";
import { nextDeadline } from "../../src/store/sweep.ts";
import { cancel, reschedule, update } from "../../src/store/tasks.ts";
import { vacuumSlice } from "../../src/store/vacuum.ts";
import type { HolderEvent, NewTask } from "../../src/task/task.ts";
import { StoreBench, value } from "../support/store.ts";

function open(): StoreBench {
  const sql = nodeDriver(":memory:");
  onTestFinished(() => sql.close());
  return new StoreBench(sql);
}

const many = (count: number, task: Partial<NewTask> = {}) => Array.from({ length: count }, () => task);

function acks(bench: StoreBench, rows: readonly FullRow[], result: { ok: string } | { err: string }): HolderEvent[] {
  return rows.map((row) => ({ type: "ack", id: bench.idOf(row), lease: bench.leaseOf(row), result }));
}

/** Rows in tables, but the tally's. */
const live = (bench: StoreBench) =>
  ["task", "segment", "segment_state"].map(
    (table) => bench.sql.all<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)[0]?.n,
  );

test("a thousand tasks cost four rows when they are pushed, four when claimed, four when acked, eight when they go", () => {
  const bench = open();
  const session = bench.worker();
  bench.push(...many(1_000));
  expect(bench.rows).toBe(4);
  const rows = bench.claim(session, 1_000, true);
  expect(bench.rows).toBe(4);
  bench.events(acks(bench, rows, { ok: '"kept"' }));
  expect(bench.rows).toBe(4);
  expect(live(bench)).toEqual([0, 4, 4]);
  expect(bench.view(bench.idOf(rows[700])).lastResult).toEqual({ ok: '"kept"' });
  bench.commit((tx) => vacuumSlice(tx, { olderThanMs: 0 }, 0, 1_000));
  expect(bench.rows).toBe(8);
  expect(live(bench)).toEqual([0, 0, 0]);
});

test("delivered in their push, a thousand tasks cost eight rows, and four when acked", () => {
  const bench = open();
  const taker = bench.taker(bench.worker(), 1_000, true);
  const rows = bench.pushTo([taker], ...many(1_000)).deliveries.get(taker) ?? [];
  expect(bench.rows).toBe(8);
  bench.events(acks(bench, rows, { ok: "1" }));
  expect(bench.rows).toBe(4);
});

test("one that is delivered in its push has a row of its own: one row then, one when it is acked", () => {
  const bench = open();
  const taker = bench.taker(bench.worker(), 1, true);
  const rows = bench.pushTo([taker], {}).deliveries.get(taker) ?? [];
  expect(live(bench)).toEqual([1, 0, 0]);
  expect(bench.rows).toBe(1);
  bench.events(acks(bench, rows, { ok: "1" }));
  expect(bench.rows).toBe(1);
});

test("single pushes share a row, which each writes anew, so that those who claim and ack many pay for few", () => {
  const bench = open();
  const session = bench.worker();
  for (let i = 0; i < 100; i++) {
    bench.now += 7;
    bench.push({ args: `${i}` });
    expect(bench.rows).toBe(1);
  }
  expect(live(bench)).toEqual([0, 2, 0]);
  const rows = bench.claim(session, 100);
  expect(bench.rows).toBe(2);
  expect(rows.map((row) => row.args)).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
  expect(new Set(rows.map((row) => row.created_at)).size).toBe(100);
  bench.events(acks(bench, rows, { ok: "1" }));
  expect(bench.rows).toBe(2);
});

test("one of a thousand that fails, is cancelled, moved or changed leaves for a row of its own, and the rest stay", () => {
  const bench = open();
  const session = bench.worker();
  const ids = bench.push(...many(1_000)).map(({ id }) => id);
  const rows = bench.claim(session, 500, true);
  bench.events(acks(bench, rows.slice(0, 1), { err: "x" }));
  expect(bench.rows).toBe(2);
  bench.commit((tx) => cancel(tx, ids[600] ?? ""));
  expect(bench.rows).toBe(2);
  bench.commit((tx) => reschedule(tx, ids[601] ?? "", bench.now + 5));
  expect(bench.rows).toBe(2);
  bench.commit((tx) => value(update(tx, ids[602] ?? "", { args: "7" })));
  expect(bench.rows).toBe(3);
  expect(live(bench)).toEqual([4, 4, 3]);
  expect(ids.slice(600, 603).map((id) => bench.view(id).status)).toEqual(["Killed", "Pending", "Pending"]);
  expect(bench.claim(session, 1_000).map((row) => bench.idOf(row))).toEqual(
    ids.slice(500).filter((id) => id !== ids[600] && id !== ids[601]),
  );
});

test("what is not plain has a row from the beginning: a key, a priority, a delay, long args", () => {
  const bench = open();
  bench.push({ idempotencyKey: "k" }, { priority: 1 }, { delayMs: 5 }, { args: JSON.stringify("x".repeat(20_000)) });
  expect(live(bench)).toEqual([4, 0, 0]);
});

test("a result that is long leaves with its task, and the others' stay", () => {
  const bench = open();
  bench.push(...many(3));
  const rows = bench.claim(bench.worker(), 3);
  const long = JSON.stringify("y".repeat(5_000));
  bench.events([...acks(bench, rows.slice(0, 2), { ok: "1" }), ...acks(bench, rows.slice(2), { ok: long })]);
  expect(live(bench)).toEqual([1, 1, 1]);
  expect(rows.map((row) => bench.view(bench.idOf(row)).lastResult)).toEqual([{ ok: "1" }, { ok: "1" }, { ok: long }]);
});

test("a claim ends where meta, too, fill an answer", () => {
  const bench = open();
  bench.push(...many(1_000, { meta: { note: "x".repeat(8_000) } }));
  const rows = bench.claim(bench.worker(), 1_000);
  expect(rows.length).toBe(Math.floor(MAX_BODY_BYTES / 2 / (8_000 + '{"note":""}null'.length)));
});

test("a task that runs on while all around it was done leaves, and is not lost to its worker", () => {
  const before = CUT.span;
  onTestFinished(() => {
    CUT.span = before;
  });
  CUT.span = 600;
  const bench = open();
  const session = bench.worker();
  bench.push(...many(2_000));
  const slow = bench.claim(session, 1, true);
  for (let round = 0; round < 6; round++) bench.events(acks(bench, bench.claim(session, 250, true), { ok: "1" }));
  expect(live(bench)).toEqual([1, 8, 7]);
  expect(openLeases(bench.tx(), session.id)).toBe(1);
  expect(bench.events(acks(bench, slow, { ok: "1" }))).toMatchObject([{ status: "Done" }]);
  expect(nextDeadline(bench.tx())).toBe(null);
});

test("an id with other random bits names no task, though its sequence is in a segment", () => {
  const bench = open();
  const [id = ""] = bench.push(...many(2)).map((one) => one.id);
  const other = id.slice(0, -1) + (id.endsWith("0") ? "1" : "0");
  expect(bench.view(id).id).toBe(id);
  expect(fullRow(bench.tx(), other)).toMatchObject({ ok: false, error: { code: "task_not_found" } });
});
