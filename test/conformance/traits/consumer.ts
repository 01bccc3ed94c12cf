/** A worker by hand: it polls when it is told, keeps what it took, and says of it what a case wants said. */

import { leaseLost } from "../../../src/backend/ack.ts";
import type { Backend } from "../../../src/backend/backend.ts";
import type { WorkerContext, WorkerEvent, WorkerListener, WorkerState } from "../../../src/backend/context.ts";
import type { Handler, Logger, TaskContext } from "../../../src/backend/layer.ts";
import type { LeasedTask } from "../../../src/backend/task.ts";
import type { LostLease } from "../../../src/task/task.ts";

export interface ConsumerOptions {
  readonly id?: string;
  readonly autoStart?: boolean;
  readonly layers?: readonly string[];
}

/** How a handler ended. */
export type Ended = { readonly value: unknown } | { readonly thrown: unknown };

const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let consumers = 0;

export class Consumer implements WorkerContext {
  readonly id: string;
  readonly name: string;
  readonly autoStart: boolean;
  readonly layers: readonly string[];
  readonly prefetch = 0;
  state: WorkerState = "running";
  /** All that it was told, and the leases that it lost. */
  readonly events: WorkerEvent[] = [];
  readonly losses: LostLease[] = [];
  beats = 0;
  readonly #backend: Backend;
  readonly #held = new Map<string, AbortController>();
  readonly #listeners = new Set<WorkerListener>();
  #wanted = 0;
  #stream: ReturnType<Backend["poll"]> | undefined;
  #beating: AsyncIterableIterator<void> | undefined;
  #next: Promise<IteratorResult<LeasedTask | null>> | undefined;

  constructor(backend: Backend, { id, autoStart = true, layers = [] }: ConsumerOptions = {}) {
    this.#backend = backend;
    this.id = id ?? `consumer-${++consumers}`;
    this.name = this.id;
    this.autoStart = autoStart;
    this.layers = layers;
  }

  get concurrency(): number {
    return this.#held.size + this.#wanted;
  }

  get taskCount(): number {
    return this.#held.size;
  }

  emit = (event: WorkerEvent): void => {
    this.events.push(event);
  };

  lose = (lost: LostLease): void => {
    this.losses.push(lost);
    this.#held.get(lost.lease)?.abort(leaseLost(lost.id, lost.reason));
  };

  listen = (listener: WorkerListener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Makes room for so many more, and takes what comes until it is full or there is nothing now. */
  async take(count = 1): Promise<LeasedTask[]> {
    const tasks: LeasedTask[] = [];
    this.want(count);
    while (tasks.length < count) {
      const task = await this.next();
      if (task === null) break;
      tasks.push(task);
    }
    this.want(0);
    return tasks;
  }

  /** Makes room for so many more, and waits until they are here. */
  async claim(count = 1): Promise<LeasedTask[]> {
    const tasks: LeasedTask[] = [];
    this.want(count);
    while (tasks.length < count) {
      const task = await this.next();
      if (task !== null) tasks.push(task);
    }
    return tasks;
  }

  /** How many more it has room for. */
  want(count: number): void {
    this.#wanted = count;
    this.#changed();
  }

  /** The next that the stream brings: a task, or `null`. Room must have been made. */
  async next(): Promise<LeasedTask | null> {
    this.#stream ??= this.#backend.poll(this);
    this.#next ??= this.#stream.next();
    const next = this.#next;
    const { done, value } = await next.finally(() => {
      if (this.#next === next) this.#next = undefined;
    });
    if (done) throw new Error("the stream of tasks has ended");
    if (value === null || value === undefined) return null;
    if (this.#wanted > 0) this.#wanted--;
    this.#held.set(value.lease, new AbortController());
    return value;
  }

  /** The task is not its any more: its slot is free. */
  free({ lease }: { readonly lease: string }): void {
    this.#held.delete(lease);
    for (const { freed } of this.#listeners) freed?.(lease);
  }

  /** Runs a task as a worker does: the backend's middleware around the handler. */
  async run(task: LeasedTask, handler: Handler<unknown, unknown>, more: Partial<TaskContext> = {}): Promise<Ended> {
    const context: TaskContext = {
      ...{ id: task.id, attempt: task.attempt, lease: task.lease, task, worker: this },
      signal: this.signal(task),
      ...{ logger: SILENT, logs: [], progress: () => {}, extend: () => {} },
      snooze: () => {
        throw new Error("only a backend's middleware can snooze");
      },
      ...more,
    };
    try {
      return { value: await this.#backend.middleware()(handler)(task.args, context) };
    } catch (thrown) {
      return { thrown };
    } finally {
      this.free(task);
    }
  }

  /** Fires when the lease is lost, or when it is made to. */
  signal(task: LeasedTask): AbortSignal {
    return this.#controller(task).signal;
  }

  abort(task: LeasedTask, reason: unknown): void {
    this.#controller(task).abort(reason);
  }

  #controller({ lease }: LeasedTask): AbortController {
    const controller = this.#held.get(lease);
    if (!controller) throw new Error("the task is not held");
    return controller;
  }

  /** Begins to give signs of life. */
  beat(): void {
    if (this.#beating) return;
    const beating = this.#backend.heartbeat(this);
    this.#beating = beating;
    const count = async () => {
      for await (const _ of beating) this.beats++;
    };
    // A worker that is refused learns it from its stream of tasks.
    count().catch(() => {});
  }

  turn(state: WorkerState): void {
    this.state = state;
    this.#changed();
  }

  /** Takes no more and gives back what it did not begin, as a worker that stops does first. */
  async leave(): Promise<void> {
    this.turn("stopped");
    await this.#stream?.return?.();
  }

  /** Stops for good: says what is left to be said, and goodbye. */
  async stop(): Promise<void> {
    await this.leave();
    this.#beating ??= this.#backend.heartbeat(this);
    await this.#beating.return?.();
  }

  #changed(): void {
    for (const { changed } of this.#listeners) changed?.();
  }
}
