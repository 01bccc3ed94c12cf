// Pages of what is leased: found where the leases are, not by a walk through all that waits.

import { expect, test } from "vitest";
import { MAX_SCANNED } from "../../../src/limits.ts";
import { type ListInput, list } from "../../../src/store/list.ts";
import { nodeDriver } from "../../../src/store/node.ts";
import { StoreBench, value } from "../../support/store.ts";

/** As many tasks as no single call looks at, behind a few that are leased: in line, and out of it. */
function busy(): StoreBench {
  const bench = new StoreBench(nodeDriver(":memory:"));
  bench.push({ groupKey: "a" }, { groupKey: "b" }, { groupKey: "a", priority: 1 }, {});
  const w = bench.worker();
  bench.claim(w, 2, true);
  bench.claim(w, 1);
  for (let pushed = 0; pushed < 2 * MAX_SCANNED; pushed += 1000)
    bench.push(...Array.from({ length: 1000 }, () => ({})));
  return bench;
}

const seqs = (bench: StoreBench, input: ListInput) => {
  const page = value(list(bench.tx(), input));
  return { seqs: page.rows.map(({ seq }) => seq), ends: page.nextCursor === undefined };
};

test("a page of what runs is whole at once, however many tasks wait", () => {
  const bench = busy();
  expect(seqs(bench, { status: "Running" })).toEqual({ seqs: [3, 1], ends: true });
  expect(seqs(bench, { status: "Running", order: "oldest" })).toEqual({ seqs: [1, 3], ends: true });
  expect(seqs(bench, { status: "Queued" })).toEqual({ seqs: [2], ends: true });
  expect(seqs(bench, { status: "Running", groupKey: "b" })).toEqual({ seqs: [], ends: true });
  // A control: what no index and no span knows is walked, in several calls.
  expect(seqs(bench, { groupKey: "b" })).toEqual({ seqs: [], ends: false });
});

test("its cursor goes on where the page ended", () => {
  const bench = busy();
  const { rows, nextCursor = "" } = value(list(bench.tx(), { status: "Running", limit: 1 }));
  expect(rows.map(({ seq }) => seq)).toEqual([3]);
  expect(seqs(bench, { status: "Running", limit: 1, cursor: nextCursor })).toEqual({ seqs: [1], ends: true });
});
