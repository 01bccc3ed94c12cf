/** W3 and W6: tasks one by one, in closed loops (each caller waits for its answer) and open ones (they come as they come). */

import { setTimeout as sleep } from "node:timers/promises";
import { DurableBackend, http, socket, type Transport } from "../../src/client/index.ts";
import { Worker } from "../../src/worker/index.ts";
import { quantiles } from "../numbers.ts";
import { openSockets } from "../socket.ts";
import { batchOf, PAYLOAD, type Run, rated, type Scene, type Sizes, untilDone, type Workload } from "./workload.ts";

const CALLERS = 32;
const PUSHERS = 4;
/** How many tasks the one worker runs at a time. */
const CONCURRENCY = 100;
/** Of the closed loop's rate: busy, but not at its end. */
const SHARE = 0.5;

const CLOSED_PUSHES = "32 single pushes at a time, SDK over a socket";
const CLOSED_STEADY = "4 pushers and one SDK worker";

/** Each caller pushes, waits for the answer, and pushes again. */
async function closedLoop(count: number, callers: number, push: (caller: number) => Promise<unknown>): Promise<Run> {
  const latencies: number[] = [];
  const one = async (caller: number) => {
    for (let left = count / callers; left > 0; left--) {
      const sent = performance.now();
      await push(caller);
      latencies.push(performance.now() - sent);
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: callers }, (_, caller) => one(caller)));
  return { ...rated(count, begun), ...quantiles(latencies) };
}

/** Pushes at a fixed rate, whatever is answered when. Latency counts from when a push was due, not from when it went out. */
async function openLoop(count: number, perSecond: number, push: (due: number) => Promise<unknown>): Promise<Run> {
  const latencies: number[] = [];
  const answers: Promise<void>[] = [];
  const begun = performance.now();
  const one = async (due: number) => {
    await push(due);
    latencies.push(performance.now() - due);
  };
  while (answers.length < count) {
    const due = begun + (answers.length * 1000) / perSecond;
    // A loop that looked more often would take from the server the processor that they share.
    if (due > performance.now()) await sleep(1);
    else answers.push(one(due));
  }
  await Promise.all(answers);
  return { ...rated(count, begun), ...quantiles(latencies) };
}

const sdkPushes = (name: string, count: number, transport: (url: string) => Transport): Workload => ({
  id: "W3",
  name,
  async run({ url, queue }) {
    await using backend = new DurableBackend(queue, transport(url));
    return await closedLoop(count, CALLERS, () => backend.push(PAYLOAD));
  },
});

export const socketPushes = ({ single }: Sizes): Workload => sdkPushes(CLOSED_PUSHES, single, (url) => socket({ url }));

export const httpPushes = (sizes: Sizes): Workload =>
  sdkPushes("32 single pushes at a time, SDK over HTTP", sizes.http, (url) => http({ url }));

export const barePushes = ({ single }: Sizes): Workload => ({
  id: "W3",
  name: "32 single pushes at a time, a frame each, bare socket",
  async run({ url, queue, partitions }) {
    const sockets = await openSockets(url, queue, partitions);
    const frame = { type: "push", tasks: batchOf(1) };
    const run = await closedLoop(single, CALLERS, async (caller) => sockets[caller % partitions]?.ask(frame));
    for (const one of sockets) one.close();
    return run;
  },
});

export const openPushes = ({ single }: Sizes): Workload => ({
  id: "W3",
  name: "open loop: single pushes at half that rate, SDK over a socket",
  async run({ url, queue, closed }) {
    await using backend = new DurableBackend(queue, socket({ url }));
    await backend.push(PAYLOAD);
    return await openLoop(single / 2, SHARE * closed(CLOSED_PUSHES), () => backend.push(PAYLOAD));
  },
});

/** Runs while a worker empties the queue; ends when the queue says that all is done. */
async function steadily(
  scene: Scene,
  count: number,
  pushAll: (push: (pusher: number, at: number) => Promise<unknown>) => Promise<Run>,
): Promise<Run> {
  const transports = Array.from({ length: PUSHERS + 1 }, () => socket({ url: scene.url }));
  const [own, ...pushers] = transports.map((one) => new DurableBackend<{ at: number }, null>(scene.queue, one));
  const latencies: number[] = [];
  const handler = ({ at }: { at: number }) => {
    latencies.push(performance.now() - at);
    return null;
  };
  const worker = new Worker("bench", own as DurableBackend<{ at: number }, null>, handler, {
    concurrency: CONCURRENCY,
  });
  try {
    const begun = performance.now();
    await pushAll(
      (pusher, at) => pushers[pusher % PUSHERS]?.push({ ...PAYLOAD, at } as { at: number }) ?? Promise.reject(),
    );
    await untilDone(scene, count);
    return { ...rated(count, begun), ...quantiles(latencies) };
  } finally {
    await worker.stop();
    for (const one of [own, ...pushers]) one?.close();
  }
}

export const steady = (sizes: Sizes): Workload => ({
  id: "W6",
  name: CLOSED_STEADY,
  run: (scene) =>
    steadily(scene, sizes.steady, (push) =>
      closedLoop(sizes.steady, PUSHERS, (pusher) => push(pusher, performance.now())),
    ),
});

export const openSteady = (sizes: Sizes): Workload => ({
  id: "W6",
  name: "open loop: the same at half that rate",
  run(scene) {
    const count = sizes.steady / 2;
    let turns = 0;
    return steadily(scene, count, (push) =>
      openLoop(count, SHARE * scene.closed(CLOSED_STEADY), (due) => push(turns++, due)),
    );
  },
});
