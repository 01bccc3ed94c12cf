/** What a feed has taken in for its worker: what waits for a slot, what was handed over, and how much room is left. */

import type { LeasedTaskView } from "../task/view.ts";
import type { WorkerContext } from "./context.ts";

type Leased = LeasedTaskView<unknown>;

/**
 * At all times handed over + waiting + granted is at most concurrency + prefetch; a difference is room that can be
 * granted.
 */
export class Intake {
  readonly #worker: WorkerContext;
  readonly #changed: () => void;
  readonly #unlisten: () => void;
  #waiting: Leased[] = [];
  readonly #hands = new Set<string>();
  #granted = 0;
  #isIdle = false;
  #state: "open" | "closed" | { readonly error: unknown } = "open";
  #wanting: PromiseWithResolvers<void> | undefined;

  /** @param changed is called when there may be more room, or the worker has paused or gone on */
  constructor(worker: WorkerContext, changed: () => void) {
    this.#worker = worker;
    this.#changed = changed;
    this.#unlisten = worker.listen({
      freed: (lease) => this.ended(lease),
      changed: () => {
        this.#wake();
        changed();
      },
    });
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Room that was not granted yet: none while the worker is paused, or has left. */
  get room(): number {
    const { concurrency, prefetch, state } = this.#worker;
    if (!this.isOpen || state !== "running") return 0;
    return Math.max(0, concurrency + prefetch - this.#granted - this.#hands.size - this.#waiting.length);
  }

  grant(credit: number): void {
    this.#granted += credit;
  }

  /** Nobody knows of any credit any more. */
  revoke(): void {
    this.#granted = 0;
  }

  /** Tasks came; each takes one of what was granted. Those that are here already are passed over. */
  arrived(tasks: readonly Leased[]): void {
    this.#granted = Math.max(0, this.#granted - tasks.length);
    const here = new Set(this.leases());
    this.#waiting.push(...tasks.filter((task) => !here.has(task.lease)));
    this.#wake();
  }

  /** There is nothing now. */
  idle(): void {
    this.#isIdle = true;
    this.#wake();
  }

  /** Leases of all that is here. */
  leases(): string[] {
    return [...this.#hands, ...this.#waiting.map((task) => task.lease)];
  }

  /** Leases of what was handed over. */
  get hands(): ReadonlySet<string> {
    return this.#hands;
  }

  get isEmpty(): boolean {
    return this.#hands.size === 0 && this.#waiting.length === 0;
  }

  /** A task ended, or its slot was given away. */
  ended(lease: string): void {
    if (this.#hands.delete(lease)) this.#changed();
  }

  /** Takes out all that waits for a slot, or what is of one lease. */
  unqueue(lease?: string): Leased[] {
    const out = this.#waiting.filter((task) => lease === undefined || task.lease === lease);
    this.#waiting = this.#waiting.filter((task) => !out.includes(task));
    return out;
  }

  /** The stream ends with this error. */
  fail(error: unknown): void {
    if (!this.isOpen) return;
    this.#state = { error };
    this.#wake();
  }

  /** The stream ends. */
  close(): void {
    if (this.isOpen) this.#state = "closed";
    this.#wake();
  }

  /** Nobody listens to the worker any more. */
  forget(): void {
    this.#unlisten();
  }

  /** @param leaving what `return()` does after the stream has ended */
  stream(leaving: () => Promise<void>): AsyncIterableIterator<Leased | null> {
    const next = () => this.#next();
    const stream: AsyncIterableIterator<Leased | null> = {
      next,
      return: async () => {
        this.close();
        await leaving();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => stream,
    };
    return stream;
  }

  async #next(): Promise<IteratorResult<Leased | null, undefined>> {
    for (;;) {
      if (typeof this.#state === "object") throw this.#state.error;
      if (this.#state === "closed") return { done: true, value: undefined };
      const task = this.#worker.state === "paused" ? undefined : this.#waiting.shift();
      if (task) {
        this.#isIdle = false;
        this.#hands.add(task.lease);
        return { done: false, value: task };
      }
      if (this.#isIdle) {
        this.#isIdle = false;
        return { done: false, value: null };
      }
      this.#wanting ??= Promise.withResolvers();
      await this.#wanting.promise;
    }
  }

  #wake(): void {
    this.#wanting?.resolve();
    this.#wanting = undefined;
  }
}
