import { describe, expect, expectTypeOf, test } from "vitest";
import { task } from "../../../src/backend/builder.ts";
import { type Dequeue, dequeue } from "../../../src/backend/dequeue.ts";
import { type Pipe, pipe } from "../../../src/backend/pipe.ts";
import { MemoryStorage } from "../../../src/local/memory/storage.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { Worker } from "../../../src/worker/index.ts";
import { piping, slowSink, source, stopped } from "./pipe-bench.ts";

describe("a pipe", () => {
  test("hands what a stream brings to its workers, and then goes on as its backend", async () => {
    const clock = new VirtualClock();
    const lines = pipe(["a", "b", "c"], new MemoryStorage<string, string>("lines", { clock }), { clock });
    const worker = new Worker("w", lines, (line) => line.toUpperCase(), { clock, concurrency: 2 });
    await clock.advance(100);
    expect(await lines.piped).toBe(3);
    const { tasks } = await lines.listTasks({ order: "oldest" });
    expect(tasks.map(({ status, lastResult }) => [status, lastResult])).toEqual([
      ["Done", { ok: "A" }],
      ["Done", { ok: "B" }],
      ["Done", { ok: "C" }],
    ]);
    const later = await lines.push("d");
    await clock.advance(100);
    expect(await lines.checkStatus([later])).toMatchObject([{ status: "Done", value: "D" }]);
    await stopped(clock, worker);
  });

  test("has every trait of its backend, by name and by type", () => {
    const clock = new VirtualClock();
    const storage = new MemoryStorage<string>("lines", { clock });
    const lines = pipe(source<string>().stream, storage);
    expectTypeOf(lines).toExtend<Pipe<MemoryStorage<string>>>();
    expectTypeOf(lines).toExtend<MemoryStorage<string>>();
    for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(Object.getPrototypeOf(storage)))) {
      if (name !== "constructor") expect(lines, name).toHaveProperty(name, expect.any(Function));
    }
    expect(lines.getQueue()).toBe("lines");
    const queue = pipe([], dequeue<number>(10));
    expectTypeOf(queue).toExtend<Dequeue<number>>();
    expect(queue.length).toBe(0);
    // @ts-expect-error: a dequeue has no such trait
    expect(queue.vacuum).toBeUndefined();
  });

  test("refuses a stream of the wrong kind", () => {
    const unread = (_: () => unknown): void => undefined;
    // @ts-expect-error: the queue is of texts
    unread(() => pipe(source<number>().stream, new MemoryStorage<string>("lines")));
    // @ts-expect-error: what the function makes does not fit either
    unread(() => pipe([1], new MemoryStorage<string>("lines"), { task: (n: number) => task(n) }));
    unread(() => pipe([1], new MemoryStorage<string>("lines"), { task: (n: number) => task(String(n)) }));
  });
});

