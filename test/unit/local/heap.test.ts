import { describe, expect, test } from "vitest";
import { Heap, type Slotted } from "../../../src/local/heap.ts";
import { Dice } from "../../support/dice.ts";

interface Item extends Slotted {
  readonly rank: number;
}

const item = (rank: number): Item => ({ rank, slot: -1 });
const byRank = (a: Item, b: Item) => a.rank - b.rank;

describe("a heap", () => {
  test("gives what comes first, whatever is added and taken out in between", () => {
    const dice = new Dice(7);
    const heap = new Heap(byRank);
    let model: Item[] = [];
    for (let step = 0; step < 20_000; step++) {
      const choice = dice.below(10);
      const victim = model[dice.below(Math.max(1, model.length))];
      if (choice < 5 || !victim) {
        const added = item(dice.below(50));
        heap.add(added);
        model.push(added);
      } else {
        const gone = choice < 8 ? heap.first : victim;
        if (!gone) throw new Error("the heap is empty, and the model is not");
        heap.remove(gone);
        expect(gone.slot).toBe(-1);
        model = model.filter((one) => one !== gone);
      }
      expect(heap.size).toBe(model.length);
      expect(heap.first?.rank).toBe(model.length === 0 ? undefined : Math.min(...model.map(({ rank }) => rank)));
    }
    expect(new Set(heap.values())).toEqual(new Set(model));
  });

  test("is empty after it is cleared, and may be used again", () => {
    const heap = new Heap(byRank);
    const one = item(1);
    heap.add(one);
    heap.clear();
    expect([heap.size, heap.first, one.slot]).toEqual([0, undefined, -1]);
    heap.add(one);
    expect(heap.first).toBe(one);
  });
});
