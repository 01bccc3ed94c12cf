/** The simplest queue: a line in memory, polled by a strategy. */

import type { Duration } from "../task/duration.ts";
import { PriniaError } from "../task/errors.ts";
import type { Pushed } from "../task/task.ts";
import type { BackendExt, TaskStream } from "./backend.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type Codec, identity } from "./codec.ts";
import type { WorkerContext } from "./context.ts";
import { Fifo } from "./fifo.ts";
import type { Layer } from "./layer.ts";
import { interval, type PollStrategy } from "./poll-strategy.ts";
import { Polled } from "./polled.ts";
import { checkName, type Queue } from "./queue.ts";
import type { Buildable, TaskSink } from "./sink.ts";
import { sinkOf } from "./sink-of.ts";
import type { LeasedTask, NewTask, PushOptions } from "./task.ts";

export interface DequeueOptions {
  /** `default` when left out. */
  readonly queue?: Queue | undefined;
  readonly clock?: Clock | undefined;
}

/** What a task can be given that a line cannot keep: it would be a lie to take it. */
const UNKNOWN = ["priority", "runAt", "delayMs", "maxAttempts", "backoff"] as const satisfies (keyof NewTask)[];

/**
 * First in, first out; each task is run once, and nothing is known of it afterwards, not even its result. What a worker
 * gives back comes again at once, and what it snoozes later. Two pushes with one idempotency key are one task while it is
 * here. Args are handed over as they are. Nothing outlives the process.
 */
export class Dequeue<Args = unknown, Out = unknown> implements BackendExt<Args, Out>, TaskSink<Args> {
  readonly #queue: Queue;
  readonly #line: Fifo;
  readonly #polled: Polled<Args, Out>;
  readonly #sink: TaskSink<Args>;

  constructor(strategy: PollStrategy, { queue = "default", clock = systemClock }: DequeueOptions = {}) {
    this.#queue = checkName(queue, "queue");
    this.#line = new Fifo(queue, clock);
    this.#polled = new Polled((worker) => this.#line.port(worker), { strategy, clock, keepsResults: false });
    this.#sink = sinkOf(async (tasks) => this.#pushed(tasks));
  }

  /** How many tasks wait. */
  get length(): number {
    return this.#line.length;
  }

  getQueue(): Queue {
    return this.#queue;
  }

  codec(): Codec {
    return identity();
  }

  heartbeat(worker: WorkerContext): AsyncIterableIterator<void> {
    return this.#polled.heartbeat(worker);
  }

  middleware(): Layer {
    return this.#polled.middleware();
  }

  poll(worker: WorkerContext): TaskStream<LeasedTask<Args, Out>> {
    return this.#polled.poll(worker);
  }

  pollCompact(worker: WorkerContext): TaskStream<LeasedTask> {
    return this.#polled.poll(worker) as TaskStream<LeasedTask>;
  }

  push(args: Args, options?: PushOptions): Promise<Pushed> {
    return this.#sink.push(args, options);
  }

  pushBulk(args: Iterable<Args>, options?: PushOptions): Promise<Pushed[]> {
    return this.#sink.pushBulk(args, options);
  }

  pushStream(args: AsyncIterable<Args> | Iterable<Args>, options?: PushOptions): Promise<Pushed[]> {
    return this.#sink.pushStream(args, options);
  }

  /** @throws PriniaError `bad_request` for an option that a line cannot keep: when to run, how often, before whom */
  pushTask(task: Buildable<Args>, options?: PushOptions): Promise<Pushed> {
    return this.#sink.pushTask(task, options);
  }

  pushAll(tasks: AsyncIterable<Buildable<Args>> | Iterable<Buildable<Args>>, options?: PushOptions): Promise<Pushed[]> {
    return this.#sink.pushAll(tasks, options);
  }

  #pushed(tasks: readonly NewTask<Args>[]): Pushed[] {
    for (const [at, task] of tasks.entries()) {
      const path = UNKNOWN.find((option) => task[option] !== undefined);
      if (path === undefined) continue;
      const detail = `A dequeue runs each task once, in the order of the pushes: it knows no \`${path}\`. MemoryStorage does.`;
      throw new PriniaError({ code: "bad_request", detail, path: `tasks.${at}.${path}` });
    }
    return tasks.map((task) => this.#line.push(task));
  }
}

/**
 * A queue in memory that is no more than a line.
 *
 * @param every how long to wait between two polls, or a strategy that says when
 *
 * @example
 * const letters = dequeue<Letter>("100ms");
 * await letters.push({ to: "Ada" });
 */
export const dequeue = <Args = unknown, Out = unknown>(
  every: Duration | PollStrategy,
  options?: DequeueOptions,
): Dequeue<Args, Out> => new Dequeue(typeof every === "object" ? every : interval(every), options);
