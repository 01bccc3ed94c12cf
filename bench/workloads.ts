/** Workloads, closed loop, with results kept: over one raw socket each way, unless they say that it is the SDK. */

import { setTimeout as sleep } from "node:timers/promises";
import { DurableBackend, http, socket, type Transport } from "../src/client/index.ts";
import { type BenchSocket, type LeasedTask, openSocket } from "./socket.ts";

/** One run: a rate, or latencies. */
export interface Figure {
  /** Tasks a second. */
  readonly perSecond?: number;
  /** ms. */
  readonly p50?: number;
  readonly p99?: number;
}

export interface Workload {
  readonly name: string;
  run(url: string, queue: string): Promise<Figure>;
}

/** Between two pushes of an idle queue. */
const IDLE_MS = 20;

const PAYLOAD = { text: "x".repeat(89) };
const tasksOf = (count: number) => Array.from({ length: count }, () => ({ args: PAYLOAD }));

export async function fill(socket: BenchSocket, count: number, batch: number): Promise<number> {
  const tasks = tasksOf(batch);
  const begun = performance.now();
  // Two in flight: one is written while the next is parsed.
  for (let sent = 0; sent < count; sent += 2 * batch) {
    await Promise.all([socket.ask({ type: "push", tasks }), socket.ask({ type: "push", tasks })]);
  }
  return (count * 1000) / (performance.now() - begun);
}

/** Works off `count` tasks in batches, each acked with a result that is kept. */
export async function drain(socket: BenchSocket, count: number, credit: number): Promise<number> {
  const begun = performance.now();
  let left = count;
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.onTasks = async (tasks) => {
    const events = tasks.map(({ id, lease }) => ({ type: "ack", id, lease, result: { ok: null } }));
    await socket.ask({ type: "events", events, credit: tasks.length });
    left -= tasks.length;
    if (left <= 0) resolve();
  };
  socket.send({ type: "register", worker: "bench", credit });
  await promise;
  return (count * 1000) / (performance.now() - begun);
}

const bulkPush: Workload = {
  name: "bulk push, batches of 500",
  async run(url, queue) {
    const socket = await openSocket(url, queue);
    const perSecond = await fill(socket, 20_000, 500);
    socket.close();
    return { perSecond };
  },
};

const drainBacklog: Workload = {
  name: "drain 20,000, batches of 500, results kept",
  async run(url, queue) {
    const pusher = await openSocket(url, queue);
    await fill(pusher, 20_000, 500);
    const worker = await openSocket(url, queue);
    const perSecond = await drain(worker, 20_000, 1_000);
    pusher.close();
    worker.close();
    return { perSecond };
  },
};

const singlePushes: Workload = {
  name: "single pushes, 32 in flight on one socket",
  async run(url, queue) {
    const socket = await openSocket(url, queue);
    const latencies: number[] = [];
    const begun = performance.now();
    const one = async () => {
      for (let i = 0; i < 300; i++) {
        const sent = performance.now();
        await socket.ask({ type: "push", tasks: tasksOf(1) });
        latencies.push(performance.now() - sent);
      }
    };
    await Promise.all(Array.from({ length: 32 }, one));
    const perSecond = (latencies.length * 1000) / (performance.now() - begun);
    socket.close();
    return { perSecond, ...quantiles(latencies) };
  },
};

/** The same through the SDK: over a socket it gathers what comes while an answer is on its way. */
const sdkPushes = (over: string, transport: (url: string) => Transport): Workload => ({
  name: `single pushes, 32 callers of the SDK over ${over}`,
  async run(url, queue) {
    const backend = new DurableBackend(queue, transport(url));
    const latencies: number[] = [];
    const begun = performance.now();
    const one = async () => {
      for (let i = 0; i < 300; i++) {
        const sent = performance.now();
        await backend.push(PAYLOAD);
        latencies.push(performance.now() - sent);
      }
    };
    await Promise.all(Array.from({ length: 32 }, one));
    const perSecond = (latencies.length * 1000) / (performance.now() - begun);
    backend.close();
    return { perSecond, ...quantiles(latencies) };
  },
});

const idleLatency: Workload = {
  name: "idle queue, push to delivery",
  async run(url, queue) {
    const worker = await openSocket(url, queue);
    const pusher = await openSocket(url, queue);
    worker.send({ type: "register", worker: "bench", credit: 1, autoStart: true });
    const latencies: number[] = [];
    for (let i = 0; i < 300; i++) {
      await sleep(IDLE_MS);
      const sent = performance.now();
      const [task] = await Promise.all([delivery(worker), pusher.ask({ type: "push", tasks: tasksOf(1) })]);
      latencies.push(task.at - sent);
      const ack = { type: "ack", id: task.id, lease: task.lease, result: { ok: null } };
      await worker.ask({ type: "events", events: [ack], credit: 1 });
    }
    worker.close();
    pusher.close();
    return quantiles(latencies);
  },
};

function delivery(worker: BenchSocket): Promise<LeasedTask & { readonly at: number }> {
  return new Promise((resolve) => {
    worker.onTasks = ([task]) => {
      if (task) resolve({ ...task, at: performance.now() });
    };
  });
}

function quantiles(latencies: readonly number[]): { p50: number; p99: number } {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

export const WORKLOADS: readonly Workload[] = [
  bulkPush,
  drainBacklog,
  singlePushes,
  sdkPushes("a socket", (url) => socket({ url })),
  sdkPushes("HTTP", (url) => http({ url })),
  idleLatency,
];
