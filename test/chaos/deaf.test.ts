// 32 sockets that take tasks and never read: they stop nobody, and cost no more the longer they stay.
import { expect, test } from "vitest";
import { DurableBackend, http } from "../../src/client/index.ts";
import { Worker } from "../../src/worker/index.ts";
import { cleanUp } from "../support/cleanup.ts";
import { startServe } from "../support/server.ts";
import { memoryOf, openDeaf } from "./deaf.ts";

const DEAF = 32;
const TASKS = 600;
const PAYLOAD = "x".repeat(2_000);
/** In MiB. Garbage that waits to be collected is below. */
const MOST_GROWTH = 96;

test("32 sockets that register, are given tasks and never read stop nobody, and memory stays bounded", async () => {
  const server = await startServe();
  const backend = new DurableBackend<string, number>("deaf", http({ url: server.url }));
  await backend.configure({
    ...{ orphanAfterMs: 1_000 },
    defaults: { maxAttempts: 10, backoff: { type: "fixed", baseMs: 20, jitter: 0 } },
  });
  for (let deaf = 0; deaf < DEAF; deaf++) {
    const register = { type: "register", worker: `deaf-${deaf}`, credit: 10_000, autoStart: true };
    const socket = await openDeaf(server.url, "deaf", [register]);
    cleanUp(() => void socket.destroy());
  }
  const worker = new Worker("hearing", backend, (args) => args.length, { concurrency: 20 });
  const wave = async (): Promise<void> => {
    const ids = (await backend.pushStream(Array.from({ length: TASKS }, () => PAYLOAD))).map(({ id }) => id);
    for await (const result of backend.waitFor(ids)) expect(result.status).toBe("Done");
  };
  await wave();
  // What a server takes for its first tasks is not theirs.
  const before = memoryOf(server.pid);
  const begun = Date.now();
  // They had their turn, and were not heard: from now on all goes to those who speak.
  for (let waves = 0; waves < 3; waves++) await wave();
  await worker.stop();
  const { tasks } = await backend.listTasks({ limit: 1_000 });
  const late = tasks
    .flatMap(({ runs }) => runs)
    .filter((run) => run.startedAt > begun && run.worker.startsWith("deaf"));
  expect(late).toEqual([]);
  expect(memoryOf(server.pid) - before).toBeLessThan(MOST_GROWTH);
});
