/** The worker's half of a queue: polled, decoded, acknowledged. */

import { errorText, PriniaError } from "../task/errors.ts";
import { acknowledging } from "./ack.ts";
import type { BackendExt, TaskStream } from "./backend.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type Codec, Codecs, json } from "./codec.ts";
import type { WorkerContext } from "./context.ts";
import type { Layer } from "./layer.ts";
import type { PollStrategy } from "./poll-strategy.ts";
import type { Feed, QueuePort } from "./port.ts";
import type { Queue } from "./queue.ts";
import type { Schema } from "./schema.ts";
import type { LeasedTask } from "./task.ts";
import { leasedTaskOf } from "./view.ts";

export interface SourceOptions<Args, Input = Args> {
  /** What args must be: checked at each push, and again before each handler. */
  readonly schema?: Schema<Input, Args> | undefined;
  /** What tasks are written with; JSON by default. */
  readonly codec?: Codec | undefined;
  /** Codecs that tasks of the queue may be written with besides. */
  readonly codecs?: readonly Codec[] | undefined;
  /** When to poll. Left out, a poll is held until there is a task. Refused where a socket tells of tasks as they come. */
  readonly strategy?: PollStrategy | undefined;
  readonly clock?: Clock | undefined;
}

/** What workers need of a queue, and no more. `Args` is what handlers get, `Out` what they return. */
export class QueueSource<Args = unknown, Out = unknown, Input = Args> implements BackendExt<Args, Out> {
  readonly #port: Pick<QueuePort, "queue" | "connect">;
  readonly #codec: Codec;
  readonly #codecs: Codecs;
  readonly #schema: Schema | undefined;
  readonly #strategy: PollStrategy | undefined;
  readonly #clock: Clock;
  readonly #feeds = new WeakMap<WorkerContext, Feed>();

  constructor(
    port: Pick<QueuePort, "queue" | "connect" | "isPushed">,
    { schema, codec = json, codecs = [], strategy, clock = systemClock }: SourceOptions<Args, Input> = {},
  ) {
    if (strategy && port.isPushed) {
      const detail = "A socket is told of tasks as they come: leave `strategy` out, or poll by another transport.";
      throw new PriniaError({ code: "bad_request", detail, path: "strategy" });
    }
    this.#port = port;
    this.#codec = codec;
    this.#codecs = new Codecs(codec, codecs);
    this.#schema = schema as Schema | undefined;
    this.#strategy = strategy;
    this.#clock = clock;
  }

  getQueue(): Queue {
    return this.#port.queue;
  }

  codec(): Codec {
    return this.#codec;
  }

  heartbeat(worker: WorkerContext): AsyncIterableIterator<void> {
    return this.#feed(worker).beats();
  }

  middleware(): Layer {
    return acknowledging({
      report: (worker, event) => this.#feed(worker).report(event),
      encodeResult: (codec, value) => this.#codecs.encodeResult(codec, value),
    });
  }

  pollCompact(worker: WorkerContext): TaskStream<LeasedTask> {
    return this.#feed(worker).tasks();
  }

  poll(worker: WorkerContext): TaskStream<LeasedTask<Args, Out>> {
    const feed = this.#feed(worker);
    const compact = feed.tasks();
    const stream: TaskStream<LeasedTask<Args, Out>> = {
      next: async () => {
        for (;;) {
          const { done, value } = await compact.next();
          if (done) return { done, value: undefined };
          if (value === null) return { done: false, value };
          const task = await this.#decoded(worker, feed, value);
          if (task) return { done: false, value: task };
        }
      },
      return: async () => {
        await compact.return?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => stream,
    };
    return stream;
  }

  /** A task that cannot be decoded is killed, and disturbs nothing else. */
  async #decoded(worker: WorkerContext, feed: Feed, task: LeasedTask): Promise<LeasedTask<Args, Out> | undefined> {
    try {
      return await leasedTaskOf<Args, Out>(task, this.#codecs, this.#schema);
    } catch (error) {
      const { id, lease, attempt } = task;
      feed.report({ type: "ack", id, lease, result: { err: errorText(error), abort: true } });
      worker.emit({ type: "error", id, attempt, error });
      return undefined;
    }
  }

  #feed(worker: WorkerContext): Feed {
    const known = this.#feeds.get(worker);
    if (known) return known;
    const feed = this.#port.connect(worker, { strategy: this.#strategy, clock: this.#clock });
    this.#feeds.set(worker, feed);
    return feed;
  }
}
