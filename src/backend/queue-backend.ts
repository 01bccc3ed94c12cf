/** All the traits, over a port. */

import { MAX_BATCH } from "../limits.ts";
import type { BulkVerb } from "../task/bulk.ts";
import type { ConfigChange } from "../task/config.ts";
import { type Duration, durationMs } from "../task/duration.ts";
import { PriniaError, TaskFailedError } from "../task/errors.ts";
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
import { Codecs } from "./codec.ts";
import { differences } from "./differences.ts";
import type { Expose, Filter, Page, QueueInfo, QueueStats, RunningWorker, Totals } from "./expose.ts";
import { jsonText } from "./outgoing.ts";
import type { BulkAnswer, BulkOrder, DirectoryPort, QueuePort, Registered, Transport } from "./port.ts";
import { checkName, type Queue } from "./queue.ts";
import { QueueSink } from "./queue-sink.ts";
import { QueueSource, type SourceOptions } from "./queue-source.ts";
import { onlyResult } from "./result.ts";
import type { Buildable } from "./sink.ts";
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
import { listedTaskOf, statusOf, taskOf, unknownTask, waitResultOf } from "./view.ts";

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
    WaitForCompletion<Out>
{
  readonly #port: QueuePort;
  readonly #directory: DirectoryPort;
  readonly #codecs: Codecs;
  readonly #sink: QueueSink<Input>;

  constructor(queue: Queue, transport: Transport, options: BackendOptions<Args, Input> = {}) {
    const port = transport.queue(checkName(queue, "queue"));
    super(port, options);
    this.#port = port;
    this.#directory = transport.directory;
    this.#codecs = new Codecs(options.codec, options.codecs);
    this.#sink = new QueueSink<Input>(port, options);
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
