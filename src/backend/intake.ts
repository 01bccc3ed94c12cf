/** What a feed has taken in for its worker: what waits for a slot, what was handed over, and how much room is left. */

import type { LeasedTaskView } from "../task/view.ts";
import { Bell } from "./bell.ts";
import type { WorkerContext } from "./context.ts";

type Leased = LeasedTaskView<unknown>;

export type Taken = IteratorResult<Leased | null, undefined>;

/**
 * At all times handed over + waiting + granted is at most what may be here; a difference is room that can be granted.
 */
export class Intake {
  readonly #worker: WorkerContext;
  readonly #changed: () => void;
  readonly #most: () => number;
  readonly #bell: Bell;
  readonly #unlisten: () => void;
  #waiting: Leased[] = [];
  readonly #hands = new Set<string>();
  #granted = 0;
  #isIdle = false;
  #state: "open" | "closed" | { readonly error: unknown } = "open";

  /**
   * @param changed is called when there may be more room, or the worker has paused or gone on
   * @param most how much may be here; all that the worker has room for, when it is left out
   * @param bell is rung when there may be something to take
   */
  constructor(
    worker: WorkerContext,
    changed: () => void,
    most = () => worker.concurrency + worker.prefetch,
    bell = new Bell(),
  ) {
    this.#worker = worker;
    this.#changed = changed;
    this.#most = most;
    this.#bell = bell;
    this.#unlisten = worker.listen({
      freed: (lease) => this.ended(lease),
      changed: () => {
        bell.ring();
        changed();
      },
    });
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** What is here, and what may come. */
  get load(): number {
    return this.#granted + this.#hands.size + this.#waiting.length;
  }

  /** What was granted, and has not come. */
  get granted(): number {
    return this.#granted;
  }

  /** Room that was not granted yet: none while the worker is paused, or has left. */
  get room(): number {
    return this.isOpen && this.#worker.state === "running" ? Math.max(0, this.#most() - this.load) : 0;
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
    // There was nothing; now there is.
    this.#isIdle = false;
    const here = new Set(this.leases());
    this.#waiting.push(...tasks.filter((task) => !here.has(task.lease)));
    this.#bell.ring();
  }

  /** There is nothing now. */
  idle(): void {
    this.#isIdle = true;
    this.#bell.ring();
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
    this.#bell.ring();
  }

  /** The stream ends. */
  close(): void {
    if (this.isOpen) this.#state = "closed";
    this.#bell.ring();
  }

  /** Nobody listens to the worker any more. */
  forget(): void {
    this.#unlisten();
  }

  /** @param leaving what `return()` does after the stream has ended */
  stream(leaving: () => Promise<void>): AsyncIterableIterator<Leased | null> {
    return streamOf(
      () => this.take(),
      this.#bell,
      () => {
        this.close();
        return leaving();
      },
    );
  }

  /**
   * The next task, `null` when there was said to be none, the end; nothing when all that is to be waited for.
   *
   * @throws what the stream ends with
   */
  take(): Taken | undefined {
    if (typeof this.#state === "object") throw this.#state.error;
    if (this.#state === "closed") return { done: true, value: undefined };
    const task = this.#worker.state === "paused" ? undefined : this.#waiting.shift();
    if (task) {
      this.#hands.add(task.lease);
      return { done: false, value: task };
    }
    // Said after the tasks that came before it, however many of them still waited here.
    if (!this.#isIdle) return undefined;
    this.#isIdle = false;
    return { done: false, value: null };
  }
}

/**
 * A stream of what can be taken.
 *
 * @param take gives nothing when there is nothing yet: it is asked again after the next ring
 * @param leaving what `return()` does
 */
export function streamOf(
  take: () => Taken | undefined,
  bell: Bell,
  leaving: () => Promise<void>,
): AsyncIterableIterator<Leased | null> {
  const stream: AsyncIterableIterator<Leased | null> = {
    next: async () => {
      for (;;) {
        const taken = take();
        if (taken) return taken;
        await bell.rung();
      }
    },
    return: async () => {
      await leaving();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}
