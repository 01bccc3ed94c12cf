// A queue with nothing to do sleeps, however many workers are connected to it: over real time, on plain workerd.
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test, vi } from "vitest";
import { type PlainServer, startPlain } from "../../bench/raw/server.ts";
import { cleanUp } from "../support/cleanup.ts";
import { keyOf, readExposition } from "../support/exposition.ts";
import { http } from "../support/http.ts";
import { until } from "../support/processes.ts";
import { START_MS } from "../support/server.ts";
import { openSocket, type TestSocket } from "../support/socket.ts";

const WORKERS = 100;
/** Short, so that a silence of the length of the test would be the end of every worker. */
const ORPHAN_AFTER_MS = 3_000;
const PING_MS = 1_000;
/** Workerd puts an object to sleep after ten idle seconds. */
const IDLE_MS = 13_000;

interface Counts {
  readonly constructed: number;
  readonly alarms: number;
  readonly messages: number;
  readonly statements: number;
  readonly rowsWritten: number;
}

let server: PlainServer;
beforeAll(async () => {
  vi.stubEnv("PRINIA_AUTH", "off");
  server = await startPlain(fileURLToPath(new URL("../worker/support/counted.ts", import.meta.url)), ["PRINIA_AUTH"]);
  cleanUp(() => server.stop());
}, START_MS);

const get = async <T>(path: string): Promise<T> => (await http(server.url).get<T>(path)).body;
const counts = () => get<Counts>("/counts");

/** Workers that say nothing but `ping`, all of them, until the test is over. */
async function connectedWorkers(path: string): Promise<TestSocket[]> {
  const sockets = await Promise.all(Array.from({ length: WORKERS }, () => openSocket(`${server.url}${path}/socket`)));
  for (const [index, socket] of sockets.entries()) {
    socket.send({ type: "register", worker: `worker-${index}`, credit: 10 });
    await socket.next("registered");
  }
  const pings = setInterval(() => {
    for (const socket of sockets) socket.send("ping");
  }, PING_MS);
  cleanUp(() => {
    clearInterval(pings);
    for (const socket of sockets) socket.close();
  });
  return sockets;
}

const pongsOf = (socket: TestSocket): number => socket.frames.filter(({ type }) => type === "pong").length;

test("a hundred workers wait and ping, and Prometheus scrapes: no alarm, no wake, no statement, no row; then a task finds one of them", async () => {
  const path = "/v1/queues/idle";
  await http(server.url).call("PATCH", `${path}/config`, { orphanAfterMs: ORPHAN_AFTER_MS });
  const sockets = await connectedWorkers(path);
  // The directory is told of them ten seconds after it was told of the queue; that is the last that happens.
  const known = async () => (await get<{ queues: { workers: number }[] }>("/v1/queues")).queues[0]?.workers;
  await until(async () => (await known()) === WORKERS, "the directory was told of the workers");
  await sleep(PING_MS);

  const before = await counts();
  const pongs = sockets.map(pongsOf);
  // Meanwhile somebody keeps time series of it.
  let scrape = "";
  for (let waited = 0; waited < IDLE_MS; waited += PING_MS) {
    await sleep(PING_MS);
    scrape = await get<string>("/v1/metrics");
  }
  expect(
    readExposition(scrape)
      .get("prinia_workers")
      ?.samples.get(keyOf("prinia_workers", { queue: "idle" })),
  ).toBe(WORKERS);
  expect(await counts()).toEqual(before);
  // All of them were answered all the while, by the runtime alone.
  const answered = sockets.map((socket, index) => pongsOf(socket) - (pongs[index] ?? 0));
  expect(Math.min(...answered)).toBeGreaterThan((0.8 * IDLE_MS) / PING_MS);

  const { workers } = await get<{ workers: { alive: boolean }[] }>(`${path}/workers`);
  expect(workers.filter(({ alive }) => alive)).toHaveLength(WORKERS);
  // It was asleep: to be asked made it anew.
  const after = await counts();
  expect({ ...after, statements: 0 }).toEqual({ ...before, constructed: before.constructed + 1, statements: 0 });

  await http(server.url).post(`${path}/tasks`, { args: 1 });
  await Promise.any(sockets.map((socket) => socket.next("tasks")));
});
