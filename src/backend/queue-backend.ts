/** All the traits, over a port. */

import { MAX_BATCH, MAX_FRAME_CHARACTERS, STREAM_CHUNK } from "../limits.ts";
import type { ConfigChange } from "../task/config.ts";
import { type Duration, durationMs } from "../task/duration.ts";
import { errorText, PriniaError, TaskFailedError } from "../task/errors.ts";
import type { QueueConfig } from "../task/task.ts";
import { acknowledging } from "./ack.ts";
import type {
  BackendExt,
  FetchById,
  RegisterWorker,
  Reschedule,
  ResumeAbandoned,
  ResumeById,
  TaskStream,
  Update,
  Vacuum,
  WaitForCompletion,
  WaitOptions,
  Writable,
} from "./backend.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Coalescer, PLACE, single } from "./coalescer.ts";
import { type Codec, Codecs, json } from "./codec.ts";
import type { WorkerContext } from "./context.ts";
import { differences } from "./differences.ts";
import type { Expose, Filter, Page, QueueInfo, QueueStats, RunningWorker, Totals } from "./expose.ts";
import type { Layer } from "./layer.ts";
import { outgoing, type Writing } from "./outgoing.ts";
import type { PollStrategy } from "./poll-strategy.ts";
import type {
  BulkAnswer,
  BulkOrder,
  BulkVerb,
  DirectoryPort,
  Feed,
  QueuePort,
  Registered,
  TaskText,
  Transport,
} from "./port.ts";
import { checkName, type Queue } from "./queue.ts";
import type { Schema } from "./schema.ts";
import { type Buildable, PushStreamError } from "./sink.ts";
import {
  idOf,
  type LeasedTask,
  type NewTask,
  type NoResult,
  type Pushed,
  type PushOptions,
  type Task,
  type TaskRef,
  type TaskResult,
  type TaskStatus,
} from "./task.ts";
import { leasedTaskOf, listedTaskOf, statusOf, taskOf, unknownTask, waitResultOf } from "./view.ts";

