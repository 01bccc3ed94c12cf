/** Cases of the store: pages of tasks. */

import { expect } from "vitest";
import { type ListInput, list } from "../../../src/store/list.ts";
import { cancel, remove } from "../../../src/store/tasks.ts";
import { START, type StoreBench, type StoreCases, value } from "../../support/store.ts";

const page = (bench: StoreBench, input: ListInput = {}) => value(list(bench.tx(), input));

/** All sequences of a list, and the sizes of its pages. */
function whole(bench: StoreBench, input: ListInput): { seqs: number[]; sizes: number[] } {
  const seqs: number[] = [];
  const sizes: number[] = [];
  for (let cursor: string | undefined; ; ) {
    const { rows, nextCursor } = page(bench, cursor === undefined ? input : { ...input, cursor });
    seqs.push(...rows.map((row) => row.seq));
    sizes.push(rows.length);
    if (nextCursor === undefined) return { seqs, sizes };
    cursor = nextCursor;
  }
}

const up = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const down = (from: number, to: number) => up(to, from).reverse();

/** So many tasks, a thousand a push. */
function fill(
  bench: StoreBench,
  count: number,
  task: (i: number) => { groupKey?: string; idempotencyKey?: string } = () => ({}),
): void {
  for (let from = 0; from < count; from += 1000) {
    bench.push(...Array.from({ length: Math.min(1000, count - from) }, (_, i) => task(from + i)));
  }
}

