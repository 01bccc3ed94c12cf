/** A worker over a socket under test: its server is the test, its handlers end when the test says so. */

import { expect, vi } from "vitest";
import {
  DurableBackend,
  type ServerOptions,
  socket,
  type TaskContext,
  type WorkerEvent,
} from "../../../src/client/index.ts";
import { type AnyLayers, type Handler, Worker, type WorkerOptions } from "../../../src/worker/index.ts";
import { type FakeSocket, type Frame, lastSocket } from "./fake-socket.ts";

/** The longest pause before a socket is opened again. */
const FIRST_PAUSE_MS = 100;

/** A handler at work. */
interface Job {
  readonly args: unknown;
  readonly context: TaskContext;
  finish(value?: unknown): void;
  fail(error: unknown): void;
}

export interface Bench {
  readonly worker: Worker;
  readonly backend: DurableBackend;
  readonly jobs: Job[];
  readonly events: WorkerEvent[];
}

type Options = Partial<ServerOptions> &
  Omit<WorkerOptions<AnyLayers>, "layers"> & {
    readonly layers?: AnyLayers;
    readonly name?: string;
    readonly handler?: Handler<unknown, unknown>;
    readonly backend?: DurableBackend;
  };

/** A queue on the server under test. */
export const queueOf = (options: Partial<ServerOptions> = {}): DurableBackend =>
  new DurableBackend("a/b", socket({ url: "http://queue.test/", ...options }));

export function startWorker({ url, token, fetch, name = "worker", handler, backend, ...options }: Options = {}): Bench {
  const jobs: Job[] = [];
  const events: WorkerEvent[] = [];
  const job = (args: unknown, context: TaskContext) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    jobs.push({ args, context, finish: resolve, fail: reject });
    return promise;
  };
  const queue = backend ?? queueOf({ ...(url === undefined ? {} : { url }), token, fetch });
  const onEvent = (event: WorkerEvent) => events.push(event);
  const worker = new Worker(name, queue, handler ?? job, { onEvent, ...options });
  // A refusal is looked at by the tests that are about it.
  worker.closed.catch(() => undefined);
  return { worker, backend: queue, jobs, events };
}

/** Lets all that is due happen, the 0 ms timer that gathers frames included. */
export const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** Waits for a socket, the first or the one after a break, answers its opening, and gives it. */
export async function welcome(more: Partial<Frame> = {}): Promise<FakeSocket> {
  await settle(FIRST_PAUSE_MS);
  const socket = lastSocket();
  expect(socket.readyState).toBe(0);
  socket.accept();
  socket.say(registered(more));
  await settle();
  return socket;
}

/** Waits for a socket to be tried, and answers its opening; nothing more is said. `null`: it was tried already. */
export async function open(afterMs: number | null = 0): Promise<FakeSocket> {
  if (afterMs !== null) await settle(afterMs);
  const socket = lastSocket();
  expect(socket.readyState).toBe(0);
  socket.accept();
  await settle();
  return socket;
}

export const registered = (more: Partial<Frame> = {}): Frame => ({
  type: "registered",
  worker: "w",
  session: "s1",
  orphanAfterMs: 60_000,
  partitions: 1,
  keyedPartitions: 1,
  hash: "fnv1a32",
  resumed: [],
  ...more,
});

/** Delivers tasks, and lets them begin. */
export async function deliver(socket: FakeSocket, ...list: object[]): Promise<void> {
  socket.say(tasks(...list));
  await settle();
}

/** A task as it is delivered: id `t1`, lease `l1`. */
export const task = (n: number | string, more: object = {}) => ({
  id: `t${n}`,
  lease: `l${n}`,
  queue: "a/b",
  codec: "json",
  args: { n },
  status: "Running",
  attempt: 1,
  maxAttempts: 5,
  runs: [],
  ...more,
});

export const tasks = (...list: object[]): Frame => ({ type: "tasks", tasks: list });

/** The answer to an `events` frame in which all went well. */
export const answerTo = (frame: Frame | undefined): Frame => ({
  type: "answer",
  ref: frame?.ref,
  events: listOf(frame).map(({ id }) => ({ id, status: "Done" })),
});

/** The events of a frame; none when it has none. */
export const listOf = (frame: Frame | undefined) =>
  (frame?.events ?? []) as { type: string; id: string; lease: string; logs?: string[] }[];

/** Type and id of each event of a frame. */
export const eventsOf = (frame: Frame | undefined): string[] => listOf(frame).map(({ type, id }) => `${type} ${id}`);
