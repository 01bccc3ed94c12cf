/** What a workload is, and what all of them do. */

import { setTimeout as sleep } from "node:timers/promises";
import { statsOf } from "../server.ts";
import { type BenchSocket, openSockets } from "../socket.ts";

/** One run: what was done, how long it took, and what was seen. */
export interface Run {
  readonly tasks: number;
  readonly ms: number;
  /** Tasks a second; left out where nothing hurries. */
  readonly perSecond?: number;
  /** ms. */
  readonly p50?: number;
  readonly p99?: number;
  /** Of one rate to another. */
  readonly ratio?: number;
}

/** Where a run happens: a server, and a queue that nobody used before. */
export interface Scene {
  readonly url: string;
  readonly queue: string;
  readonly partitions: number;
  /** Tasks a second of the closed loop with this name, as it was last measured. */
  readonly closed: (name: string) => number;
}

export interface Workload {
  /** As the table of docs/performance.md names it: W1 to W6. */
  readonly id: string;
  readonly name: string;
  /** False where a run goes over several queues, so that no queue knows what it cost. */
  readonly isBilled?: boolean;
  /** What comes before, and is not measured. */
  prepare?(scene: Scene): Promise<void>;
  run(scene: Scene): Promise<Run>;
}

/** How much is done in one run. */
export interface Sizes {
  readonly bulk: number;
  readonly drain: number;
  readonly single: number;
  readonly http: number;
  readonly idle: number;
  readonly few: number;
  readonly many: number;
  readonly steady: number;
}

export const FULL: Sizes = {
  bulk: 40_000,
  drain: 20_000,
  single: 12_800,
  http: 3_200,
  idle: 150,
  few: 10_000,
  many: 1_000_000,
  steady: 8_000,
};

/** To see that all of it runs. */
export const TINY: Sizes = {
  bulk: 2_000,
  drain: 1_000,
  single: 320,
  http: 64,
  idle: 10,
  few: 1_000,
  many: 5_000,
  steady: 200,
};

export const BATCH = 500;

/** 100 bytes as JSON. */
export const PAYLOAD = { text: "x".repeat(89) };

export const batchOf = (count: number): object[] => Array(count).fill({ args: PAYLOAD });

/** Since `begun`, of `performance.now()`. */
export function rated(tasks: number, begun: number): Run & { readonly perSecond: number } {
  const ms = performance.now() - begun;
  return { tasks, ms, perSecond: (tasks * 1000) / ms };
}

/** Pushes batches over bare sockets, to each partition in turn. Two are in flight: one is written while the next is read. */
export async function fill({ url, queue, partitions }: Scene, count: number, batch: number = BATCH): Promise<Run> {
  const sockets = await openSockets(url, queue, partitions);
  const frame = { type: "push", tasks: batchOf(batch) };
  let left = count;
  const pusher = async (socket: BenchSocket) => {
    while (left > 0) {
      left -= batch;
      await socket.ask(frame);
    }
  };
  const begun = performance.now();
  await Promise.all(sockets.flatMap((socket) => [pusher(socket), pusher(socket)]));
  const run = rated(count, begun);
  for (const socket of sockets) socket.close();
  return run;
}

/** Works off `count` tasks over a bare socket to each partition, each acked with a result that is kept. */
export async function drain({ url, queue, partitions }: Scene, count: number): Promise<Run> {
  const sockets = await openSockets(url, queue, partitions);
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = count;
  const work = (socket: BenchSocket, most: number) => {
    let granted = Math.min(most, 2 * BATCH);
    socket.onTasks = async (tasks) => {
      const credit = Math.min(tasks.length, most - granted);
      granted += credit;
      const events = tasks.map(({ id, lease }) => ({ type: "ack", id, lease, result: { ok: null } }));
      await socket.ask({ type: "events", events, credit });
      left -= tasks.length;
      if (left <= 0) resolve();
    };
    socket.send({ type: "register", worker: "bench", credit: granted });
  };
  const begun = performance.now();
  for (const socket of sockets) work(socket, sockets.length === 1 ? count : Number.POSITIVE_INFINITY);
  await promise;
  const run = rated(count, begun);
  for (const socket of sockets) socket.close();
  return run;
}

/** Until so many tasks are done, as the queue has it. */
export async function untilDone({ url, queue }: Scene, count: number): Promise<void> {
  while (((await statsOf(url, queue)).counts.Done ?? 0) < count) await sleep(2);
}
