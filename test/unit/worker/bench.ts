/** A worker under test: its backend does what the test says, and its handlers end when the test says so. */

import { acknowledging } from "../../../src/backend/ack.ts";
import type { Backend, TaskStream } from "../../../src/backend/backend.ts";
import type { WorkerContext, WorkerEvent } from "../../../src/backend/context.ts";
import type { Handler, Layer, TaskContext } from "../../../src/backend/layer.ts";
import type { LeasedTask } from "../../../src/backend/task.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import type { HolderEvent } from "../../../src/task/task.ts";
import type { AnyLayers } from "../../../src/worker/compose.ts";
import { Worker, type WorkerOptions } from "../../../src/worker/index.ts";

type Item = LeasedTask | null;

/** A stream that brings what it is given, and counts how often it is asked at the same time. */
class Script<T> implements AsyncIterableIterator<T> {
  readonly #items: (T | { readonly error: unknown })[] = [];
  #waiting: PromiseWithResolvers<void> | undefined;
  #isOver = false;
  asked = 0;
  asking = 0;
  mostAsking = 0;
  readonly #left: () => void | Promise<void>;

  constructor(left: () => void | Promise<void>) {
    this.#left = left;
  }

  give(...items: (T | { readonly error: unknown })[]): void {
    this.#items.push(...items);
    this.#waiting?.resolve();
  }

  end(): void {
    this.#isOver = true;
    this.#waiting?.resolve();
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    this.asked++;
    this.mostAsking = Math.max(this.mostAsking, ++this.asking);
    try {
      while (this.#items.length === 0 && !this.#isOver) {
        this.#waiting = Promise.withResolvers();
        await this.#waiting.promise;
      }
      if (this.#items.length === 0) return { done: true, value: undefined };
      const item = this.#items.shift();
      if (typeof item === "object" && item && "error" in item) throw item.error;
      return { done: false, value: item as T };
    } finally {
      this.asking--;
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.end();
    await this.#left();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

class FakeBackend implements Backend {
  /** What it was told, and what was done with it, in order. */
  readonly said: string[] = [];
  readonly reports: HolderEvent[] = [];
  readonly freed: string[] = [];
  worker: WorkerContext | undefined;
  changes = 0;
  /** What `return()` of the streams waits for. */
  leaving: Promise<void> = Promise.resolve();
  answering: Promise<void> = Promise.resolve();
  readonly tasks = new Script<Item>(() => {
    this.said.push("takes no more");
    return this.leaving;
  });
  beats = this.#beats();

  poll(worker: WorkerContext): TaskStream<LeasedTask> {
    this.worker = worker;
    worker.listen({
      freed: (lease) => this.freed.push(lease),
      changed: () => this.changes++,
    });
    this.said.push("polled");
    return this.tasks;
  }

  heartbeat(): AsyncIterableIterator<void> {
    this.said.push("beats");
    this.beats = this.#beats();
    return this.beats;
  }

  /** Without one, nobody reports. */
  hasMiddleware = true;

  middleware(): Layer {
    if (!this.hasMiddleware) return (next) => next;
    return acknowledging({
      report: (_, event) => {
        this.reports.push(event);
        this.said.push(`${event.type} ${event.lease}`);
      },
      encodeResult: (_, value) => value ?? null,
    });
  }

  give(...items: Item[]): void {
    this.tasks.give(...items);
  }

  #beats(): Script<void> {
    return new Script<void>(() => {
      this.said.push("goodbye");
      return this.answering;
    });
  }
}

/** A handler at work. */
interface Job {
  readonly args: unknown;
  readonly context: TaskContext;
  finish(value?: unknown): void;
  fail(error: unknown): void;
}

export interface Bench {
  readonly worker: Worker;
  readonly backend: FakeBackend;
  readonly clock: VirtualClock;
  readonly jobs: Job[];
  readonly events: WorkerEvent[];
  /** Lets so many ms pass, and everything happen that is due. */
  readonly settle: (ms?: number) => Promise<void>;
}

export interface BenchOptions extends Omit<WorkerOptions<AnyLayers>, "clock"> {
  readonly clock?: VirtualClock;
  readonly name?: string;
  readonly handler?: Handler<unknown, unknown>;
  /** False for a backend that has no middleware. */
  readonly reports?: boolean;
}

export function bench({ name = "mailer", handler, reports = true, ...options }: BenchOptions = {}): Bench {
  const { clock = new VirtualClock() } = options;
  const backend = new FakeBackend();
  backend.hasMiddleware = reports;
  const jobs: Job[] = [];
  const events: WorkerEvent[] = [];
  const working: Handler<unknown, unknown> = (args, context) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    jobs.push({ args, context, finish: resolve, fail: reject });
    return promise;
  };
  const onEvent = (event: WorkerEvent) => events.push(event);
  const worker = new Worker<unknown, unknown>(name, backend, handler ?? working, { onEvent, ...options, clock });
  // A refusal is looked at by the tests that are about it.
  worker.closed.catch(() => undefined);
  return { worker, backend, clock, jobs, events, settle: (ms = 0) => clock.advance(ms) };
}

/** A task as it is handed over: id `t1`, lease `l1`. */
export const task = (n: number | string, more: Partial<LeasedTask> = {}): LeasedTask =>
  ({
    id: `t${n}`,
    lease: `l${n}`,
    queue: "emails",
    args: { n },
    status: "Running",
    attempt: 1,
    maxAttempts: 5,
    codec: "json",
    meta: {},
    runs: [],
    ...more,
  }) as unknown as LeasedTask;

/** Whether a promise has settled by now. */
export const watch = (promise: Promise<unknown>): { readonly isDone: boolean } => {
  const state = { isDone: false };
  const done = () => {
    state.isDone = true;
  };
  promise.then(done, done);
  return state;
};
