// Workers whose handlers misbehave, whose server is killed, who have ten thousand tasks, and who are three.
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test, vi } from "vitest";
import { DurableBackend, http } from "../../../src/client/index.ts";
import { Worker, type WorkerEvent } from "../../../src/worker/index.ts";
import { type Server, startServe } from "../../support/server.ts";
import { allTasks, expectAllDone, queueName, TRANSPORTS } from "./ledger.ts";

let server: Server;
beforeAll(async () => {
  server = await startServe();
});

const direct = <Args, Out>(queue: string) => new DurableBackend<Args, Out>(queue, http({ url: server.url }));

async function drained(queue: string, ids: readonly string[]): Promise<void> {
  for await (const result of direct(queue).waitFor(ids)) expect(result.status).toMatch(/Done|Killed/);
}

for (const [transport, to] of Object.entries(TRANSPORTS)) {
  const backendOf = <Args, Out>(queue: string) => new DurableBackend<Args, Out>(queue, to(server.url));

  test.concurrent(`${transport}: ten thousand tasks at concurrency 100 are each run and acknowledged once`, async () => {
    const queue = queueName("many");
    const backend = backendOf<number, number>(queue);
    const pushed = await backend.pushStream(Array.from({ length: 10_000 }, (_, at) => at));
    const runs = new Map<string, number>();
    let running = 0;
    let most = 0;
    const events: WorkerEvent[] = [];
    const worker = new Worker(
      "many",
      backend,
      async (args, { id }) => {
        runs.set(id, (runs.get(id) ?? 0) + 1);
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        return args;
      },
      { concurrency: 100, onEvent: (event) => events.push(event) },
    );
    const ids = pushed.map((one) => one.id);
    await drained(queue, ids);
    await worker.stop();
    expect(runs.size).toBe(10_000);
    expect([...runs.values()].every((count) => count === 1)).toBe(true);
    expect(most).toBeLessThanOrEqual(100);
    expect(events.filter((event) => event.type === "success")).toHaveLength(10_000);
    expect(events.filter((event) => event.type === "refused" || event.type === "lost")).toEqual([]);
    await expectAllDone(server.url, queue, ids);
  });

  test.concurrent(`${transport}: what is thrown may be anything`, async () => {
    const queue = queueName("throws");
    const backend = backendOf<number, never>(queue);
    await backend.configure({ defaults: { maxAttempts: 1 } });
    const thrown: unknown[] = ["text", undefined, null, 7, { a: 1 }, Object.create(null), Symbol("s")];
    const pushed = await backend.pushBulk(thrown.keys());
    const worker = new Worker("thrower", backend, (args) => {
      throw thrown[args];
    });
    const results = await Promise.all(pushed.map((one) => direct(queue).waitForSingle(one)));
    await worker.stop();
    expect(results.every((result) => result.status === "Killed")).toBe(true);
    const errors = results.map((result) => (result.status === "Killed" ? result.error : ""));
    expect(errors.every((error) => error !== "")).toBe(true);
    expect([errors[0], errors[3]]).toEqual(["text", "7"]);
  });

  test.concurrent(`${transport}: a handler that never returns loses its task by its timeout, and its slot soon after`, async () => {
    const queue = queueName("hangs");
    const backend = backendOf<string, string>(queue);
    const bounded = { timeoutMs: 300, maxAttempts: 2, backoff: { type: "fixed" as const, baseMs: 10, jitter: 0 } };
    const hung = await backend.pushTask({ args: "hang", ...bounded });
    const aborts: unknown[] = [];
    const worker = new Worker(
      "hanger",
      backend,
      (args, { attempt, signal }) => {
        if (args !== "hang" || attempt > 1) return `${args} ${attempt}`;
        signal.addEventListener("abort", () => aborts.push(signal.reason));
        return new Promise<string>(() => undefined);
      },
      // One slot: the task after it runs only once that slot is given away.
      { concurrency: 1 },
    );
    await vi.waitUntil(async () => (await backend.fetchByQueue()).counts.Running === 1, { timeout: 10_000 });
    const next = await backend.push("next");
    expect(await direct<string, string>(queue).waitForSingle(next)).toMatchObject({ status: "Done", value: "next 1" });
    expect(await direct<string, string>(queue).waitForSingle(hung)).toMatchObject({ status: "Done", value: "hang 2" });
    expect(aborts).toHaveLength(1);
    expect((await backend.fetchById(hung))?.runs.map((run) => run.outcome)).toEqual(["timeout", "done"]);
    await worker.stop({ grace: 0 });
  });
}

test.concurrent("the server is killed and restarted in the middle, under workers of both kinds", async () => {
  const own = await startServe();
  const queues = new Map<string, string[]>();
  const workers = Object.entries(TRANSPORTS).map(([transport, to]) => {
    const queue = queueName(transport);
    queues.set(queue, []);
    const backend = new DurableBackend<number, number>(queue, to(own.url));
    return new Worker(
      "restarted",
      backend,
      async (args) => {
        await sleep(5);
        return args;
      },
      { concurrency: 5 },
    );
  });
  for (const [queue, ids] of queues) {
    const backend = new DurableBackend<number, number>(queue, http({ url: own.url }));
    ids.push(...(await backend.pushBulk(Array.from({ length: 300 }, (_, at) => at))).map((one) => one.id));
  }
  await sleep(100);
  await own.kill();
  await sleep(300);
  const again = await own.restart();
  for (const [queue, ids] of queues) {
    const backend = new DurableBackend<number, number>(queue, http({ url: again.url }));
    for await (const result of backend.waitFor(ids)) expect(result.status).toBe("Done");
  }
  await Promise.all(workers.map((worker) => worker.stop()));
  for (const [queue, ids] of queues) await expectAllDone(again.url, queue, ids);
});

test.concurrent("three replicas of one worker drain a queue side by side, and none supersedes another", async () => {
  const queue = queueName("replicas");
  const backend = direct<number, number>(queue);
  const ran = [0, 0, 0];
  const replicas = Object.keys(ran).map((at) => {
    const to = TRANSPORTS[Number(at) === 0 ? "http" : "socket"];
    return new Worker(
      "replica",
      new DurableBackend<number, number>(queue, to?.(server.url) ?? http({ url: "" })),
      async (args) => {
        ran[Number(at)] = (ran[Number(at)] ?? 0) + 1;
        await sleep(5);
        return args;
      },
      { concurrency: 4 },
    );
  });
  const ids = (await backend.pushBulk(Array.from({ length: 300 }, (_, at) => at))).map((one) => one.id);
  await drained(queue, ids);
  expect(new Set(replicas.map((worker) => worker.id)).size).toBe(3);
  expect(replicas.map((worker) => worker.state)).toEqual(["running", "running", "running"]);
  expect(Math.min(...ran)).toBeGreaterThan(0);
  expect(ran.reduce((sum, count) => sum + count)).toBe(300);
  await Promise.all(replicas.map((worker) => worker.stop()));
  await expectAllDone(server.url, queue, ids);
  expect((await allTasks(backend)).flatMap((task) => task.runs.map((run) => run.outcome))).toEqual(
    ids.map(() => "done"),
  );
});
