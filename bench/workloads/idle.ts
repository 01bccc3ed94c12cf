/** W4: how long one task takes when there is nothing else to do. */

import { setTimeout as sleep } from "node:timers/promises";
import { DurableBackend, socket } from "../../src/client/index.ts";
import { Worker } from "../../src/worker/index.ts";
import { quantiles } from "../numbers.ts";
import { type BenchSocket, type LeasedTask, openSockets } from "../socket.ts";
import { batchOf, PAYLOAD, type Run, type Scene, type Sizes, type Workload } from "./workload.ts";

/** Between two tasks, ms. */
const IDLE_MS = 15;
/** What connects and compiles comes before. */
const WARM_UP = 10;

/** Does it again and again with pauses. @param once answers its latency, ms */
async function unhurried(count: number, once: () => Promise<number>): Promise<Run> {
  const latencies: number[] = [];
  let ms = 0;
  for (let i = 0; i < WARM_UP + count; i++) {
    await sleep(IDLE_MS);
    const begun = performance.now();
    const latency = await once();
    if (i < WARM_UP) continue;
    latencies.push(latency);
    ms += performance.now() - begun;
  }
  return { tasks: WARM_UP + count, ms, ...quantiles(latencies) };
}

/** A queue with one worker of the SDK. @param latency given when a handler began, and what it made of the task */
async function withWorker(
  { url, queue }: Scene,
  count: number,
  latency: (backend: DurableBackend<object, null>, began: () => Promise<number>) => Promise<number>,
): Promise<Run> {
  await using backend = new DurableBackend<object, null>(queue, socket({ url }));
  // A process of its own has a socket of its own.
  await using other = new DurableBackend<object, null>(queue, socket({ url }));
  let told: (at: number) => void = () => undefined;
  const handler = () => {
    told(performance.now());
    return null;
  };
  await using _worker = new Worker("bench", other, handler);
  const began = () =>
    new Promise<number>((resolve) => {
      told = resolve;
    });
  return await unhurried(count, () => latency(backend, began));
}

export const handlerStart = ({ idle }: Sizes): Workload => ({
  id: "W4",
  name: "idle queue, push to handler start, SDK",
  run: (scene) =>
    withWorker(scene, idle, async (backend, began) => {
      const sent = performance.now();
      const [at] = await Promise.all([began(), backend.push(PAYLOAD)]);
      return at - sent;
    }),
});

export const awaitedResult = ({ idle }: Sizes): Workload => ({
  id: "W4",
  name: "idle queue, push to awaited result, SDK",
  run: (scene) =>
    withWorker(scene, idle, async (backend) => {
      const sent = performance.now();
      const { id } = await backend.push(PAYLOAD);
      await backend.waitForSingle(id);
      return performance.now() - sent;
    }),
});

export const bareDelivery = ({ idle }: Sizes): Workload => ({
  id: "W4",
  name: "idle queue, push to delivery, bare sockets",
  async run({ url, queue, partitions }) {
    const [worker] = await openSockets(url, queue, partitions);
    const [pusher] = await openSockets(url, queue, partitions);
    if (!worker || !pusher) throw new Error("a queue has a partition at least");
    worker.send({ type: "register", worker: "bench", credit: 1, autoStart: true });
    const run = await unhurried(idle, async () => {
      const sent = performance.now();
      const [task] = await Promise.all([delivery(worker), pusher.ask({ type: "push", tasks: batchOf(1) })]);
      const ack = { type: "ack", id: task.id, lease: task.lease, result: { ok: null } };
      await worker.ask({ type: "events", events: [ack], credit: 1 });
      return task.at - sent;
    });
    worker.close();
    pusher.close();
    return run;
  },
});

function delivery(worker: BenchSocket): Promise<LeasedTask & { readonly at: number }> {
  return new Promise((resolve) => {
    worker.onTasks = ([task]) => {
      if (task) resolve({ ...task, at: performance.now() });
    };
  });
}
