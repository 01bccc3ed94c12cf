import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import {
  AbortError,
  type BatchHandler,
  type BatchItem,
  type BatchOutcomes,
  batch,
  WorkerStopped,
} from "../../../src/worker/index.ts";
import { bench, task } from "./bench.ts";

/** A batch handler at work. */
interface Call {
  readonly items: readonly BatchItem<unknown>[];
  readonly signal: AbortSignal;
  readonly ids: string[];
  finish(outcomes: BatchOutcomes<unknown>): void;
  fail(error: unknown): void;
}

function batching(size: number, concurrency = size) {
  const calls: Call[] = [];
  const handler: BatchHandler<unknown, unknown> = (items, { signal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<BatchOutcomes<unknown>>();
    calls.push({ items, signal, ids: items.map(({ id }) => id), finish: resolve, fail: reject });
    return promise;
  };
  const clock = new VirtualClock();
  const made = bench({ handler: batch(handler, { size, wait: "1s", clock }), concurrency, clock });
  const ends = () =>
    Object.fromEntries(
      made.backend.reports.map((report) => [report.id, report.type === "ack" ? report.result : report.type]),
    );
  return { ...made, calls, ends };
}

describe("a batch", () => {
  test("is done as soon as it is full", async () => {
    const { backend, calls, settle } = batching(2, 4);
    backend.give(task(1), task(2), task(3));
    await settle();
    expect(calls.map(({ ids }) => ids)).toEqual([["t1", "t2"]]);
    expect(calls[0]?.items[0]).toMatchObject({ id: "t1", args: { n: 1 }, context: { lease: "l1" } });
    backend.give(task(4));
    await settle();
    expect(calls.map(({ ids }) => ids)).toEqual([
      ["t1", "t2"],
      ["t3", "t4"],
    ]);
  });

  test("or when its first has waited for long enough", async () => {
    const { backend, clock, calls, settle } = batching(10);
    for (const n of [1, 2, 3]) {
      backend.give(task(n));
      await settle(300);
    }
    await settle(99);
    expect(calls).toEqual([]);
    await settle(1);
    expect(calls.map(({ ids }) => ids)).toEqual([["t1", "t2", "t3"]]);
    expect(clock.timers).toBe(0);
  });

  test("waits for its whole time after one that was full", async () => {
    const { backend, clock, calls, settle } = batching(2, 10);
    backend.give(task(1));
    await settle(600);
    backend.give(task(2));
    await settle();
    expect(calls).toHaveLength(1);
    backend.give(task(3));
    await settle(999);
    expect(calls).toHaveLength(1);
    await settle(1);
    expect(calls).toHaveLength(2);
    expect(clock.timers).toBe(0);
  });

  test.each([[0], [1.5], [Number.NaN]])("cannot be of size %d", (size) => {
    expect(() => batch(() => [], { size, wait: 0 })).toThrow(expect.objectContaining({ path: "size" }));
  });
});

describe("the outcomes", () => {
  const list = [
    { id: "t1", ok: 1 },
    { id: "t2", err: new Error("boom") },
    { id: "t3", err: "as text" },
    { id: "t4", err: new AbortError("never") },
    { id: "t5", snooze: "5s" },
  ] as const;
  const expected = {
    t1: { ok: "1" },
    t2: { err: "boom" },
    t3: { err: "as text" },
    t4: { err: "never", abort: true },
    t5: "snooze",
  };
  async function* yielded() {
    yield* list;
  }

  test.each<[string, () => BatchOutcomes<unknown>]>([
    ["a list", () => list],
    ["a map", () => new Map(list.map((outcome) => [outcome.id, outcome]))],
    ["a stream", yielded],
  ])("are one for each task, as %s", async (_, outcomes) => {
    const { backend, calls, ends, settle } = batching(5);
    backend.give(...[1, 2, 3, 4, 5].map((n) => task(n)));
    await settle();
    calls[0]?.finish(outcomes());
    await settle();
    expect(ends()).toEqual(expected);
    expect(backend.reports.at(-1)).toMatchObject({ type: "snooze", delayMs: 5_000 });
  });

  test("that come one by one end their tasks one by one", async () => {
    const { backend, calls, ends, settle } = batching(2);
    backend.give(task(1), task(2));
    await settle();
    const second = Promise.withResolvers<void>();
    async function* slowly() {
      yield { id: "t1", ok: 1 };
      await second.promise;
      yield { id: "t2", ok: 2 };
    }
    calls[0]?.finish(slowly());
    await settle();
    expect(ends()).toEqual({ t1: { ok: "1" } });
    second.resolve();
    await settle();
    expect(ends()).toEqual({ t1: { ok: "1" }, t2: { ok: "2" } });
  });

  test("fail a task that has none", async () => {
    const { backend, calls, ends, settle } = batching(2);
    backend.give(task(1), task(2));
    await settle();
    calls[0]?.finish([
      { id: "t1", ok: 1 },
      { id: "of another batch", ok: 2 },
    ]);
    await settle();
    expect(ends()).toEqual({ t1: { ok: "1" }, t2: { err: "The batch handler gave no outcome for the task t2." } });
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["an empty list", []],
  ])("fail all when there is %s", async (_, outcomes) => {
    const { backend, calls, ends, settle } = batching(2);
    backend.give(task(1), task(2));
    await settle();
    calls[0]?.finish(outcomes as []);
    await settle();
    expect(Object.keys(ends())).toEqual(["t1", "t2"]);
    expect(ends().t1).toMatchObject({ err: expect.stringContaining("no outcome") });
  });

  test("are failures for all that have none yet when the handler throws", async () => {
    const { backend, calls, ends, settle } = batching(2);
    backend.give(task(1), task(2));
    await settle();
    async function* breaking() {
      yield { id: "t1", ok: 1 };
      throw new Error("boom");
    }
    calls[0]?.finish(breaking());
    await settle();
    expect(ends()).toEqual({ t1: { ok: "1" }, t2: { err: "boom" } });
  });

  test("are failures for all when it throws at once", async () => {
    const throwing = () => {
      throw new Error("boom");
    };
    const { backend, settle } = bench({ handler: batch(throwing, { size: 2, wait: 0 }), concurrency: 2 });
    backend.give(task(1), task(2));
    await settle();
    expect(backend.reports).toMatchObject([{ result: { err: "boom" } }, { result: { err: "boom" } }]);
  });
});

describe("a lease that is lost", () => {
  test("while its task waits for others leaves their batch alone", async () => {
    const { worker, backend, calls, ends, settle } = batching(3);
    backend.give(task(1), task(2));
    await settle();
    worker.lose({ id: "t1", lease: "l1", reason: "cancelled" });
    await settle(1_000);
    expect(calls.map(({ ids }) => ids)).toEqual([["t2"]]);
    expect(backend.freed).toEqual(["l1"]);
    calls[0]?.finish([{ id: "t2", ok: 2 }]);
    await settle();
    expect(ends()).toEqual({ t2: { ok: "2" } });
  });

  test("and was the only one leaves no batch", async () => {
    const { worker, backend, clock, calls, settle } = batching(3);
    backend.give(task(1));
    await settle();
    worker.lose({ id: "t1", lease: "l1", reason: "cancelled" });
    await settle();
    expect(clock.timers).toBe(0);
    expect(calls).toEqual([]);
  });

  test("while its batch is done does not spoil the others", async () => {
    const { worker, backend, calls, ends, settle } = batching(2);
    backend.give(task(1), task(2));
    await settle();
    worker.lose({ id: "t1", lease: "l1", reason: "cancelled" });
    expect(calls[0]?.items[0]?.context.signal.aborted).toBe(true);
    expect(calls[0]?.signal.aborted).toBe(false);
    calls[0]?.finish([
      { id: "t1", ok: 1 },
      { id: "t2", ok: 2 },
    ]);
    await settle();
    expect(ends()).toEqual({ t2: { ok: "2" } });
  });

  test("when it was the last of its batch fires the handler's signal, as a stop does", async () => {
    const { worker, backend, calls, ends, settle } = batching(2);
    backend.give(task(1), task(2));
    await settle();
    worker.lose({ id: "t1", lease: "l1", reason: "cancelled" });
    worker.stop({ grace: 0 });
    expect(calls[0]?.signal.reason).toBeInstanceOf(WorkerStopped);
    await settle();
    expect(ends()).toEqual({ t2: "release" });
  });

  test("and whose task comes again into the same batch ends with it", async () => {
    const { worker, backend, calls, settle } = batching(2);
    backend.give(task(1));
    await settle();
    backend.give(task(1, { lease: "again" }));
    await settle();
    worker.lose({ id: "t1", lease: "l1", reason: "orphaned" });
    calls[0]?.finish([{ id: "t1", ok: 1 }]);
    await settle();
    expect(backend.reports).toEqual([{ type: "ack", id: "t1", lease: "again", result: { ok: "1" } }]);
    expect(backend.freed.toSorted()).toEqual(["again", "l1"]);
  });
});
