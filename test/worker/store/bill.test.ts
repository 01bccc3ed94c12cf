// The budget as an object pays it: with the tally, and with alarms, which `rowsWritten` does not show.
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CALLER_HEADER } from "../../../src/protocol/caller.ts";
import type { HolderEvent, NewTask } from "../../../src/task/task.ts";
import { freezeTime, pass, thawTime } from "../object/lab.ts";
import { type Bill, billOf } from "../support/bill.ts";

// The row that the history costs once a minute is to be paid where a test says so, and nowhere else.
beforeEach(freezeTime);
afterEach(thawTime);

/** An object in use, which the directory knows already: its report is paid, and the next is ten seconds away. */
async function busyQueue() {
  const stub = env.QUEUE.getByName(`${crypto.randomUUID()}/0`);
  await stub.push([{ args: "0", runAt: 8_640_000_000_000_000 }]);
  await vi.waitFor(async () => expect(await reportedAt(stub)).toBeGreaterThan(0));
  // The first change after a report wants the next one.
  await stub.push([{ args: "0", runAt: 8_640_000_000_000_000 }]);
  // The alarm of the first report is still set, and would hide all others: it fires, and the next stands in its place.
  await runDurableObjectAlarm(stub);
  return { stub, paid: await billOf(stub) };
}

type Stub = Awaited<ReturnType<typeof busyQueue>>["stub"];

const reportedAt = (stub: Stub): Promise<number> =>
  runInDurableObject(stub, (_instance, { storage }) => {
    const [row] = storage.sql
      .exec<{ at: number }>("SELECT body ->> 'reportedAt' AS at FROM state WHERE name = 'tally'")
      .toArray();
    return row?.at ?? 0;
  });

const many = (n: number, task: Partial<NewTask> = {}): NewTask[] =>
  Array.from({ length: n }, () => ({ args: "1", ...task }));

interface Leased {
  readonly id: string;
  readonly lease: string;
}

const acks = (tasks: readonly Leased[]): HolderEvent[] =>
  tasks.map(({ id, lease }) => ({ type: "ack", id, lease, result: { ok: "1" } }));

async function poll(stub: Stub, max: number): Promise<Leased[]> {
  const polled = await stub.poll({ worker: "w", max, waitMs: 0, autoStart: true, events: [] });
  if (!polled.ok) throw new Error(polled.error.detail);
  return polled.value.tasks.map((text) => JSON.parse(text) as Leased);
}

/** A socket of a queue, and the frames that came of a type. */
async function socketOf(stub: Stub) {
  const caller = JSON.stringify({ scopes: ["admin"], queues: null, exp: null });
  const { webSocket } = await stub.fetch("http://object/", {
    headers: { upgrade: "websocket", [CALLER_HEADER]: caller },
  });
  if (!webSocket) throw new Error("the object refused the upgrade");
  const frames: { type: string; tasks?: Leased[] }[] = [];
  webSocket.accept();
  webSocket.addEventListener("message", ({ data }) => {
    frames.push(data === "pong" ? { type: "pong" } : JSON.parse(String(data)));
  });
  const next = (type: string) =>
    vi.waitFor(() => {
      const at = frames.findIndex((frame) => frame.type === type);
      if (at < 0) throw new Error(`no ${type} came, only ${JSON.stringify(frames)}`);
      return frames.splice(at, 1)[0];
    });
  const send = (frame: object | string) => webSocket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  return { send, next };
}

const commit = (task: number, more: Partial<Bill> = {}): Bill => ({ task, session: 0, state: 1, alarms: 0, ...more });

