// A worker on a real queue, in this process: what the parts promise each other holds.
import { expect, test } from "vitest";
import { MemoryStorage } from "../../../src/local/memory/storage.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import {
  AbortError,
  type Handler,
  RetryAfterError,
  retry,
  timeout,
  Worker,
  type WorkerEvent,
} from "../../../src/worker/index.ts";

import { watch } from "./bench.ts";

interface Order {
  readonly n: number;
}

function queue(handler: Handler<Order, unknown>, options: object = {}) {
  const clock = new VirtualClock();
  const orders = new MemoryStorage<Order>("orders", { clock });
  const events: WorkerEvent[] = [];
  const worker = new Worker("w", orders, handler, { clock, onEvent: (event) => events.push(event), ...options });
  const stop = async () => {
    const stopped = worker.stop();
    await clock.advance("1m");
    await stopped;
  };
  return { clock, orders, worker, events, stop };
}

test("every task is run and done, 1,000 at 100 a time, with and without a prefetch", async () => {
  for (const prefetch of [0, 50, "auto"] as const) {
    const runs = new Map<number, number>();
    const { clock, orders, stop } = queue(
      ({ n }) => {
        runs.set(n, (runs.get(n) ?? 0) + 1);
        return n;
      },
      { concurrency: 100, prefetch },
    );
    const pushed = await orders.pushBulk(Array.from({ length: 1_000 }, (_, n) => ({ n })));
    await clock.advance("10s");
    const ends = await orders.checkStatus(pushed);
    expect(ends.map((end) => end.status === "Done" && end.value)).toEqual(pushed.map((_, n) => n));
    expect(runs.size).toBe(1_000);
    expect(new Set(runs.values())).toEqual(new Set([1]));
    await stop();
  }
});

test("what handlers throw decides about the task", async () => {
  const { clock, orders, stop } = queue(
    ({ n }, { attempt, snooze }) => {
      if (n === 1) throw new AbortError("never");
      if (n === 2 && attempt === 1) throw new RetryAfterError(60_000);
      if (n === 3 && clock.now() < began + 30_000) snooze("30s");
      if (n === 4 && attempt < 3) throw new Error("again");
      return attempt;
    },
    { concurrency: 10 },
  );
  const began = clock.now();
  const [aborted, later, snoozed, retried] = await orders.pushBulk([1, 2, 3, 4].map((n) => ({ n })));
  await clock.advance("10s");
  expect(await orders.checkStatus([aborted, later, snoozed, retried].flatMap((one) => one ?? []))).toMatchObject([
    { status: "Killed", attempt: 1, error: "never" },
    { status: "Failed", attempt: 1 },
    { status: "Pending", attempt: 0 },
    { status: "Done", attempt: 3 },
  ]);
  await clock.advance("60s");
  expect(await orders.checkStatus([later, snoozed].flatMap((one) => one ?? []))).toMatchObject([
    { status: "Done", value: 2 },
    { status: "Done", value: 1 },
  ]);
  await stop();
});

test("a clean stop gives back what was not begun and what does not end, and burns no attempt", async () => {
  const { clock, orders, worker } = queue(() => new Promise(() => undefined), { concurrency: 2, prefetch: 3 });
  const pushed = await orders.pushBulk([1, 2, 3, 4, 5, 6].map((n) => ({ n })));
  await clock.advance("1s");
  const stopped = worker.stop({ grace: "5s" });
  await clock.advance("5s");
  await stopped;
  const ends = await orders.checkStatus(pushed);
  expect(ends).toMatchObject(pushed.map(() => ({ status: "Pending", attempt: 0 })));
});

test("a task that is cancelled fires its handler's signal", async () => {
  const reasons: unknown[] = [];
  const { clock, orders, events, stop } = queue(
    (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason);
          reject(signal.reason);
        });
      }),
  );
  const { id } = await orders.push({ n: 1 });
  await clock.advance("1s");
  await orders.cancel(id);
  await clock.advance("1s");
  expect(reasons).toMatchObject([{ code: "lease_lost" }]);
  expect(events).toContainEqual(expect.objectContaining({ type: "lost", id, reason: "cancelled" }));
  expect(events.some(({ type }) => type === "error")).toBe(false);
  await stop();
});

test("a handler that never returns is given up by its layer, and the task is retried", async () => {
  let calls = 0;
  const { clock, orders, worker, stop } = queue(() => (++calls < 3 ? new Promise(() => undefined) : "at last"), {});
  await stop();
  expect(worker.state).toBe("stopped");
  const patient = new Worker("w", orders, () => (++calls < 3 ? new Promise(() => undefined) : "at last"), {
    clock,
    layers: [retry({ times: 1, clock }), timeout("1s", { clock })],
  });
  const { id } = await orders.push({ n: 1 });
  await clock.advance("1m");
  expect(await orders.checkStatus([id])).toMatchObject([{ status: "Done", value: "at last", attempt: 2 }]);
  const stopped = patient.stop();
  await clock.advance("1m");
  await stopped;
});

test("two replicas of one program share a queue, and neither supersedes the other", async () => {
  const clock = new VirtualClock();
  const orders = new MemoryStorage<Order>("orders", { clock });
  const by = new Map<string, number>();
  const handler: Handler<Order, void> = (_, { worker }) => {
    by.set(worker.id, (by.get(worker.id) ?? 0) + 1);
  };
  const replicas = [1, 2].map(() => new Worker("w", orders, handler, { clock, concurrency: 2 }));
  await orders.pushBulk(Array.from({ length: 100 }, (_, n) => ({ n })));
  await clock.advance("10s");
  expect([...by.values()].reduce((sum, count) => sum + count, 0)).toBe(100);
  expect(by.size).toBe(2);
  expect(replicas.map(({ state }) => state)).toEqual(["running", "running"]);
  const stopped = Promise.all(replicas.map((replica) => replica.stop()));
  await clock.advance("1m");
  await stopped;
});

test("a worker whose id is taken ends what it runs, which counts, and stops with an error", async () => {
  const clock = new VirtualClock();
  const orders = new MemoryStorage<Order>("orders", { clock });
  const work = Promise.withResolvers<string>();
  const old = new Worker("w", orders, () => work.promise, { clock, id: "the one" });
  const closed = watch(old.closed);
  const { id } = await orders.push({ n: 1 });
  await clock.advance("1s");
  const other = new Worker("w", orders, () => "by the other", { clock, id: "the one" });
  await clock.advance("1s");
  work.resolve("by the old one");
  await clock.advance("1m");
  expect(await orders.checkStatus([id])).toMatchObject([{ status: "Done", value: "by the old one", attempt: 1 }]);
  expect(closed.isDone).toBe(true);
  await expect(old.closed).rejects.toMatchObject({ code: expect.stringMatching(/superseded|worker_not_found/) });
  expect(other.state).toBe("running");
  const stopped = other.stop();
  await clock.advance("1m");
  await stopped;
});
