/** The pushing half of a queue: checked, encoded, coalesced. */

import { Coalescer, single } from "./coalescer.ts";
import { type Codec, Codecs } from "./codec.ts";
import { outgoing, type Writing } from "./outgoing.ts";
import type { QueuePort } from "./port.ts";
import type { Schema } from "./schema.ts";
import { asTasks, type Buildable, pushChunks, type TaskSink } from "./sink.ts";
import type { NewTask, Pushed, PushOptions } from "./task.ts";

// biome-ignore lint/suspicious/noExplicitAny: what handlers get of the args does not matter to who pushes them
type SchemaOf<Input> = Schema<Input, any>;

export interface SinkOptions<Input> {
  /** What args must be: checked at each push. */
  readonly schema?: SchemaOf<Input> | undefined;
  /** What tasks are written with; JSON by default. */
  readonly codec?: Codec | undefined;
  /** Whether pushes that come together go in one request. True by default. */
  readonly coalesce?: boolean | undefined;
}

/** What is needed to push to a queue, and no more. */
export class QueueSink<Input = unknown> implements TaskSink<Input> {
  readonly #port: Pick<QueuePort, "push">;
  readonly #writing: Writing;
  readonly #coalescer: Coalescer | undefined;
  /** The pushes whose schemas are still at it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(port: Pick<QueuePort, "push">, { schema, codec, coalesce = true }: SinkOptions<Input> = {}) {
    this.#port = port;
    this.#writing = { codecs: new Codecs(codec), schema: schema as Schema | undefined };
    this.#coalescer = coalesce ? new Coalescer(port) : undefined;
  }

  push(args: Input, options?: PushOptions): Promise<Pushed> {
    return this.pushTask({ args }, options);
  }

  async pushTask(task: Buildable<Input>, { retry = false, signal }: PushOptions = {}): Promise<Pushed> {
    const text = outgoing(task, this.#writing, retry);
    // Only a schema that takes its time can upset the order: then each push waits for those before it.
    const turn = text instanceof Promise ? this.#turn : undefined;
    if (text instanceof Promise) this.#turn = Promise.allSettled([turn, text]);
    if (turn) await turn;
    const ready = text instanceof Promise ? await text : text;
    if (this.#coalescer) return this.#coalescer.push(ready, signal);
    try {
      const [pushed] = await this.#port.push([ready], { signal });
      return pushed as Pushed;
    } catch (error) {
      throw single(error);
    }
  }

  pushBulk(args: Iterable<Input>, options?: PushOptions): Promise<Pushed[]> {
    return this.pushTasks(
      Array.from(args, (one): NewTask<Input> => ({ args: one })),
      options,
    );
  }

  /** Pushes tasks that were built, all or none, in order. */
  async pushTasks(tasks: readonly Buildable<Input>[], { retry = false, signal }: PushOptions = {}): Promise<Pushed[]> {
    if (tasks.length === 0) return [];
    const texts = await Promise.all(tasks.map((task) => outgoing(task, this.#writing, retry)));
    return [...(await this.#port.push(texts, { signal }))];
  }

  pushStream(args: AsyncIterable<Input> | Iterable<Input>, options?: PushOptions): Promise<Pushed[]> {
    return this.pushAll(asTasks(args), options);
  }

  pushAll(
    tasks: AsyncIterable<Buildable<Input>> | Iterable<Buildable<Input>>,
    { retry = false, signal }: PushOptions = {},
  ): Promise<Pushed[]> {
    return pushChunks(tasks, {
      ready: (task) => outgoing(task, this.#writing, retry),
      push: (chunk) => this.#port.push(chunk, { signal }),
      charactersOf: ({ text }) => text.length,
    });
  }
}