describe("reading", () => {
  test("begins when a worker polls", async () => {
    const clock = new VirtualClock();
    const { stream, bring, watch } = source<number>();
    const { backend, args } = slowSink(clock);
    const piped = pipe(stream, backend, { clock });
    bring(1);
    await clock.advance(1_000);
    expect(watch.asked).toBe(0);
    const worker = new Worker("w", piped, () => undefined, { clock });
    await clock.advance(1);
    expect(args()).toEqual([[1]]);
    await stopped(clock, worker);
  });

  test("is no faster than the pushes are answered", async () => {
    const { clock, bring, pushes, args, watch, worker } = await piping();
    bring(1, 2, 3);
    await clock.advance(1);
    bring(4);
    await clock.advance(10_000);
    expect(args()).toEqual([[1, 2, 3]]);
    // The fourth was asked for, and has come; the fifth was not.
    expect(watch.asked).toBe(4);
    pushes[0]?.done();
    await clock.advance(1);
    expect(args()).toEqual([[1, 2, 3], [4]]);
    pushes[1]?.done();
    await stopped(clock, worker);
  });

  test("gathers what comes in one turn, at most a chunk", async () => {
    const { clock, bring, pushes, args, worker } = await piping();
    bring(...Array.from({ length: 700 }, (_, n) => n));
    await clock.advance(1);
    pushes[0]?.done();
    await clock.advance(1);
    pushes[1]?.done();
    await clock.advance(1);
    expect(args().map((chunk) => chunk.length)).toEqual([500, 200]);
    await stopped(clock, worker);
  });

  test("stops when the last worker has left, and goes on with the next", async () => {
    const { clock, bring, pushes, args, piped, worker, finish } = await piping();
    bring(1);
    await clock.advance(1);
    const stopping = worker.stop();
    await clock.advance(1);
    pushes[0]?.done();
    await clock.advance(1);
    await stopping;
    // One item was asked for already: it is not lost.
    bring(2);
    bring(3);
    await clock.advance(1_000);
    expect(args()).toEqual([[1]]);
    const next = new Worker("w", piped, () => undefined, { clock });
    await clock.advance(1);
    expect(args()).toEqual([[1], [2, 3]]);
    pushes[1]?.done();
    finish();
    await clock.advance(1);
    expect(await piped.piped).toBe(3);
    await stopped(clock, next);
  });

  test("ends for good when it is told so: what was read is pushed, and the stream is let go", async () => {
    const { clock, bring, pushes, piped, worker, watch } = await piping();
    bring(1);
    await clock.advance(1);
    let isOver = false;
    const ended = piped.unpipe().then(() => {
      isOver = true;
    });
    await clock.advance(1_000);
    expect(isOver).toBe(false);
    expect(watch.returned).toBe(1);
    pushes[0]?.done();
    await ended;
    expect(await piped.piped).toBe(1);
    await stopped(clock, worker);
    expect(pushes).toHaveLength(1);
  });
});

describe("a stream that fails", () => {
  const failing = async () => {
    const clock = new VirtualClock();
    const { stream, bring, finish } = source<number>();
    const storage = new MemoryStorage<number, number>("numbers", { clock });
    const piped = pipe(stream, storage, { clock });
    return { clock, bring, finish, storage, piped };
  };

  test("is thrown to its workers once what was pushed is done", async () => {
    const { clock, bring, finish, piped, storage } = await failing();
    let ended = 0;
    const slow = () => new Promise<number>((resolve) => clock.timer(1_000, () => resolve(++ended)));
    const worker = new Worker("w", piped, slow, { clock });
    const closed = expect(worker.closed).rejects.toThrow("the file is gone");
    bring(1, 2, 3);
    await clock.advance(1);
    finish({ error: new Error("the file is gone") });
    await clock.advance(2_500);
    expect(worker.state).toBe("running");
    await clock.advance(10_000);
    await closed;
    expect(ended).toBe(3);
    await expect(piped.piped).rejects.toThrow("the file is gone");
    expect((await storage.fetchByQueue()).counts).toMatchObject({ Done: 3, Running: 0, Queued: 0, Pending: 0 });
  });

  test("is thrown at once where nothing is there to be done", async () => {
    const { clock, finish, piped } = await failing();
    const worker = new Worker("w", piped, (n) => n, { clock });
    const closed = expect(worker.closed).rejects.toThrow("the file is gone");
    await clock.advance(500);
    finish({ error: new Error("the file is gone") });
    await clock.advance(1);
    await closed;
  });

  test("has what it brought before pushed", async () => {
    const { clock, bring, finish, piped, storage } = await failing();
    bring(1, 2);
    finish({ error: new Error("the file is gone") });
    const worker = new Worker("w", piped, (n) => n, { clock, concurrency: 2 });
    worker.closed.catch(() => undefined);
    await clock.advance(1_000);
    expect((await storage.fetchByQueue()).counts.Done).toBe(2);
  });

  test("is thrown again to a worker that is started anew, after what is there to be done", async () => {
    const { clock, finish, piped, storage } = await failing();
    finish({ error: new Error("the file is gone") });
    const first = new Worker("w", piped, (n) => n, { clock });
    first.closed.catch(() => undefined);
    await clock.advance(1_000);
    await storage.push(5);
    const second = new Worker("w", piped, (n) => n, { clock });
    const closed = expect(second.closed).rejects.toThrow("the file is gone");
    await clock.advance(1_000);
    await closed;
    expect((await storage.fetchByQueue()).counts.Done).toBe(1);
  });
});
