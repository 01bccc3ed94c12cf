/** A queue that is large and busy: what the board is measured on. */

import { setTimeout as sleep } from "node:timers/promises";
import { type BenchSocket, type LeasedTask, openSockets } from "../socket.ts";
import { fill, type Scene } from "../workloads/workload.ts";

export interface Load {
  readonly tasks: number;
  readonly workers: number;
  /** Claims and acks a second, of all workers together. */
  readonly changesPerSecond: number;
}

/** Pushes the tasks. @returns once all are there */
export const fillQueue = (scene: Scene, { tasks }: Load): Promise<unknown> => fill(scene, tasks);

/** Workers that each run one task at a time, so slowly that all together make so many changes. @returns ends them */
export async function startWorkers({ url, queue }: Scene, { workers, changesPerSecond }: Load): Promise<() => void> {
  const runMs = (2 * workers * 1000) / changesPerSecond;
  let stopped = false;
  const sockets: BenchSocket[] = [];
  for (let n = 0; n < workers; n++) {
    const [socket] = await openSockets(url, queue, 1);
    if (!socket) throw new Error("a queue has a partition at least");
    const run = async ({ id, lease }: LeasedTask) => {
      await sleep(runMs * (0.5 + Math.random()));
      if (stopped) return;
      // One in twenty fails, so that every list of the board has something to show.
      const result = Math.random() < 0.05 ? { err: "the address does not exist", abort: true } : { ok: { sent: true } };
      socket.send({ type: "events", ref: "ack", events: [{ type: "ack", id, lease, result }], credit: 1 });
    };
    socket.onTasks = (tasks) => {
      for (const task of tasks) void run(task);
    };
    socket.send({ type: "register", worker: `worker-${n + 1}`, credit: 1, autoStart: true });
    sockets.push(socket);
  }
  return () => {
    stopped = true;
    for (const socket of sockets) socket.close();
  };
}
