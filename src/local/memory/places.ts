/** What each task waits for, each kind in an order of its own: so nothing is ever searched for. */

import { MAX_PROMOTED } from "../../limits.ts";
import { inOrder } from "../../task/draft.ts";
import { placeOf } from "../../task/machine.ts";
import type { TaskState } from "../../task/state.ts";
import { Heap } from "../heap.ts";
import type { MemoryTask } from "./task.ts";

/** By an instant of the state, then by sequence. */
const by = (field: "runAt" | "lockAt" | "deadline" | "doneAt") =>
  new Heap<MemoryTask>((a, b) => (a.state[field] ?? 0) - (b.state[field] ?? 0) || a.seq - b.seq);

export class Places {
  /** Due, in the order in which they are claimed. */
  readonly #ready = new Heap<MemoryTask>(inOrder);
  /** Tasks of the future stand apart, or a claim would go through all of them. */
  readonly #scheduled = by("runAt");
  /** Queued, by when they were claimed. */
  readonly unstarted = by("lockAt");
  /** Running, those that may run only for so long. */
  readonly timed = by("deadline");
  /** By when they ended. */
  readonly ended = { Done: by("doneAt"), Killed: by("doneAt") } as const;

  /** Moves a task to where its state says that it belongs. */
  put(task: MemoryTask, now: number): void {
    this.take(task);
    task.heap = this.#heapOf(task.state, now);
    task.heap?.add(task);
  }

  take(task: MemoryTask): void {
    task.heap?.remove(task);
    task.heap = null;
  }

  #heapOf(state: TaskState, now: number): Heap<MemoryTask> | null {
    switch (state.status) {
      case "Pending":
      case "Failed":
        return placeOf(state, now) === "ready" ? this.#ready : this.#scheduled;
      case "Queued":
        return this.unstarted;
      case "Running":
        return state.deadline === null ? null : this.timed;
      case "Done":
      case "Killed":
        return this.ended[state.status];
      default:
        return state.status satisfies never;
    }
  }

  /** Moves tasks that have become due among those that are: a bounded number, by `runAt`. */
  promote(now: number): void {
    for (let moved = 0; moved < MAX_PROMOTED; moved++) {
      const task = this.#scheduled.first;
      if (!task || placeOf(task.state, now) !== "ready") return;
      this.put(task, now);
    }
  }

  /** The task to be claimed next, among those that are promoted. */
  next(now: number): MemoryTask | undefined {
    for (;;) {
      const task = this.#ready.first;
      if (!task || placeOf(task.state, now) === "ready") return task;
      // The clock was set back.
      this.put(task, now);
    }
  }

  hasDue(now: number): boolean {
    const { first } = this.#scheduled;
    return this.next(now) !== undefined || (first !== undefined && placeOf(first.state, now) === "ready");
  }

  /** When the next task falls due, ms, or `null`. */
  get nextDueAt(): number | null {
    return this.#scheduled.first?.state.runAt ?? null;
  }

  /** The `runAt` of the task that has been due for longest, or `null` when none is due. */
  oldestDueAt(now: number): number | null {
    let oldest = this.nextDueAt ?? Number.POSITIVE_INFINITY;
    for (const { state } of this.#ready.values()) oldest = Math.min(oldest, state.runAt);
    return oldest <= now ? oldest : null;
  }

  clear(): void {
    const heaps = [this.#ready, this.#scheduled, this.unstarted, this.timed, this.ended.Done, this.ended.Killed];
    for (const heap of heaps) heap.clear();
  }
}
