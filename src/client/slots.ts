/** The room of a worker: what it runs, what waits its turn, and how much more it may be sent. */

import type { LeasedTask } from "../protocol/types.ts";
import type { Run } from "./run.ts";

/**
 * The server counts credit down as it sends; the same is counted here. At all times running + waiting + granted is at
 * most concurrency + prefetch, and a difference is room that can be granted.
 */
export class Slots {
  readonly #concurrency: number;
  #capacity: number;
  #granted = 0;
  /** By lease. */
  readonly #running = new Map<string, Run>();
  #waiting: LeasedTask[] = [];

  constructor(concurrency: number, prefetch: number) {
    this.#concurrency = concurrency;
    this.#capacity = concurrency + prefetch;
  }

  get running(): Iterable<Run> {
    return this.#running.values();
  }

  get isIdle(): boolean {
    return this.#running.size === 0 && this.#waiting.length === 0;
  }

  /** Leases of all that is here. */
  leases(): string[] {
    return [...this.#running.keys(), ...this.#waiting.map((task) => task.lease)];
  }

  /** Room that the server does not know of. */
  get room(): number {
    return Math.max(0, this.#capacity - this.#granted - this.#running.size - this.#waiting.length);
  }

  grant(credit: number): void {
    this.#granted += credit;
  }

  /** A new socket knows of no credit. */
  revoke(): void {
    this.#granted = 0;
  }

  /** No more room from now on. */
  close(): void {
    this.#capacity = 0;
  }

  arrived(task: LeasedTask): void {
    this.#granted--;
    if (!this.#running.has(task.lease)) this.#waiting.push(task);
  }

  /** The next task that has a slot to run in, if there is one. */
  next(): LeasedTask | undefined {
    return this.#running.size < this.#concurrency ? this.#waiting.shift() : undefined;
  }

  begin(run: Run): void {
    this.#running.set(run.task.lease, run);
  }

  find(lease: string): Run | undefined {
    return this.#running.get(lease);
  }

  /** Gives a slot back, if it was not given back before. */
  end(run: Run): void {
    if (this.#running.get(run.task.lease) === run) this.#running.delete(run.task.lease);
  }

  /** Takes out all that waits, or what is of one lease. */
  unqueue(lease?: string): LeasedTask[] {
    const out = this.#waiting.filter((task) => lease === undefined || task.lease === lease);
    this.#waiting = this.#waiting.filter((task) => !out.includes(task));
    return out;
  }
}
