import fc from "fast-check";
import { expect, test } from "vitest";
import type { Cell, Slot } from "../../bench/segments/store/segment.ts";
import { decodeSlots, encodeSlots } from "../../bench/segments/store/slots.ts";

const cell = (at: number, more: Partial<Cell> = {}): Cell => ({
  status: 2,
  revision: 2,
  token: 4_503_599_627_370_495,
  holder: 1,
  worker: 'a "worker"',
  lockAt: at,
  startedAt: at,
  doneAt: null,
  ...more,
});

const anySlot = fc.oneof(
  fc.constant<Slot>(null),
  fc.constant<Slot>("left"),
  fc.record({
    status: fc.constantFrom(1 as const, 2 as const, 3 as const),
    revision: fc.integer({ min: 1, max: 3 }),
    token: fc.maxSafeInteger(),
    holder: fc.nat(),
    worker: fc.string(),
    lockAt: fc.nat(),
    startedAt: fc.option(fc.nat()),
    doneAt: fc.option(fc.nat()),
  }),
);

test("any states are read as they were written, also by one who has not written them", () => {
  fc.assert(
    fc.property(fc.array(anySlot, { minLength: 1, maxLength: 40 }), (slots) => {
      const text = encodeSlots(slots);
      expect(decodeSlots(text, slots.length)).toEqual(slots);
      // A space is nothing to JSON, and another key: so it is parsed.
      expect(decodeSlots(` ${text}`, slots.length)).toEqual(slots);
    }),
  );
});

test("a batch is one entry, however many tasks it has", () => {
  const one = encodeSlots([cell(7)]).length;
  const same = Array.from({ length: 250 }, () => cell(7));
  expect(encodeSlots(same).length).toBe(one + 2);
});

test("tasks that were added since wait", () => {
  expect(decodeSlots(encodeSlots([cell(7)]), 3)).toEqual([cell(7), null, null]);
  expect(decodeSlots(null, 2)).toEqual([null, null]);
});

test("whoever changes what was read changes nothing for the next", () => {
  const text = encodeSlots([cell(7), null]);
  decodeSlots(text, 2)[1] = "left";
  expect(decodeSlots(text, 2)).toEqual([cell(7), null]);
});
