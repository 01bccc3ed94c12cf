// A worker on a network that misbehaves: nothing is lost, and nothing is acknowledged twice.
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test, vi } from "vitest";
import { DurableBackend, http } from "../../../src/client/index.ts";
import { Worker, type WorkerEvent } from "../../../src/worker/index.ts";
import { startProxy, type TcpProxy } from "../../support/proxy.ts";
import { type Server, startServe } from "../../support/server.ts";
import { expectAllDone, queueName, TRANSPORTS } from "./ledger.ts";

let server: Server;
beforeAll(async () => {
  server = await startServe();
});

interface Crew {
  readonly queue: string;
  readonly ids: string[];
  readonly worker: Worker;
  readonly events: WorkerEvent[];
  /** How often a handler ran, by id. */
  readonly runs: Map<string, number>;
  /** Resolves when so many handlers have returned. */
  returned(count: number): Promise<void>;
  finished(): Promise<void>;
}

/** Pushes so many tasks past the proxy, and has a worker behind it run them. */
async function crew(transport: string, proxy: TcpProxy, count: number, concurrency: number): Promise<Crew> {
  const queue = queueName("network");
  const direct = new DurableBackend<number, number>(queue, http({ url: server.url }));
  // The least: silence is found out after a second.
  await direct.configure({ orphanAfterMs: 1_000, defaults: { maxAttempts: 50, backoff: { baseMs: 10, maxMs: 50 } } });
  const ids = (await direct.pushBulk(Array.from({ length: count }, (_, at) => at))).map((pushed) => pushed.id);
  const runs = new Map<string, number>();
  const events: WorkerEvent[] = [];
  let returned = 0;
  const backend = new DurableBackend<number, number>(queue, TRANSPORTS[transport]?.(proxy.url) ?? http({ url: "" }));
  const worker = new Worker(
    "survivor",
    backend,
    async (args, { id }) => {
      runs.set(id, (runs.get(id) ?? 0) + 1);
      await sleep(5);
      returned++;
      return args * 2;
    },
    { concurrency, onEvent: (event) => events.push(event) },
  );
  const ended = async () => {
    for await (const result of direct.waitFor(ids)) expect(result.status).toBe("Done");
  };
  return {
    queue,
    ids,
    worker,
    events,
    runs,
    returned: (wanted) =>
      vi.waitUntil(() => returned >= wanted, { timeout: 20_000, interval: 5 }).then(() => undefined),
    async finished() {
      await ended();
      await worker.stop();
      await expectAllDone(server.url, queue, ids);
    },
  };
}

for (const transport of Object.keys(TRANSPORTS)) {
  test.concurrent(`${transport}: a half-open connection, which swallows bytes and tells nobody`, async () => {
    const proxy = await startProxy(server.url);
    const { returned, finished, events } = await crew(transport, proxy, 200, 8);
    await returned(50);
    proxy.swallow();
    await finished();
    expect(proxy.connections()).toBeGreaterThan(1);
    expect(events.filter((event) => event.type === "break").length).toBeGreaterThan(0);
  });

  test.concurrent(`${transport}: connections that break in the middle, three times`, async () => {
    const proxy = await startProxy(server.url);
    const { returned, finished } = await crew(transport, proxy, 200, 8);
    for (const count of [40, 80, 120]) {
      await returned(count);
      proxy.cut();
    }
    await finished();
  });

  test.concurrent(`${transport}: a slow network, 150 ms each way`, async () => {
    const proxy = await startProxy(server.url);
    proxy.delay(150);
    const { finished, runs, ids } = await crew(transport, proxy, 60, 20);
    await finished();
    expect([...runs.values()].every((count) => count === 1)).toBe(true);
    expect(runs.size).toBe(ids.length);
  });
}
