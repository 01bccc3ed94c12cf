/** A feed between a fake worker and a fake queue: polls wait until the test answers them. */

import type { PollAnswer, PollPort, PollRequest } from "../../../src/backend/pull.ts";
import { PullFeed, type PullOptions } from "../../../src/backend/pull.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { PriniaError, type PriniaErrorCode } from "../../../src/task/errors.ts";
import type { Status } from "../../../src/task/status.ts";
import type { EventAnswer, HolderEvent, LostLease } from "../../../src/task/task.ts";
import { DEFAULT_BACKOFF } from "../../../src/task/task.ts";
import type { LeasedTaskView } from "../../../src/task/view.ts";
import { FakeWorker } from "../../support/fake-worker.ts";

export const task = (n: number, more: Partial<LeasedTaskView<unknown>> = {}): LeasedTaskView<unknown> => ({
  ...{ id: `t${n}`, lease: `l${n}`, queue: "q", args: n, status: "Running", priority: 0, attempt: 1, maxAttempts: 5 },
  ...{ runAt: 0, createdAt: 0, runs: [], backoff: DEFAULT_BACKOFF, idempotencyUntil: "gone", codec: "json" },
  ...{ meta: {}, revision: 1 },
  ...more,
});

export const refusal = (code: PriniaErrorCode, more: { status?: number; path?: string; retryAfterMs?: number } = {}) =>
  new PriniaError({ code, detail: `it is ${code}`, ...more });

export const ack = (n: number, ok: unknown = n): HolderEvent => ({
  ...{ type: "ack", id: `t${n}`, lease: `l${n}` },
  result: { ok: JSON.stringify(ok) },
});
export const start = (n: number): HolderEvent => ({ type: "start", id: `t${n}`, lease: `l${n}` });
export const progress = (n: number, value: unknown): HolderEvent => ({
  ...{ type: "progress", id: `t${n}`, lease: `l${n}`, progress: JSON.stringify(value) },
});

/** "ack t1" */
export const named = (events: readonly HolderEvent[]): string[] => events.map(({ type, id }) => `${type} ${id}`);

const STATUS: Readonly<Record<HolderEvent["type"], Status>> = {
  ...{ start: "Running", ack: "Done", snooze: "Pending", release: "Pending", extend: "Running", progress: "Running" },
};

export interface Poll {
  readonly request: PollRequest;
  readonly signal: AbortSignal;
  /** Answers with these tasks; the events are taken unless told otherwise. */
  answer(tasks?: readonly LeasedTaskView<unknown>[], events?: readonly EventAnswer[]): void;
  fail(error: unknown): void;
}

type Thrower = () => unknown;

export class FakeQueue implements PollPort {
  readonly isLocal?: true;
  readonly polls: Poll[] = [];
  /** All requests but polls, as they came. */
  readonly requests: { readonly verb: string; readonly input: unknown }[] = [];
  readonly statuses = new Map<string, { status: Status; attempt: number; result?: { err: string } }>();
  orphanAfterMs = 60_000;
  /** What the next request of a verb does instead of being answered: throws what this returns. */
  readonly failures = new Map<string, Thrower[]>();
  /** How single events are answered, by lease. */
  readonly eventErrors = new Map<string, { code: PriniaErrorCode; detail: string }>();
  readonly watchers = new Map<string, (lost: readonly LostLease[]) => void>();
  onLost?: (session: string, listener: (lost: readonly LostLease[]) => void) => () => void;
  #sessions = 0;

  constructor({ isLocal = false, tells = false } = {}) {
    if (isLocal) this.isLocal = true;
    if (tells) {
      this.onLost = (session, listener) => {
        this.watchers.set(session, listener);
        return () => this.watchers.delete(session);
      };
    }
  }

  failNext(verb: string, ...errors: unknown[]): void {
    this.failures.set(
      verb,
      errors.map((error) => () => error),
    );
  }

  /** Requests of a verb so far. */
  sent(verb: string): unknown[] {
    return this.requests.filter((request) => request.verb === verb).map(({ input }) => input);
  }

  /** The poll that waits. */
  get held(): Poll | undefined {
    return this.polls.at(-1);
  }

