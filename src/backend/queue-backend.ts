/** All the traits, over a port. */

import type { BulkVerb } from "../task/bulk.ts";
import type { ConfigChange } from "../task/config.ts";
import { type Duration, durationMs } from "../task/duration.ts";
import { PriniaError } from "../task/errors.ts";
import type { QueueConfig } from "../task/task.ts";
import type {
  FetchById,
  RegisterWorker,
  Reschedule,
  ResumeAbandoned,
  ResumeById,
  Update,
  Vacuum,
  WaitForCompletion,
  WaitOptions,
  Writable,
} from "./backend.ts";
import { type Clock, systemClock } from "./clock.ts";
import { Codecs } from "./codec.ts";
import { differences } from "./differences.ts";
import type { Expose, Filter, Page, QueueInfo, QueueStats, RunningWorker, Totals } from "./expose.ts";
import { jsonText, outgoing } from "./outgoing.ts";
import { everyQueue, inAll } from "./parts.ts";
import type { BulkAnswer, BulkOrder, DirectoryPort, QueuePort, Registered, Transport } from "./port.ts";
import { checkName, type Queue } from "./queue.ts";
import { QueueSink } from "./queue-sink.ts";
import { QueueSource, type SourceOptions } from "./queue-source.ts";
import { onlyResult } from "./result.ts";
import { type RunOptions, type RunTasks, runText } from "./run.ts";
import type { Schema } from "./schema.ts";
import type { Buildable } from "./sink.ts";
import { statusesOf } from "./statuses.ts";
import {
  idOf,
  type NoResult,
  type Pushed,
  type PushOptions,
  type Task,
  type TaskRef,
  type TaskResult,
  type TaskStatus,
} from "./task.ts";
import { listedTaskOf, taskOf, waitResultOf } from "./view.ts";

export interface BackendOptions<Args, Input = Args> extends SourceOptions<Args, Input> {
  /** Whether pushes that come together go in one request. True by default. */
  readonly coalesce?: boolean | undefined;
}

/**
 * A queue with everything that it can do. `Args` is what handlers get, `Out` what they return, `Input` what is pushed:
 * the same as `Args`, unless a schema transforms it.
 */
export class QueueBackend<Args = unknown, Out = unknown, Input = Args>
  extends QueueSource<Args, Out, Input>
  implements
    Expose<Args, Out, Input>,
    FetchById<Args, Out>,
    Update<Args, Out>,
    Reschedule,
    Vacuum,
    ResumeById,
    ResumeAbandoned,
    RegisterWorker,
    WaitForCompletion<Out>,
    RunTasks<Out, Input>
{
  readonly #port: QueuePort;
  readonly #directory: DirectoryPort;
  readonly #codecs: Codecs;
  readonly #schema: Schema | undefined;
  readonly #clock: Clock;
  readonly #sink: QueueSink<Input>;

  constructor(queue: Queue, transport: Transport, options: BackendOptions<Args, Input> = {}) {
    const port = transport.queue(checkName(queue, "queue"));
    super(port, options);
    this.#port = port;
    this.#directory = transport.directory;
    this.#codecs = new Codecs(options.codec, options.codecs);
    this.#schema = options.schema as Schema | undefined;
    this.#clock = options.clock ?? systemClock;
    this.#sink = new QueueSink<Input>(port, options);
  }

  /**
   * Closes what is kept open for the next call, such as a socket, which would else keep a process up for some seconds.
   * What is under way goes on, and the next call opens it again.
   */
  close(): void {
    this.#port.rest?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  registerWorker(
    workerId: string,
    introduction: { readonly layers?: readonly string[]; readonly info?: unknown } = {},
  ): Promise<Registered> {
    return this.#port.register({ worker: checkName(workerId, "worker"), ...introduction });
  }

  // Pushing.

  push(args: Input, options?: PushOptions): Promise<Pushed> {
    return this.#sink.push(args, options);
  }

  pushTask(task: Buildable<Input>, options?: PushOptions): Promise<Pushed> {
    return this.#sink.pushTask(task, options);
  }

  pushBulk(args: Iterable<Input>, options?: PushOptions): Promise<Pushed[]> {
    return this.#sink.pushBulk(args, options);
  }

  /** Pushes tasks that were built, all or none, in order. */
  pushTasks(tasks: readonly Buildable<Input>[], options?: PushOptions): Promise<Pushed[]> {
    return this.#sink.pushTasks(tasks, options);
  }

  pushStream(args: AsyncIterable<Input> | Iterable<Input>, options?: PushOptions): Promise<Pushed[]> {
    return this.#sink.pushStream(args, options);
  }

  pushAll(
    tasks: AsyncIterable<Buildable<Input>> | Iterable<Buildable<Input>>,
    options?: PushOptions,
  ): Promise<Pushed[]> {
    return this.#sink.pushAll(tasks, options);
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
    // What no port could send is refused here, and by all of them alike.
    jsonText(encoded);
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

  waitForSingle(id: TaskRef, options?: WaitOptions): Promise<TaskResult<Out>> {
    return onlyResult(id, this.waitFor([id], options));
  }

  run(args: Input, options?: RunOptions): Promise<Out> {
    return this.runTask({ args }, options);
  }

  async runTask(task: Buildable<Input>, options: RunOptions = {}): Promise<Out> {
    const ready = await outgoing(task, { codecs: this.#codecs, schema: this.#schema }, options.retry ?? false);
    return runText<Out>(ready, { port: this.#port, codecs: this.#codecs, clock: this.#clock }, options);
  }

  checkStatus(ids: Iterable<TaskRef>): Promise<(TaskStatus<Out> | NoResult)[]> {
    return statusesOf<Out>(this.#port, [...new Set(Array.from(ids, idOf))], this.#codecs);
  }

  // The whole queue.

  async vacuum(order: { readonly olderThan?: Duration; readonly status?: "Done" | "Killed" } = {}): Promise<number> {
    const { olderThan, status } = order;
    const olderThanMs = olderThan === undefined ? undefined : durationMs(olderThan, "olderThan");
    return inAll(async () => {
      const { vacuumed, more } = await this.#port.vacuum({ olderThanMs, status });
      return { count: vacuumed, more };
    });
  }

  resumeAbandoned(): Promise<number> {
    return this.#port.resumeAbandoned();
  }

  /** Drops all that is not leased. @returns how many went */
  purge(): Promise<number> {
    return inAll(async () => {
      const { purged, more } = await this.#port.purge();
      return { count: purged, more };
    });
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

  listQueues(): Promise<readonly QueueInfo[]> {
    return everyQueue(this.#directory);
  }

  global(): Promise<Totals> {
    return this.#directory.stats();
  }
}
