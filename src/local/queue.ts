/** A queue of this process: the port over a store. */

import type { Clock } from "../backend/clock.ts";
import type { WorkerContext } from "../backend/context.ts";
import type { Filter, QueueInfo, QueueStats, RunningWorker } from "../backend/expose.ts";
import type { PollAnswer, PollPort, PollRequest, SessionRef } from "../backend/poll-port.ts";
import type {
  BulkAnswer,
  BulkOrder,
  CallOptions,
  Changes,
  Feed,
  FeedOptions,
  Introduction,
  QueuePort,
  Registered,
  TaskText,
  TaskViewPage,
  VacuumOrder,
  WaitPortOptions,
  WaitView,
  When,
} from "../backend/port.ts";
import { PullFeed } from "../backend/pull.ts";
import type { BulkVerb } from "../task/bulk.ts";
import type { ConfigChange } from "../task/config.ts";
import { PriniaError } from "../task/errors.ts";
import { ok, type Result } from "../task/result.ts";
import type { EventAnswer, HolderEvent, Pushed, QueueConfig } from "../task/task.ts";
import type { TaskResultView, TaskView } from "../task/view.ts";
import { Engine } from "./engine.ts";
import {
  bulkInput,
  configInput,
  eventsInput,
  idInput,
  idsInput,
  listInput,
  patchInput,
  pollInput,
  pushInput,
  registerInput,
  runAtInput,
  vacuumInput,
} from "./inputs.ts";
import { statusOf } from "./news.ts";
import { poll } from "./poll.ts";
import type { LocalStore, Occasion, Sender } from "./store.ts";
import { resultValuesOf, valuesOf } from "./values.ts";
import { waitFor } from "./wait.ts";

export class LocalQueue implements QueuePort {
  readonly queue: string;
  readonly #store: LocalStore;
  readonly #engine: Engine;

  constructor(queue: string, store: LocalStore, clock: Clock) {
    this.queue = queue;
    this.#store = store;
    this.#engine = new Engine(store, clock);
  }

  async push(tasks: readonly TaskText[], { signal }: CallOptions = {}): Promise<readonly Pushed[]> {
    signal?.throwIfAborted();
    const input = pushInput(tasks);
    return this.#do((on) => this.#store.push(on, input));
  }

