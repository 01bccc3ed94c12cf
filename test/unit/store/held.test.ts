import { expect, test } from "vitest";
import { MAX_HELD_ROWS } from "../../../src/limits.ts";
import { HeldRows } from "../../../src/store/held.ts";
import type { RuleRow } from "../../../src/store/rows.ts";

const row = (seq: number, runs: string | null = null) => ({ seq, runs }) as RuleRow;

test("a row is known once its transaction stands, until it changes", () => {
  const held = new HeldRows();
  held.stage(row(1));
  expect(held.get(1)).toBeUndefined();
  held.settle();
  expect(held.get(1)).toEqual(row(1));
  held.forget(1);
  expect(held.get(1)).toBeUndefined();
});

test("a row that changes again in its own transaction is not known, and nothing is of one that was undone", () => {
  const held = new HeldRows();
  held.stage(row(1));
  held.forget(1);
  held.settle();
  expect(held.get(1)).toBeUndefined();
  held.stage(row(2));
  held.settle();
  held.stage(row(3));
  held.clear();
  held.settle();
  expect([held.get(2), held.get(3)]).toEqual([undefined, undefined]);
});

test("so many rows are remembered, and the oldest go", () => {
  const held = new HeldRows();
  for (let seq = 1; seq <= MAX_HELD_ROWS; seq++) held.stage(row(seq));
  held.settle();
  expect(held.get(1)).toEqual(row(1));
  held.stage(row(MAX_HELD_ROWS + 1));
  held.settle();
  expect([held.get(1), held.get(2)]).toEqual([undefined, row(2)]);
});

test("a row with a long history is not kept", () => {
  const held = new HeldRows();
  held.stage(row(1, "x".repeat(1_000)));
  held.stage(row(2, "x".repeat(1_001)));
  held.settle();
  expect([held.get(1) !== undefined, held.get(2)]).toEqual([true, undefined]);
});