export const listCases: StoreCases = {
  "an empty queue is one empty page": (bench) => {
    expect(page(bench)).toEqual({ rows: [] });
    expect(page(bench, { order: "oldest", status: "Failed", groupKey: "g", after: 0, before: 1 })).toEqual({
      rows: [],
    });
  },

  "newest first, fifty a page, and no cursor at the end": (bench) => {
    fill(bench, 120);
    expect(whole(bench, {})).toEqual({ seqs: down(120, 1), sizes: [50, 50, 20] });
    expect(whole(bench, { order: "oldest", limit: 60 })).toEqual({ seqs: up(1, 120), sizes: [60, 60] });
    expect(whole(bench, { limit: 1000 }).sizes).toEqual([120]);
    expect(whole(bench, { limit: 1 }).sizes).toHaveLength(120);
  },

  "a page that ends with the last task has no cursor": (bench) => {
    fill(bench, 4);
    expect(page(bench, { limit: 4 })).not.toHaveProperty("nextCursor");
    expect(page(bench, { limit: 3 })).toHaveProperty("nextCursor");
  },

  "tasks that come and go meanwhile neither double nor hide others": (bench) => {
    const ids = bench.push(...Array.from({ length: 10 }, () => ({}))).map((one) => one.id);
    const first = page(bench, { limit: 4 });
    bench.push({}, {});
    for (const i of [5, 3, 8]) bench.commit((tx) => remove(tx, ids[i] ?? ""));
    const second = page(bench, { limit: 9, ...(first.nextCursor === undefined ? {} : { cursor: first.nextCursor }) });
    expect(first.rows.map((row) => row.seq)).toEqual([10, 9, 8, 7]);
    expect(second.rows.map((row) => row.seq)).toEqual([5, 3, 2, 1]);
  },

  "each status is found, in both orders": (bench) => {
    const sessions = [0, 1, 2, 3, 4].map((i) => bench.worker(`w${i}`));
    const ids = sessions.map((session, i) => bench.leased(session, {}, i > 0));
    const ack = (i: number, result: { ok: string } | { err: string; abort?: true }) =>
      bench.event({ type: "ack", id: ids[i] ?? "", lease: bench.lease(ids[i] ?? ""), result });
    ack(2, { ok: "1" });
    ack(3, { err: "x" });
    ack(4, { err: "x", abort: true });
    bench.push({});
    for (const [i, status] of (["Queued", "Running", "Done", "Failed", "Killed", "Pending"] as const).entries()) {
      for (const order of ["newest", "oldest"] as const) expect(whole(bench, { status, order }).seqs).toEqual([i + 1]);
    }
  },

  "groups, keys and statuses are found together": (bench) => {
    fill(bench, 30, (i) => ({ groupKey: `g${i % 3}`, idempotencyKey: `k${i % 10}` }));
    bench.commit((tx) => cancel(tx, bench.idAt(8)));
    expect(whole(bench, { groupKey: "g1" }).seqs).toEqual([29, 26, 23, 20, 17, 14, 11, 8, 5, 2]);
    expect(whole(bench, { groupKey: "g1", status: "Killed" }).seqs).toEqual([8]);
    expect(whole(bench, { groupKey: "g2", status: "Killed" }).seqs).toEqual([]);
    expect(whole(bench, { idempotencyKey: "k7", limit: 2 })).toEqual({ seqs: [28, 18, 8], sizes: [2, 1] });
    expect(whole(bench, { idempotencyKey: "k7", order: "oldest", limit: 1 }).seqs).toEqual([8, 18, 28]);
    expect(whole(bench, { idempotencyKey: "k7", groupKey: "g1" }).seqs).toEqual([8]);
    expect(whole(bench, { idempotencyKey: "k7", status: "Pending" }).seqs).toEqual([28, 18]);
    expect(whole(bench, { idempotencyKey: "none" }).seqs).toEqual([]);
  },

  "`after` is inclusive, `before` exclusive, also over gaps and many of one instant": (bench) => {
    for (let i = 0; i < 40; i++) {
      bench.push({}, {});
      bench.now += i % 3 === 0 ? 0 : 10;
    }
    for (const seq of [1, 2, 30, 31, 32, 33, 79, 80]) bench.commit((tx) => remove(tx, bench.idAt(seq)));
    const rows = bench.dump().task ?? [];
    const instants = [START - 1, START, START + 5, START + 90, START + 100, START + 101, bench.now, bench.now + 1];
    for (const after of [undefined, ...instants]) {
      for (const before of [undefined, ...instants]) {
        const fits = (at: number) => (after === undefined || at >= after) && (before === undefined || at < before);
        const seqs = rows.filter((row) => fits(Number(row.created_at))).map((row) => Number(row.seq));
        const input = { ...(after === undefined ? {} : { after }), ...(before === undefined ? {} : { before }) };
        expect(whole(bench, { ...input, limit: 7, order: "oldest" }).seqs).toEqual(seqs);
        expect(whole(bench, { ...input, limit: 1000 }).seqs).toEqual([...seqs].reverse());
      }
    }
  },

  "a page looks at five thousand rows at most: it may be short, even empty, and goes on": (bench) => {
    fill(bench, 12_001, (i) => (i % 6000 === 0 ? { groupKey: "rare" } : {}));
    expect(whole(bench, { groupKey: "rare", order: "oldest" })).toEqual({ seqs: [1, 6001, 12_001], sizes: [1, 1, 1] });
    expect(whole(bench, { groupKey: "rare" })).toEqual({ seqs: [12_001, 6001, 1], sizes: [1, 1, 1] });
    expect(whole(bench, { groupKey: "none" })).toEqual({ seqs: [], sizes: [0, 0, 0] });
    expect(whole(bench, { status: "Done" })).toEqual({ seqs: [], sizes: [0] });
  },

  "a full page is not looked beyond, and a page of matches needs little more than itself": (bench) => {
    fill(bench, 6000, (i) => (i < 3000 ? { groupKey: "g" } : {}));
    expect(whole(bench, { groupKey: "g", order: "oldest", limit: 1000 }).sizes).toEqual([1000, 1000, 1000]);
    expect(whole(bench, { groupKey: "g", limit: 1000 }).seqs).toEqual(down(3000, 1));
  },

  "a page ends where its rows fill an answer, one task at least": (bench) => {
    const args = JSON.stringify("x".repeat(1_000_000));
    for (let i = 0; i < 9; i++) bench.push({ args });
    for (const order of ["newest", "oldest"] as const) {
      const { seqs, sizes } = whole(bench, { order });
      expect(seqs).toEqual(order === "oldest" ? up(1, 9) : down(9, 1));
      expect(sizes).toEqual([4, 4, 1]);
    }
  },

  "results and histories count for the size of a page as args do": (bench) => {
    const session = bench.worker();
    const ok = JSON.stringify("r".repeat(250_000));
    for (let i = 0; i < 20; i++) {
      const id = bench.leased(session);
      bench.event({ type: "ack", id, lease: bench.lease(id), result: { ok } });
    }
    expect(whole(bench, {}).sizes).toEqual([16, 4]);
  },

  "a cursor that is none of this order is refused by its name": (bench) => {
    fill(bench, 10);
    const { nextCursor = "" } = page(bench, { limit: 3 });
    const bent = [
      nextCursor.slice(1),
      `${nextCursor} `,
      `${nextCursor}.5`,
      nextCursor.toUpperCase(),
      `x${nextCursor.slice(1)}`,
    ];
    for (const cursor of ["", "0", "n", "n.", "n.0", "n.-1", "n.1e3", `n.${"9".repeat(14)}`, "o\u0000", ...bent]) {
      expect(list(bench.tx(), { cursor })).toMatchObject({ error: { code: "bad_request", path: "cursor" } });
    }
    expect(list(bench.tx(), { cursor: nextCursor, order: "oldest" })).toMatchObject({ error: { path: "cursor" } });
    expect(list(bench.tx(), { cursor: nextCursor, order: "newest" }).ok).toBe(true);
  },

  "a cursor from beyond the end is an empty page": (bench) => {
    fill(bench, 3);
    expect(page(bench, { cursor: "n.1" })).toEqual({ rows: [] });
    expect(page(bench, { cursor: "o.9999999", order: "oldest" })).toEqual({ rows: [] });
    expect(page(bench, { cursor: "n.9999999" }).rows).toHaveLength(3);
  },
};
