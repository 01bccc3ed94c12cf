// A worker whose clock jumps.
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { DurableBackend, http } from "../../../src/client/index.ts";
import { Worker, type WorkerEvent } from "../../../src/worker/index.ts";
import { type Server, startServe } from "../../support/server.ts";
import { expectAllDone, queueName, TRANSPORTS } from "./ledger.ts";

let server: Server;
beforeAll(async () => {
  server = await startServe();
});
afterEach(() => {
  vi.restoreAllMocks();
});

for (const [transport, to] of Object.entries(TRANSPORTS)) {
  test(`${transport}: the worker's clock leaps ahead by a day, and back`, async () => {
    const queue = queueName("leaps");
    const backend = new DurableBackend<number, number>(queue, to(server.url));
    await backend.configure({ orphanAfterMs: 1_000 });
    const events: WorkerEvent[] = [];
    const runs: string[] = [];
    const worker = new Worker(
      "leaper",
      backend,
      async (args, { id }) => {
        runs.push(id);
        await sleep(20);
        return args;
      },
      { concurrency: 2, onEvent: (event) => events.push(event) },
    );
    const real = Date.now.bind(Date);
    let leap = 0;
    vi.spyOn(Date, "now").mockImplementation(() => real() + leap);
    const ids: string[] = [];
    for (const ms of [0, 86_400_000, -86_400_000]) {
      leap = ms;
      ids.push(...(await backend.pushBulk([1, 2, 3, 4, 5, 6])).map((one) => one.id));
      const direct = new DurableBackend<number, number>(queue, http({ url: server.url }));
      for await (const result of direct.waitFor(ids)) expect(result.status).toBe("Done");
      // Longer than a heartbeat.
      await sleep(400);
    }
    await worker.stop();
    expect(runs.sort()).toEqual([...ids].sort());
    expect(events.filter((event) => event.type === "lost" || event.type === "break")).toEqual([]);
    await expectAllDone(server.url, queue, ids);
  });
}
