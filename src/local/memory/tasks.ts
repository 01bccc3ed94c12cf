/** All tasks of a queue: by sequence, and in its order. */

import type { ListQuery } from "../../protocol/types.ts";
import { parseId } from "../../task/id.ts";
import type { MemoryTask } from "./task.ts";

/** Which tasks a walk finds. */
export type Filter = Partial<Pick<ListQuery, "status" | "groupKey" | "idempotencyKey" | "after" | "before">>;

export class Tasks {
  readonly #bySeq = new Map<number, MemoryTask>();
  /** Ascending; those that are gone stay in it until they are as many as the others. */
  #order: MemoryTask[] = [];

  get size(): number {
    return this.#bySeq.size;
  }

  add(task: MemoryTask): void {
    this.#bySeq.set(task.seq, task);
    this.#order.push(task);
  }

  get(seq: number): MemoryTask | undefined {
    return this.#bySeq.get(seq);
  }

  /** Time and random bits are compared, so that no id can be guessed from another. */
  byId(id: string): MemoryTask | undefined {
    const task = this.#bySeq.get(parseId(id)?.seq ?? 0);
    return task?.id === id ? task : undefined;
  }

  /** The tasks that the ids name, in their order, each once. */
  named(ids: readonly string[]): MemoryTask[] {
    return [...new Set(ids)].flatMap((id) => this.byId(id) ?? []);
  }

  delete(task: MemoryTask): void {
    this.#bySeq.delete(task.seq);
    task.gone = true;
    task.args = "";
    if (this.#order.length > 2 * this.#bySeq.size) this.#order = this.#order.filter((one) => !one.gone);
  }

  clear(): void {
    for (const task of this.#order) task.gone = true;
    this.#bySeq.clear();
    this.#order = [];
  }

  /**
   * Tasks in the order of their sequence or against it, within the times of a filter; what it says besides is for
   * `matches`.
   *
   * @param cursor the last sequence that was looked at, or `null` to begin
   */
  *walk({ after, before }: Filter, newest: boolean, cursor: number | null): Generator<MemoryTask> {
    // Whoever walks may delete what is found, and so exchange the list.
    const order = this.#order;
    const low = after === undefined ? 0 : firstOf(order, (task) => task.createdAt >= after);
    const high = before === undefined ? order.length : firstOf(order, (task) => task.createdAt >= before);
    if (newest) {
      const from =
        cursor === null
          ? high
          : Math.min(
              high,
              firstOf(order, (task) => task.seq >= cursor),
            );
      for (let at = from - 1; at >= low; at--) yield* live(order[at]);
    } else {
      const from =
        cursor === null
          ? low
          : Math.max(
              low,
              firstOf(order, (task) => task.seq > cursor),
            );
      for (let at = from; at < high; at++) yield* live(order[at]);
    }
  }
}

const live = (task: MemoryTask | undefined): MemoryTask[] => (task && !task.gone ? [task] : []);

export function matches({ status, groupKey, idempotencyKey }: Filter, task: MemoryTask): boolean {
  return (
    (status === undefined || task.state.status === status) &&
    (groupKey === undefined || task.groupKey === groupKey) &&
    (idempotencyKey === undefined || task.idempotencyKey === idempotencyKey)
  );
}

/** The first place from which on the test holds; sequences and times of creation never go back along the list. */
function firstOf(order: readonly MemoryTask[], test: (task: MemoryTask) => boolean): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const task = order[middle];
    if (task && test(task)) high = middle;
    else low = middle + 1;
  }
  return low;
}
