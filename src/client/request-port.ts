/** What is asked of a queue, one request a call. How a worker is connected is left open. */

import type { WorkerContext } from "../backend/context.ts";
import type { Filter, QueueInfo, QueueStats, RunningWorker } from "../backend/expose.ts";
import { jsonText } from "../backend/outgoing.ts";
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
import type { BulkVerb } from "../task/bulk.ts";
import type { ConfigChange } from "../task/config.ts";
import type { EventAnswer, HolderEvent, Pushed, QueueConfig } from "../task/task.ts";
import type { TaskResultView, TaskView } from "../task/view.ts";
import { httpEvents } from "./http-events.ts";
import { httpPush } from "./http-push.ts";
import { httpWait } from "./http-wait.ts";
import { Partitions } from "./partitions.ts";
import { queryOf } from "./query.ts";
import { queuePath, type RequestOptions, type Requests } from "./requests.ts";
import { splitPush } from "./split-push.ts";

export abstract class RequestPort implements QueuePort {
  readonly queue: string;
  readonly requests: Requests;
  /** Of the queue. */
  readonly path: string;
  readonly partitions = new Partitions();

  constructor(requests: Requests, queue: string) {
    this.queue = queue;
    this.requests = requests;
    this.path = queuePath(queue);
  }

  push(tasks: readonly TaskText[], options: CallOptions = {}): Promise<readonly Pushed[]> {
    return splitPush(tasks, this.partitions, (part) => httpPush(this.requests, this.path, part, options));
  }

  fetch(id: string): Promise<TaskView<unknown>> {
    return this.#send("GET", taskPath(id));
  }

  list(filter: Filter): Promise<TaskViewPage> {
    return this.#send("GET", `/tasks${queryOf(filter)}`);
  }

  update(id: string, changes: Changes): Promise<TaskView<unknown>> {
    return this.#tell("PATCH", taskPath(id), changes);
  }

  reschedule(id: string, when: When): Promise<TaskView<unknown>> {
    return this.#tell("POST", `${taskPath(id)}/reschedule`, when);
  }

  async resume(id: string): Promise<boolean> {
    return (await this.#send<{ resumed: boolean }>("POST", `${taskPath(id)}/resume`)).resumed;
  }

  async cancel(id: string): Promise<boolean> {
    return (await this.#send<{ cancelled: boolean }>("POST", `${taskPath(id)}/cancel`)).cancelled;
  }

  remove(id: string): Promise<void> {
    return this.#send("DELETE", taskPath(id));
  }

  bulk(verb: BulkVerb, order: BulkOrder): Promise<BulkAnswer> {
    return this.#tell("POST", `/tasks/${verb}`, order);
  }

  events(events: readonly HolderEvent[]): Promise<readonly EventAnswer[]> {
    return httpEvents(this.requests, this.path, events);
  }

  register(introduction: Introduction): Promise<Registered> {
    return this.#tell("POST", "/workers", introduction);
  }

  async resumeAbandoned(): Promise<number> {
    return (await this.#send<{ resumed: number }>("POST", "/resume-abandoned")).resumed;
  }

  vacuum(order: VacuumOrder): Promise<{ readonly vacuumed: number; readonly more: boolean }> {
    return this.#tell("POST", "/vacuum", order);
  }

  purge(): Promise<{ readonly purged: number; readonly more: boolean }> {
    return this.#send("POST", "/purge");
  }

  drop(force: boolean): Promise<void> {
    return this.#send("DELETE", force ? "?force" : "");
  }

  status(ids: readonly string[]): Promise<{
    readonly results: readonly TaskResultView<unknown>[];
    readonly unknown: readonly string[];
  }> {
    return this.#tell("POST", "/status", { ids });
  }

  wait(ids: readonly string[], options: WaitPortOptions): AsyncIterableIterator<WaitView> {
    return httpWait(this.requests, this.path, ids, options);
  }

  async workers(): Promise<readonly RunningWorker[]> {
    return (await this.#send<{ workers: RunningWorker[] }>("GET", "/workers")).workers;
  }

  info(): Promise<QueueInfo> {
    return this.#send("GET", "");
  }

  stats(): Promise<QueueStats> {
    return this.#send("GET", "/stats");
  }

  config(): Promise<QueueConfig> {
    return this.#send("GET", "/config");
  }

  configure(change: ConfigChange): Promise<QueueConfig> {
    return this.#tell("PATCH", "/config", change);
  }

  abstract connect(worker: WorkerContext, options: FeedOptions): Feed;

  #tell<T>(method: string, path: string, body: object): Promise<T> {
    return this.#send(method, path, { body: jsonText(body) });
  }

  #send<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
    return this.requests.call(method, this.path + path, options);
  }
}

const taskPath = (id: string): string => `/tasks/${encodeURIComponent(id)}`;
