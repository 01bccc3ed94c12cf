// A queue of several partitions: nothing is lost, nothing is done twice, and a group keeps its order, whatever breaks.
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { DurableBackend, http, type NewTask } from "../../../src/client/index.ts";
import { parseId } from "../../../src/task/id.ts";
import { partitionOfKey } from "../../../src/task/partition.ts";
import { Worker, type WorkerEvent } from "../../../src/worker/index.ts";
import { startProxy } from "../../support/proxy.ts";
import { type Server, startServe } from "../../support/server.ts";
import { expectAllDone, TRANSPORTS } from "./ledger.ts";

const PARTITIONS = 3;
const QUEUES = ["http", "socket", "cut", "alone"];
const env = { PRINIA_PARTITIONS: QUEUES.map((name) => `${name}=${PARTITIONS}`).join(" ") };

let server: Server;
beforeAll(async () => {
  server = await startServe({ env });
});

const partitionOf = (id: string): number => parseId(id)?.partition ?? -1;

interface Args {
  readonly group: number | null;
  readonly n: number;
}

/** Numbered on from another: every third with a group, every third with a key, the others with neither. */
function tasksOf(count: number, from = 0): NewTask<Args>[] {
  return Array.from({ length: count }, (_, at) => {
    const n = from + at;
    const group = n % 3 === 0 ? (n / 3) % 8 : null;
    const args = { group, n };
    if (group !== null) return { args, groupKey: `group ${group}` };
    return n % 3 === 1 ? { args, idempotencyKey: `key ${n}` } : { args };
  });
}

interface Crew {
  readonly worker: Worker;
  readonly events: WorkerEvent[];
  /** The args of what was begun, in that order. */
  readonly begun: Args[];
}

function crewOf(backend: DurableBackend<Args, number>, concurrency: number, takesMs = 2): Crew {
  const events: WorkerEvent[] = [];
  const begun: Args[] = [];
  const handler = async (args: Args) => {
    begun.push(args);
    await sleep(takesMs);
    return args.n;
  };
  const worker = new Worker("crew", backend, handler, { concurrency, onEvent: (event) => events.push(event) });
  return { worker, events, begun };
}

/** In the order in which they were pushed, of each group those that have begun. */
function expectOrder(begun: readonly Args[]): void {
  for (const [group, ofGroup] of Map.groupBy(begun, ({ group }) => group)) {
    const numbers = ofGroup.map(({ n }) => n);
    if (group !== null) expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  }
}

async function results(backend: DurableBackend<Args, number>, ids: readonly string[]): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  for await (const result of backend.waitFor(ids)) if (result.status === "Done") values.set(result.id, result.value);
  return values;
}

describe.each(Object.entries(TRANSPORTS))("over %s", (name, transport) => {
  test("batches, single pushes and streams are taken whole, done once, in order, and waited for", async () => {
    const backend = new DurableBackend<Args, number>(name, transport(server.url));
    const { worker, begun } = crewOf(backend, 6);
    const batch = tasksOf(60);
    const pushed = await backend.pushTasks(batch);
    // The answers are in the order of the batch: a key's task is of the key's partition.
    for (const [at, { groupKey, idempotencyKey }] of batch.entries()) {
      const key = groupKey ?? idempotencyKey;
      if (key !== undefined) expect(partitionOf(pushed[at]?.id ?? "")).toBe(partitionOfKey(key, PARTITIONS));
    }
    const singles = await Promise.all(tasksOf(30, 60).map((task) => backend.pushTask(task)));
    const streamed = await backend.pushAll(tasksOf(30, 90));
    const ids = [...pushed, ...singles, ...streamed].map(({ id }) => id);
    expect(new Set(ids.map(partitionOf))).toEqual(new Set([0, 1, 2]));
    const values = await results(backend, ids);
    expect(ids.map((id) => values.get(id))).toEqual(Array.from({ length: 120 }, (_, n) => n));
    expect(begun).toHaveLength(120);
    expectOrder(begun);
    // A key that is there already is found where it is.
    const again = await backend.pushTasks(batch.filter(({ idempotencyKey }) => idempotencyKey !== undefined));
    expect(again.every(({ created }) => !created)).toBe(true);
    await worker.stop();
    backend.close();
    await expectAllDone(server.url, name, ids);
  });
});

test("a partition whose socket is cut again and again disturbs no other, and loses nothing", async () => {
  const proxy = await startProxy(server.url);
  const direct = new DurableBackend<Args, number>("cut", http({ url: server.url }));
  const backend = new DurableBackend<Args, number>("cut", TRANSPORTS.socket?.(proxy.url) ?? http({ url: "" }));
  const { worker, begun, events } = crewOf(backend, 6, 5);
  const ids = (await direct.pushTasks(tasksOf(240))).map(({ id }) => id);
  let cut = 0;
  for (const count of [30, 80, 130]) {
    await vi.waitUntil(() => begun.length >= count, { timeout: 10_000, interval: 2 });
    cut += proxy.cutWhere("partition=1");
  }
  expect(cut).toBeGreaterThan(0);
  const values = await results(direct, ids);
  expect(values.size).toBe(240);
  // What was handed over before the cut was acked after it: nothing ran twice.
  expect(new Set(begun.map(({ n }) => n)).size).toBe(240);
  expect(begun).toHaveLength(240);
  expect(events.filter(({ type }) => type === "break")).toHaveLength(cut);
  await worker.stop();
  await expectAllDone(server.url, "cut", ids);
});

test("one slot looks after all partitions in turns", async () => {
  const backend = new DurableBackend<Args, number>("alone", TRANSPORTS.socket?.(server.url) ?? http({ url: "" }));
  const { worker, begun } = crewOf(backend, 1, 0);
  const ids = (await backend.pushTasks(tasksOf(24))).map(({ id }) => id);
  await results(backend, ids);
  // It has seen that there is nothing anywhere, and comes back all the same.
  await sleep(300);
  const late = (await backend.pushTasks(tasksOf(9, 24))).map(({ id }) => id);
  await results(backend, late);
  expect(begun).toHaveLength(33);
  await worker.stop();
  backend.close();
  await expectAllDone(server.url, "alone", [...ids, ...late]);
});

test("more partitions after a restart are used at once, by those who were connected, and what is there is done", async () => {
  const first = await startServe({ env: { PRINIA_PARTITIONS: "grown=2" } });
  const { data, port } = first;
  const transport = TRANSPORTS.socket?.(first.url) ?? http({ url: "" });
  const backend = new DurableBackend<Args, number>("grown", transport);
  const { worker, begun } = crewOf(backend, 8, 1);
  const before = (await backend.pushTasks(tasksOf(30))).map(({ id }) => id);
  await results(backend, before);
  await first.stop();
  const second = await startServe({ data, port, env: { PRINIA_PARTITIONS: "grown=4/2" } });
  const direct = new DurableBackend<Args, number>("grown", http({ url: second.url }));
  const after: string[] = [];
  // Keyless pushes by request may go to any: all four are used before long.
  for (let n = 0; new Set(after.map(partitionOf)).size < 4 && n < 200; n++)
    after.push((await direct.push({ group: null, n })).id);
  const keyed = (await direct.pushTasks(tasksOf(30, 300))).map(({ id }) => id);
  const values = await results(direct, [...after, ...keyed]);
  expect(values.size).toBe(after.length + keyed.length);
  expect(new Set(after.map(partitionOf))).toEqual(new Set([0, 1, 2, 3]));
  expect(begun).toHaveLength(before.length + after.length + keyed.length);
  await worker.stop();
  backend.close();
  await expectAllDone(second.url, "grown", [...before, ...after, ...keyed]);
});
