/** A worker as a backend sees it, in a test's hand. */

import type { WorkerContext, WorkerEvent, WorkerListener, WorkerState } from "../../src/backend/context.ts";
import type { LostLease } from "../../src/task/task.ts";

interface Given {
  readonly id?: string;
  readonly concurrency?: number;
  readonly prefetch?: number;
  readonly autoStart?: boolean;
  readonly state?: WorkerState;
}

export class FakeWorker implements WorkerContext {
  readonly id: string;
  readonly name = "w";
  state: WorkerState;
  concurrency: number;
  prefetch: number;
  autoStart: boolean;
  readonly taskCount = 0;
  readonly layers: readonly string[] = ["timeout"];
  readonly events: WorkerEvent[] = [];
  readonly losses: LostLease[] = [];
  readonly #listeners = new Set<WorkerListener>();

  constructor({ id = "w-1", concurrency = 1, prefetch = 0, autoStart, state = "running" }: Given = {}) {
    this.state = state;
    this.id = id;
    this.concurrency = concurrency;
    this.prefetch = prefetch;
    this.autoStart = autoStart ?? prefetch === 0;
  }

  readonly emit = (event: WorkerEvent): void => void this.events.push(event);
  readonly lose = (lost: LostLease): void => void this.losses.push(lost);
  readonly listen = (listener: WorkerListener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get isListenedTo(): boolean {
    return this.#listeners.size > 0;
  }

  freed(lease: string): void {
    for (const { freed } of this.#listeners) freed?.(lease);
  }

  become(state: WorkerState): void {
    this.state = state;
    for (const { changed } of this.#listeners) changed?.();
  }

  /** The types of what was emitted. */
  get told(): string[] {
    return this.events.map(({ type }) => type);
  }
}
