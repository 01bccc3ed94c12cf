/** A heap of items that know their own place in it, so that any of them can be taken out. */

export interface Slotted {
  /** Where the item is in its heap; -1 while it is in none. Set by the heap alone. */
  slot: number;
}

export class Heap<T extends Slotted> {
  readonly #compare: (a: T, b: T) => number;
  readonly #items: T[] = [];

  /** @param compare negative when the first comes before the second; what it looks at must not change while they are in */
  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The item that comes before all others. */
  get first(): T | undefined {
    return this.#items[0];
  }

  /** All items, in no order. */
  values(): Iterable<T> {
    return this.#items;
  }

  add(item: T): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  remove(item: T): void {
    const { slot } = item;
    const last = this.#items.pop();
    item.slot = -1;
    if (!last || last === item) return;
    this.#rise(last, slot);
    this.#sink(last, last.slot);
  }

  clear(): void {
    for (const item of this.#items) item.slot = -1;
    this.#items.length = 0;
  }

  #rise(item: T, from: number): void {
    let slot = from;
    while (slot > 0) {
      const parent = this.#items[(slot - 1) >> 1];
      if (!parent || this.#compare(item, parent) >= 0) break;
      this.#set(parent, slot);
      slot = (slot - 1) >> 1;
    }
    this.#set(item, slot);
  }

  #sink(item: T, from: number): void {
    let slot = from;
    for (;;) {
      const child = this.#smallerChild(slot);
      if (!child || this.#compare(child, item) >= 0) break;
      const next = child.slot;
      this.#set(child, slot);
      slot = next;
    }
    this.#set(item, slot);
  }

  #smallerChild(slot: number): T | undefined {
    const left = this.#items[2 * slot + 1];
    const right = this.#items[2 * slot + 2];
    return left && right && this.#compare(right, left) < 0 ? right : left;
  }

  #set(item: T, slot: number): void {
    this.#items[slot] = item;
    item.slot = slot;
  }
}