describe.each([1, 100])("at a batch of %i", (n) => {
  test("push, poll and ack pay 1, 1 and 1 a task, and a row a commit; no alarm is moved", async () => {
    const { stub, paid } = await busyQueue();
    await poll(stub, 1);
    expect(paid()).toEqual({ task: 0, session: 2, state: 1, alarms: 0 });
    for (let round = 0; round < 3; round++) {
      await stub.push(many(n));
      expect(paid()).toEqual(commit(n));
      const tasks = await poll(stub, n);
      expect(paid()).toEqual(commit(n));
      await stub.events({ events: acks(tasks) });
      expect(paid()).toEqual(commit(n));
    }
  });

  test("a push to a socket with credit, and its acks, pay 1 and 1 a task, and a row a commit", async () => {
    const { stub, paid } = await busyQueue();
    const socket = await socketOf(stub);
    socket.send({ type: "register", worker: "w", credit: 0, autoStart: true });
    await socket.next("registered");
    expect(paid()).toEqual(commit(0, { session: 2 }));
    socket.send({ type: "credit", credit: 2 * n });
    await socket.next("idle");
    expect(paid()).toEqual(commit(0, { state: 0 }));
    await stub.push(many(n));
    const { tasks = [] } = (await socket.next("tasks")) ?? {};
    expect(tasks).toHaveLength(n);
    expect(paid()).toEqual(commit(n));
    socket.send({ type: "events", ref: "1", events: acks(tasks).map((event) => ({ ...event, result: { ok: 1 } })) });
    await socket.next("answer");
    expect(paid()).toEqual(commit(n));
  });

  test("a deadline that is nearer than the alarm moves it once, whatever the batch", async () => {
    const { stub, paid } = await busyQueue();
    await stub.push(many(n, { timeoutMs: 5_000 }));
    await poll(stub, 1);
    paid();
    await stub.push(many(n, { timeoutMs: 4_000, priority: 1 }));
    await poll(stub, n);
    expect(paid().alarms).toBe(1);
    await poll(stub, n);
    expect(paid().alarms).toBe(0);
  });
});

test("a minute with many commits pays one row more, for the history, and a minute without commits none", async () => {
  const { stub, paid } = await busyQueue();
  /** Rows of tasks and of all else that each commit has none of. */
  const costOf = async (ms: number, work: () => Promise<unknown>) => {
    await vi.waitFor(async () => expect(await isQuiet(stub)).toBe(true));
    // In one look, since what tells the directory commits when it will.
    const look = () => runInDurableObject(stub, (_, { storage }) => ({ ...paid(), commits: tallyOf(storage).commits }));
    const before = await look();
    pass(ms);
    await work();
    const { task, state, commits } = await look();
    return { task, more: state - (commits - before.commits) };
  };
  for (const pushes of [1, 20, 3]) {
    const pushAll = async () => {
      for (let n = 0; n < pushes; n++) await stub.push(many(1));
    };
    expect(await costOf(60_000, pushAll)).toEqual({ task: pushes, more: 1 });
  }
  expect(await costOf(3_600_000, () => stub.history())).toEqual({ task: 0, more: 0 });
});

interface Told {
  readonly commits: number;
  readonly reportAt: number | null;
}

function tallyOf({ sql }: DurableObjectStorage): Told {
  const [row] = sql.exec<{ body: string }>("SELECT body FROM state WHERE name = 'tally'").toArray();
  return JSON.parse(row?.body ?? "") as Told;
}

/** Whether nothing is being told to the directory. */
const isQuiet = (stub: Stub): Promise<boolean> =>
  runInDurableObject(stub, (_, { storage }) => (tallyOf(storage).reportAt ?? Number.POSITIVE_INFINITY) > Date.now());

test("pushes and acks that arrive together share one commit", async () => {
  const { stub, paid } = await busyQueue();
  await Promise.all(Array.from({ length: 20 }, () => stub.push(many(1))));
  const { task, state, alarms } = paid();
  expect(task).toBe(20);
  expect(state).toBeLessThan(20);
  expect(alarms).toBe(0);
});

test("a ping, a wait, a watch, a list and all numbers pay nothing", async () => {
  const { stub, paid } = await busyQueue();
  const pushed = await stub.push(many(1));
  const id = pushed.ok ? (pushed.value[0]?.id ?? "") : "";
  const socket = await socketOf(stub);
  socket.send("ping");
  await socket.next("pong");
  paid();
  socket.send({ type: "wait", ref: "w", ids: [id] });
  socket.send({ type: "watch", ref: "v", topics: ["tasks", "workers", "stats"] });
  await socket.next("event");
  await stub.list({ limit: 50, order: "newest" });
  await stub.status([id]);
  await stub.info();
  await stub.stats();
  await stub.workers();
  await stub.task(id);
  await stub.config();
  expect(paid()).toEqual({ task: 0, session: 0, state: 0, alarms: 0 });
});

test("a queue that was never used is asked without being made", async () => {
  const stub = env.QUEUE.getByName(`${crypto.randomUUID()}/0`);
  const paid = await billOf(stub);
  await stub.list({ limit: 50, order: "newest" });
  await stub.stats();
  await stub.task("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  await stub.cancel("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  expect(paid()).toEqual({ task: 0, session: 0, state: 0, alarms: 0 });
  const made = await runInDurableObject(stub, (_instance, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'task'").toArray(),
  );
  expect(made).toEqual([]);
});