  async fetch(id: string): Promise<TaskView<unknown>> {
    idInput(id);
    return valuesOf(await this.#do((on) => this.#store.task(on, id)));
  }

  async list(filter: Filter): Promise<TaskViewPage> {
    const query = listInput(filter);
    const page = await this.#do((on) => this.#store.list(on, query));
    return { ...page, tasks: page.tasks.map(valuesOf) };
  }

  async update(id: string, changes: Changes): Promise<TaskView<unknown>> {
    idInput(id);
    const patch = patchInput(changes);
    return valuesOf(await this.#do((on) => this.#store.update(on, id, patch)));
  }

  async reschedule(id: string, when: When): Promise<TaskView<unknown>> {
    idInput(id);
    return valuesOf(await this.#do((on) => this.#store.reschedule(on, id, runAtInput(when, on.now))));
  }

  async resume(id: string): Promise<boolean> {
    idInput(id);
    return this.#do((on) => this.#store.resume(on, id));
  }

  async cancel(id: string): Promise<boolean> {
    idInput(id);
    return this.#do((on) => this.#store.cancel(on, id));
  }

  async remove(id: string): Promise<void> {
    idInput(id);
    await this.#do((on) => this.#store.remove(on, id));
  }

  async bulk(verb: BulkVerb, order: BulkOrder): Promise<BulkAnswer> {
    const input = bulkInput(verb, order);
    return this.#do((on) => this.#store.bulk(on, input));
  }

  events(events: readonly HolderEvent[]): Promise<readonly EventAnswer[]> {
    return this.#report({}, events);
  }

  async register(introduction: Introduction): Promise<Registered> {
    const input = registerInput(introduction);
    return this.#do((on) => this.#store.register(on, input));
  }

  resumeAbandoned(): Promise<number> {
    return this.#do((on) => ok(this.#store.sweep(on)));
  }

  async vacuum(order: VacuumOrder): Promise<{ readonly vacuumed: number; readonly more: boolean }> {
    const input = vacuumInput(order);
    return this.#do((on) => ok(this.#store.vacuum(on, input)));
  }

  purge(): Promise<{ readonly purged: number; readonly more: boolean }> {
    return this.#do((on) => ok(this.#store.purge(on)));
  }

  async drop(force: boolean): Promise<void> {
    await this.#do((on) => {
      const dropped = this.#store.drop(on, force);
      if (dropped.ok) for (const id of this.#engine.waits.ids) on.gone.add(id);
      return dropped;
    });
  }

  async status(
    ids: readonly string[],
  ): Promise<{ readonly results: readonly TaskResultView<unknown>[]; readonly unknown: readonly string[] }> {
    const unique = [...new Set(idsInput(ids))];
    const { results, unknown } = await this.#do((on) => ok(statusOf(this.#store, on, unique)));
    return { results: results.map(resultValuesOf), unknown };
  }

  wait(ids: readonly string[], options: WaitPortOptions): AsyncIterableIterator<WaitView> {
    return waitFor(this.#engine, ids, options);
  }

  async workers(): Promise<readonly RunningWorker[]> {
    return structuredClone(await this.#do((on) => ok(this.#store.workers(on))));
  }

  async info(): Promise<QueueInfo> {
    return structuredClone(await this.#do((on) => this.#store.info(on)));
  }

  async stats(): Promise<QueueStats> {
    return structuredClone(await this.#do((on) => ok(this.#store.stats(on))));
  }

  async config(): Promise<QueueConfig> {
    return structuredClone(await this.#do(() => ok(this.#store.config())));
  }

  async configure(change: ConfigChange): Promise<QueueConfig> {
    const input = configInput(change);
    return structuredClone(await this.#do((on) => ok(this.#store.configure(on, input))));
  }

  connect(worker: WorkerContext, options: FeedOptions): Feed {
    return new PullFeed(this.pollPort(worker.id), worker, { ...options, clock: this.#engine.clock });
  }

  /** What a worker's feed asks. */
  pollPort(worker: string): PollPort {
    return {
      isLocal: true,
      poll: (request, signal) => this.#poll(request, signal),
      events: ({ events, ...sender }) => this.#report(sender, events),
      register: (introduction) => this.register(introduction),
      heartbeat: (ref) => this.#do((on) => this.#store.heartbeat(on, ref)),
      goodbye: (ref) => this.#goodbye(ref),
      status: (ids) => this.status(ids),
      onLost: (session, listener) => this.#engine.connections.add({ worker, session }, listener),
    };
  }

  /** Whoever waits is told that it waits in vain, and the store is closed. */
  close(): void {
    const detail = `The queue ${JSON.stringify(this.queue)} was closed.`;
    this.#engine.close(new PriniaError({ code: "unreachable", detail }));
  }

  async #poll(request: PollRequest, signal: AbortSignal): Promise<PollAnswer> {
    signal.throwIfAborted();
    return poll(this.#engine, pollInput(request), signal);
  }

  async #report(sender: Sender, events: readonly HolderEvent[]): Promise<readonly EventAnswer[]> {
    const { events: valid } = eventsInput(sender, events);
    return this.#do((on) => this.#store.events(on, sender, valid));
  }

  #goodbye(ref: SessionRef): Promise<{ released: number }> {
    return this.#do((on) => {
      const left = this.#store.goodbye(on, ref);
      // They would be served next, and refused.
      if (left.ok) for (const waiting of this.#engine.polls.of(ref.session)) waiting.end([]);
      return left;
    });
  }

  #do<T>(work: (on: Occasion) => Result<T>): Promise<T> {
    return this.#engine.do(work);
  }
}
