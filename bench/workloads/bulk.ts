/** W1, W2 and W5: tasks by the batch. */

import { DurableBackend, socket } from "../../src/client/index.ts";
import { Worker } from "../../src/worker/index.ts";
import { BATCH, drain, fill, PAYLOAD, rated, type Scene, type Sizes, untilDone, type Workload } from "./workload.ts";

/** What a worker of the SDK does at a time, and what waits beside it. */
const AT_A_TIME = 500;

export const bulkPush = ({ bulk }: Sizes): Workload => ({
  id: "W1",
  name: "bulk push, batches of 500, bare socket",
  run: (scene) => fill(scene, bulk),
});

export const sdkBulkPush = ({ bulk }: Sizes): Workload => ({
  id: "W1",
  name: "bulk push, batches of 500, SDK over a socket",
  async run({ url, queue }) {
    await using backend = new DurableBackend(queue, socket({ url }));
    const batch = Array(BATCH).fill(PAYLOAD);
    let left = bulk;
    const pusher = async () => {
      while (left > 0) {
        left -= BATCH;
        await backend.pushBulk(batch);
      }
    };
    const begun = performance.now();
    await Promise.all([pusher(), pusher()]);
    return rated(bulk, begun);
  },
});

export const drainBare = (sizes: Sizes): Workload => ({
  id: "W2",
  name: "drain, bare socket",
  async prepare(scene) {
    await fill(scene, sizes.drain);
  },
  run: (scene) => drain(scene, sizes.drain),
});

export const drainSdk = (sizes: Sizes): Workload => ({
  id: "W2",
  name: "drain, SDK worker",
  async prepare(scene) {
    await fill(scene, sizes.drain);
  },
  async run(scene) {
    await using backend = new DurableBackend<typeof PAYLOAD, null>(scene.queue, socket({ url: scene.url }));
    const { promise, resolve } = Promise.withResolvers<void>();
    let handled = 0;
    const handler = () => {
      if (++handled === sizes.drain) resolve();
      return null;
    };
    const options = { concurrency: AT_A_TIME, prefetch: AT_A_TIME, autoStart: true };
    const begun = performance.now();
    await using _worker = new Worker("bench", backend, handler, options);
    await promise;
    await untilDone(scene, sizes.drain);
    return rated(sizes.drain, begun);
  },
});

/** The large queue is filled once: each run takes a hundredth of it, and a whole small one beside it. */
export function backlogs({ few, many }: Sizes): Workload {
  const filled = new Map<string, Promise<Scene>>();
  const large = (scene: Scene): Promise<Scene> => {
    const known = filled.get(scene.url) ?? fill(scene, many).then(() => scene);
    filled.set(scene.url, known);
    return known;
  };
  return {
    id: "W5",
    isBilled: false,
    name: `drain ${few.toLocaleString("en")} of ${many.toLocaleString("en")}, over that of ${few.toLocaleString("en")}`,
    async run(scene) {
      const behind = await large(scene);
      const small = { ...scene, queue: `${scene.queue}-few` };
      await fill(small, few);
      const alone = await drain(small, few);
      const run = await drain(behind, few);
      return { ...run, ratio: (run.perSecond ?? 0) / (alone.perSecond ?? 1) };
    },
  };
}