  poll(request: PollRequest, signal: AbortSignal): Promise<PollAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<PollAnswer>();
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    this.polls.push({
      ...{ request, signal, fail: reject },
      answer: (tasks = [], events = this.#answers(request.events)) =>
        resolve({ session: request.session, tasks, events }),
    });
    return promise;
  }

  async events(input: Parameters<PollPort["events"]>[0]): Promise<readonly EventAnswer[]> {
    this.#asked("events", input);
    return this.#answers(input.events);
  }

  async register(input: Parameters<PollPort["register"]>[0]) {
    this.#asked("register", input);
    return { worker: input.worker, session: `s${++this.#sessions}`, orphanAfterMs: this.orphanAfterMs };
  }

  async heartbeat(input: { worker: string; session: string }) {
    this.#asked("heartbeat", input);
    return { orphanAfterMs: this.orphanAfterMs };
  }

  async goodbye(input: { worker: string; session: string }) {
    this.#asked("goodbye", input);
  }

  async status(ids: readonly string[]) {
    this.#asked("status", ids);
    const known = ids.filter((id) => this.statuses.has(id));
    return {
      results: known.map((id) => ({ id, ...(this.statuses.get(id) ?? { status: "Running" as const, attempt: 1 }) })),
      unknown: ids.filter((id) => !this.statuses.has(id)),
    };
  }

  #asked(verb: string, input: unknown): void {
    this.requests.push({ verb, input });
    const error = this.failures.get(verb)?.shift();
    if (error) throw error();
  }

  #answers(events: readonly HolderEvent[]): EventAnswer[] {
    return events.map(({ type, id, lease }) => {
      const error = this.eventErrors.get(lease);
      return error ? { id, error } : { id, status: STATUS[type] };
    });
  }
}

export interface Bench {
  readonly clock: VirtualClock;
  readonly queue: FakeQueue;
  readonly worker: FakeWorker;
  readonly feed: PullFeed;
  readonly tasks: AsyncIterableIterator<LeasedTaskView<unknown> | null>;
  readonly beats: AsyncIterableIterator<void>;
  /** What the stream has brought, `null` for nothing now. */
  readonly got: (string | null)[];
  /** How the stream ended. */
  readonly end: { done?: true; error?: unknown };
  /** A handler has ended: it reports, and its slot is free. */
  finish(n: number, event?: HolderEvent): void;
}

export interface BenchOptions extends Partial<PullOptions> {
  readonly worker?: ConstructorParameters<typeof FakeWorker>[0];
  readonly queue?: ConstructorParameters<typeof FakeQueue>[0];
}

/** Starts a feed whose stream is read as fast as it brings. */
export async function startFeed(options: BenchOptions = {}, prepare?: (queue: FakeQueue) => void): Promise<Bench> {
  const clock = new VirtualClock();
  const queue = new FakeQueue(options.queue);
  prepare?.(queue);
  const worker = new FakeWorker(options.worker);
  const feed = new PullFeed(queue, worker, { clock, random: () => 0, ...options } as PullOptions);
  const got: (string | null)[] = [];
  const end: Bench["end"] = {};
  const tasks = feed.tasks();
  const beats = feed.beats();
  const read = async () => {
    for (let next = await tasks.next(); !next.done; next = await tasks.next()) got.push(next.value?.id ?? null);
    end.done = true;
  };
  read().catch((error) => {
    end.error = error;
  });
  const finish = (n: number, event = ack(n)) => {
    feed.report(event);
    worker.freed(`l${n}`);
  };
  await clock.advance(0);
  return { clock, queue, worker, feed, tasks, beats, got, end, finish };
}

/** A feed of which nobody reads, so that tasks wait for a slot. */
export async function unreadFeed(more: ConstructorParameters<typeof FakeQueue>[0] = {}) {
  const clock = new VirtualClock();
  const queue = new FakeQueue(more);
  const worker = new FakeWorker({ concurrency: 3 });
  const feed = new PullFeed(queue, worker, { clock, random: () => 0 });
  const tasks = feed.tasks();
  const beats = feed.beats();
  await clock.advance(0);
  return { clock, queue, worker, feed, tasks, beats };
}
