/** Driver: a queue in this process, on SQLite or in memory, with a clock that stands still and an alarm run by hand. */

import type { Clock } from "../../src/backend/clock.ts";
import type { PollRequest } from "../../src/backend/poll-port.ts";
import type { BulkOrder } from "../../src/backend/port.ts";
import { MemoryStore } from "../../src/local/memory/store.ts";
import { LocalQueue } from "../../src/local/queue.ts";
import { openFile } from "../../src/sqlite/open.ts";
import { QueueFile } from "../../src/sqlite/queue-file.ts";
import { SqliteStore } from "../../src/sqlite/store.ts";
import { cryptoChance } from "../../src/task/chance.ts";
import { PriniaError } from "../../src/task/errors.ts";
import { type Answer, type Call, type CallOf, holderEvent, type Sight, type System } from "./port.ts";

const START = 1_750_000_000_000;
const QUEUE = "model";

/** Time by hand: a timer fires when it is told to, if it is due. */
class StandingClock implements Clock {
  #now = START;
  #timers: { readonly at: number; readonly task: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  pass(ms: number): void {
    this.#now += ms;
  }

  timer(ms: number, task: () => void): () => void {
    const timer = { at: this.#now + ms, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  get next(): number | null {
    return this.#timers.length === 0 ? null : Math.min(...this.#timers.map(({ at }) => at));
  }

  /** Whether one was due. */
  fire(): boolean {
    const due = this.#timers.find(({ at }) => at === this.next && at <= this.#now);
    this.#timers = this.#timers.filter((one) => one !== due);
    due?.task();
    return due !== undefined;
  }

  clear(): void {
    this.#timers = [];
  }
}

/** What follows from a call is done in microtasks. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 8; turns++) await null;
}

const MOST_ALARMS = 20;

export class LocalSystem implements System {
  readonly sweepsAtStart = true;
  readonly onlyTasksWake = true;
  readonly restarts: boolean;
  readonly #clock = new StandingClock();
  readonly #sql: ReturnType<typeof openFile> | null;
  #queue: LocalQueue;

  constructor(kind: "sqlite" | "memory") {
    this.restarts = kind === "sqlite";
    this.#sql = kind === "sqlite" ? openFile(QUEUE, { path: ":memory:", synchronous: "normal" }) : null;
    this.#queue = this.#open();
  }

  /** The database outlives the queue that was open on it. */
  #open(): LocalQueue {
    const store = this.#sql
      ? new SqliteStore(new QueueFile(QUEUE, this.#sql, queueMicrotask), this.now)
      : new MemoryStore(QUEUE, cryptoChance);
    return new LocalQueue(QUEUE, store, this.#clock);
  }

  get now(): number {
    return this.#clock.now();
  }

  pass(ms: number): void {
    this.#clock.pass(ms);
  }

  async alarm(): Promise<number> {
    for (let runs = 0; runs < MOST_ALARMS; runs++) {
      if (!this.#clock.fire()) return runs;
      await settled();
    }
    throw new Error("the alarm is due again and again");
  }

  async restart(): Promise<void> {
    this.#clock.clear();
    this.#queue = this.#open();
    await settled();
  }

  async look(): Promise<Sight> {
    await settled();
    const { tasks } = await this.#queue.list({ order: "oldest", limit: 1_000 });
    const { counts, oldestDueAgeMs } = await this.#queue.stats();
    const workers = await this.#queue.workers();
    return { tasks, counts: { ...counts }, oldestDueAgeMs, workers, alarmAt: this.#clock.next };
  }

  async call(call: Call): Promise<Answer> {
    try {
      return { ok: true, value: await this.#answer(call) };
    } catch (error) {
      if (!(error instanceof PriniaError)) throw error;
      const { code, taskStatus, path } = error;
      return { ok: false, code, ...(taskStatus ? { taskStatus } : {}), ...(path === undefined ? {} : { path }) };
    }
  }

  together(calls: readonly Call[]): Promise<Answer[]> {
    return Promise.all(calls.map((call) => this.call(call)));
  }

  #answer(call: Call): Promise<unknown> {
    switch (call.verb) {
      case "push":
        return this.#push(call);
      case "poll":
      case "events":
      case "register":
      case "heartbeat":
      case "goodbye":
        return this.#work(call);
      default:
        return this.#ask(call);
    }
  }

  async #push({ tasks }: CallOf<"push">): Promise<unknown> {
    const texts = tasks.map((task) => ({ text: JSON.stringify(task), repeatable: false }));
    return { tasks: await this.#queue.push(texts) };
  }

  async #work(call: CallOf<"poll" | "events" | "register" | "heartbeat" | "goodbye">): Promise<unknown> {
    const port = this.#queue.pollPort(call.worker ?? "");
    switch (call.verb) {
      case "poll": {
        const { verb: _, events, ...request } = call;
        const asked = { ...request, waitMs: 0, events: events.map(holderEvent) } as PollRequest;
        return port.poll(asked, AbortSignal.any([]));
      }
      case "events": {
        const { verb: _, events, ...sender } = call;
        return { events: await port.events({ ...sender, events: events.map(holderEvent) }) };
      }
      case "register":
        return port.register({ worker: call.worker });
      default:
        return call.verb === "heartbeat" ? port.heartbeat(call) : port.goodbye(call);
    }
  }

  async #ask(call: Exclude<Call, { verb: "push" | "poll" | "events" | "register" | "heartbeat" | "goodbye" }>) {
    const queue = this.#queue;
    switch (call.verb) {
      case "fetch":
        return queue.fetch(call.id);
      case "resume":
        return { resumed: await queue.resume(call.id) };
      case "cancel":
        return { cancelled: await queue.cancel(call.id) };
      case "delete":
        return queue.remove(call.id);
      case "update":
        return queue.update(call.id, call.patch);
      case "list":
        return queue.list(call.query);
      case "status":
        return queue.status(call.ids);
      case "configure":
        return queue.configure(call.change as Parameters<LocalQueue["configure"]>[0]);
      case "purge":
        return queue.purge();
      case "drop":
        return queue.drop(call.force);
      case "resumeAbandoned":
        return { resumed: await queue.resumeAbandoned() };
      default:
        return this.#selected(call);
    }
  }

  #selected(call: CallOf<"reschedule" | "bulk" | "vacuum">): Promise<unknown> {
    switch (call.verb) {
      case "reschedule": {
        const { verb: _, id, ...when } = call;
        return this.#queue.reschedule(id, when);
      }
      case "bulk": {
        const { verb: _, of, ...order } = call;
        return this.#queue.bulk(of, order as BulkOrder);
      }
      default: {
        const { verb: _, ...order } = call;
        return this.#queue.vacuum(order);
      }
    }
  }

  async close(): Promise<void> {
    this.#clock.clear();
    this.#sql?.close();
  }
}