export interface BackendOptions<Args, Input = Args> {
  /** What args must be: checked at each push, and again before each handler. */
  readonly schema?: Schema<Input, Args> | undefined;
  /** What tasks are written with; JSON by default. */
  readonly codec?: Codec | undefined;
  /** Codecs that tasks of the queue may be written with besides. */
  readonly codecs?: readonly Codec[] | undefined;
  /** When to poll. Left out, a poll is held until there is a task. */
  readonly strategy?: PollStrategy | undefined;
  /** Whether pushes that come together go in one request. True by default. */
  readonly coalesce?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * A queue with everything that it can do. `Args` is what handlers get, `Out` what they return, `Input` what is pushed:
 * the same as `Args`, unless a schema transforms it.
 */
export class QueueBackend<Args = unknown, Out = unknown, Input = Args>
  implements
    Expose<Args, Out, Input>,
    BackendExt<Args, Out>,
    FetchById<Args, Out>,
    Update<Args, Out>,
    Reschedule,
    Vacuum,
    ResumeById,
    ResumeAbandoned,
    RegisterWorker,
    WaitForCompletion<Out>
{
  readonly #port: QueuePort;
  readonly #directory: DirectoryPort;
  readonly #codec: Codec;
  readonly #codecs: Codecs;
  readonly #writing: Writing;
  readonly #strategy: PollStrategy | undefined;
  readonly #clock: Clock;
  readonly #coalescer: Coalescer | undefined;
  readonly #feeds = new WeakMap<WorkerContext, Feed>();
  /** The pushes whose schemas are still at it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(queue: Queue, transport: Transport, options: BackendOptions<Args, Input> = {}) {
    const { schema, codec = json, codecs = [], strategy, coalesce = true, clock = systemClock } = options;
    this.#port = transport.queue(checkName(queue, "queue"));
    this.#directory = transport.directory;
    this.#codec = codec;
    this.#codecs = new Codecs(codec, codecs);
    this.#writing = { codecs: this.#codecs, schema: schema as Schema | undefined };
    this.#strategy = strategy;
    this.#clock = clock;
    this.#coalescer = coalesce ? new Coalescer(this.#port) : undefined;
  }

  getQueue(): Queue {
    return this.#port.queue;
  }

  codec(): Codec {
    return this.#codec;
  }

  // Polling.

  heartbeat(worker: WorkerContext): AsyncIterableIterator<void> {
    return this.#feed(worker).beats();
  }

  middleware(): Layer<Args, Out> {
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
      return await leasedTaskOf<Args, Out>(task, this.#codecs, this.#writing.schema);
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

  registerWorker(
    workerId: string,
    introduction: { readonly layers?: readonly string[]; readonly info?: unknown } = {},
  ): Promise<Registered> {
    return this.#port.register({ worker: checkName(workerId, "worker"), ...introduction });
  }

  // Pushing.

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

  async pushAll(
    tasks: AsyncIterable<Buildable<Input>> | Iterable<Buildable<Input>>,
    { retry = false, signal }: PushOptions = {},
  ): Promise<Pushed[]> {
    const pushed: Pushed[] = [];
    let chunk: TaskText[] = [];
    let characters = 0;
    const send = async (): Promise<void> => {
      if (chunk.length === 0) return;
      pushed.push(...(await this.#port.push(chunk, { signal })));
      chunk = [];
      characters = 0;
    };
    try {
      for await (const task of tasks) {
        const text = await outgoing(task, this.#writing, retry);
        if (chunk.length === STREAM_CHUNK || characters + text.text.length > MAX_FRAME_CHARACTERS) await send();
        chunk.push(text);
        characters += text.text.length;
      }
      await send();
    } catch (error) {
      throw streamError(error, pushed);
    }
    return pushed;
  }

  // One task.

  async fetchById(id: TaskRef): Promise<Task<Args, Out> | null> {
    try {
      return taskOf<Args, Out>(await this.#port.fetch(idOf(id)), this.#codecs);
    } catch (error) {
      if (error instanceof PriniaError && error.code === "task_not_found") return null;
      throw error;
    }
  }

  async update(
    task: TaskRef | Task<Args, Out>,
    changes?: Writable<Args> & { readonly revision?: number },
  ): Promise<Task<Args, Out>> {
    const id = idOf(task);
    const wanted = changes ?? differences(await this.#port.fetch(id), task as Task<Args, Out>, this.#codecs);
    const encoded = changes && "args" in changes ? { ...wanted, args: this.#codecs.encode(changes.args) } : wanted;
    return taskOf<Args, Out>(await this.#port.update(id, encoded), this.#codecs);
  }

  async reschedule(task: TaskRef, wait: Duration): Promise<void> {
    const id = idOf(task);
    const delayMs = durationMs(wait, "wait");
    if (typeof task === "string" || !("lease" in task) || typeof task.lease !== "string") {
      await this.#port.reschedule(id, { delayMs });
      return;
    }
    const [answer] = await this.#port.events([{ type: "snooze", id, lease: task.lease, delayMs }]);
    if (answer && "error" in answer) throw new PriniaError(answer.error as PriniaError);
  }

  resumeById(id: TaskRef): Promise<boolean> {
    return this.#port.resume(idOf(id));
  }

  /** @returns false when the task had ended already */
  cancel(id: TaskRef): Promise<boolean> {
    return this.#port.cancel(idOf(id));
  }

  /** Deletes a task that is not leased. */
  remove(id: TaskRef): Promise<void> {
    return this.#port.remove(idOf(id));
  }

  /** Resumes, cancels, reschedules or deletes many: those that are named, or that a filter finds. */
  bulk(verb: BulkVerb, order: BulkOrder): Promise<BulkAnswer> {
    return this.#port.bulk(verb, order);
  }

  // Waiting.

  async *waitFor(ids: Iterable<TaskRef>, options: WaitOptions = {}): AsyncGenerator<TaskResult<Out> | NoResult, void> {
    const unique = [...new Set(Array.from(ids, idOf))];
    for await (const view of this.#port.wait(unique, options)) yield waitResultOf<Out>(view, this.#codecs);
  }

  async waitForSingle(id: TaskRef, options: WaitOptions = {}): Promise<TaskResult<Out>> {
    for await (const result of this.waitFor([id], options)) {
      if (result.status !== "Unknown") return result;
      throw new PriniaError({ code: "task_not_found", detail: `${result.error} Its id is ${result.id}.`, status: 404 });
    }
    throw new PriniaError({ code: "unreachable", detail: `The wait for ${idOf(id)} ended without a result.` });
  }

  async checkStatus(ids: Iterable<TaskRef>): Promise<(TaskStatus<Out> | NoResult)[]> {
    const unique = [...new Set(Array.from(ids, idOf))];
    const found = new Map<string, TaskStatus<Out> | NoResult>();
    for (let from = 0; from < unique.length; from += MAX_BATCH) {
      const { results } = await this.#port.status(unique.slice(from, from + MAX_BATCH));
      for (const view of results) found.set(view.id, statusOf<Out>(view, this.#codecs));
    }
    return unique.map((id) => found.get(id) ?? unknownTask(id));
  }

  // The whole queue.

  async vacuum(order: { readonly olderThan?: Duration; readonly status?: "Done" | "Killed" } = {}): Promise<number> {
    const { olderThan, status } = order;
    const olderThanMs = olderThan === undefined ? undefined : durationMs(olderThan, "olderThan");
    let total = 0;
    for (;;) {
      const { vacuumed, more } = await this.#port.vacuum({ olderThanMs, status });
      total += vacuumed;
      if (!more) return total;
    }
  }

  resumeAbandoned(): Promise<number> {
    return this.#port.resumeAbandoned();
  }

  /** Drops all that is not leased. @returns how many went */
  async purge(): Promise<number> {
    let total = 0;
    for (;;) {
      const { purged, more } = await this.#port.purge();
      total += purged;
      if (!more) return total;
    }
  }

  /** Drops the queue itself. @throws PriniaError `wrong_status` while something is leased, unless forced */
  drop({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
    return this.#port.drop(force);
  }

  config(): Promise<QueueConfig> {
    return this.#port.config();
  }

  /** Changes settings: what is given is merged in. @returns all of them */
  configure(change: ConfigChange): Promise<QueueConfig> {
    return this.#port.configure(change);
  }

  listWorkers(): Promise<readonly RunningWorker[]> {
    return this.#port.workers();
  }

  async listTasks(filter: Filter = {}): Promise<Page<Task<Args, Out>>> {
    const { tasks, nextCursor } = await this.#port.list(filter);
    const decoded = tasks.map((view) => listedTaskOf<Args, Out>(view, this.#codecs));
    return nextCursor === undefined ? { tasks: decoded } : { tasks: decoded, nextCursor };
  }

  fetchByQueue(): Promise<QueueStats> {
    return this.#port.stats();
  }

  // All queues.

  listAllWorkers(): Promise<readonly RunningWorker[]> {
    return this.#directory.workers();
  }

  async listAllTasks(filter: Filter = {}): Promise<Page<Task>> {
    const { tasks, nextCursor } = await this.#directory.tasks(filter);
    return nextCursor === undefined ? { tasks } : { tasks, nextCursor };
  }

  async listQueues(): Promise<readonly QueueInfo[]> {
    const queues: QueueInfo[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await this.#directory.queues(cursor === undefined ? {} : { cursor });
      queues.push(...page.queues);
      if (page.nextCursor === undefined) return queues;
      cursor = page.nextCursor;
    }
  }

  global(): Promise<Totals> {
    return this.#directory.stats();
  }
}

async function* asTasks<Input>(args: AsyncIterable<Input> | Iterable<Input>): AsyncGenerator<NewTask<Input>> {
  for await (const one of args) yield { args: one };
}

function streamError(error: unknown, pushed: readonly Pushed[]): PushStreamError {
  const known = error instanceof PriniaError ? error : undefined;
  const at = Number(PLACE.exec(known?.path ?? "")?.[1] ?? 0);
  const detail = `${pushed.length} tasks of the stream were pushed, then it stopped: ${known?.detail ?? errorText(error)}`;
  const fields = known ? { ...known, detail } : { code: "bad_request" as const, detail };
  return new PushStreamError(fields, pushed, pushed.length + at, error);
}

/**
 * The value of a task that is Done: the seed's `take`.
 *
 * @throws TaskFailedError when it is Killed, PriniaError `task_not_found` when there is none
 */
export function unwrap<Out>(result: TaskResult<Out> | NoResult): Out {
  switch (result.status) {
    case "Done":
      return result.value;
    case "Killed":
      throw new TaskFailedError(result.id, result.attempt, result.error);
    case "Unknown":
      throw new PriniaError({ code: "task_not_found", detail: `${result.error} Its id is ${result.id}.`, status: 404 });
    default:
      return result satisfies never;
  }
}
