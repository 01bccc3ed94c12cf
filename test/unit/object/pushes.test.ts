import { expect, test } from "vitest";
import { type PushOrder, pushesOf } from "../../../src/object/pushes.ts";

// How many go together is told by the batches alone, so the parts of an object are not looked at.
const { fitting } = pushesOf(null as never);
const order = (tasks: number, characters = 4): PushOrder => ({
  tasks: Array.from({ length: tasks }, () => ({ args: "x".repeat(characters) })),
});

test("as many batches go together as one batch may hold", () => {
  expect(fitting([order(1), order(2), order(3)])).toBe(3);
  expect(fitting([order(400), order(600), order(1), order(1)])).toBe(2);
  expect(fitting([order(400), order(601), order(1)])).toBe(1);
});

test("batches that would be too much for one frame of deliveries go apart", () => {
  const mebi = 1_048_576;
  expect(fitting([order(1, mebi), order(1, mebi), order(1, 1)])).toBe(2);
  expect(fitting([order(1, mebi), order(2, mebi), order(1, 1)])).toBe(1);
});
