import { describe, expect, expectTypeOf, test } from "vitest";
import type { Backend, BackendExt, FetchById } from "../../../src/backend/backend.ts";
import { task } from "../../../src/backend/builder.ts";
import { type Dequeue, dequeue } from "../../../src/backend/dequeue.ts";
import { interval } from "../../../src/backend/poll-strategy.ts";
import type { TaskSink } from "../../../src/backend/sink.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { parseId } from "../../../src/task/id.ts";
import { Worker } from "../../../src/worker/index.ts";

async function stop(clock: VirtualClock, worker: { stop(options: { grace: number }): Promise<void> }): Promise<void> {
  const stopped = worker.stop({ grace: 0 });
  await clock.advance(1);
  await stopped;
}

/** Runs all that is there, and tells in which order. */
async function drained(queue: Dequeue<number, unknown>, clock: VirtualClock, concurrency = 1): Promise<number[]> {
  const seen: number[] = [];
  const worker = new Worker("w", queue, (args) => void seen.push(args), { clock, concurrency });
  await clock.advance(1_000);
  await stop(clock, worker);
  return seen;
}

const opened = () => {
  const clock = new VirtualClock();
  return { clock, queue: dequeue<number, unknown>(10, { clock }) };
};

describe("a dequeue", () => {
  test("hands tasks over in the order of the pushes, whatever way they came", async () => {
    const { clock, queue } = opened();
    await queue.push(1);
    await queue.pushBulk([2, 3]);
    await queue.pushTask(task(4).meta({ from: "here" }));
    await queue.pushAll([task(5)]);
    await queue.pushStream([6]);
    expect(queue).toHaveLength(6);
    expect(await drained(queue, clock)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(queue).toHaveLength(0);
  });

  test("gives ids in ULID form that grow, though the clock be set back", async () => {
    const { clock, queue } = opened();
    const first = await queue.push(1);
    clock.jump(-5_000);
    const second = await queue.push(2);
    expect(first).toEqual({ id: expect.any(String), status: "Pending", created: true });
    expect(parseId(first.id)).toMatchObject({ partition: 0, seq: 1 });
    expect(second.id > first.id).toBe(true);
  });

  test("polls when its strategy says so", async () => {
    const clock = new VirtualClock();
    const queue = dequeue<number>(interval("1s"), { clock, queue: "letters" });
    const at: number[] = [];
    const worker = new Worker("w", queue, (_, { task }) => void at.push(task.queue === "letters" ? clock.now() : 0), {
      clock,
    });
    const began = clock.now();
    await clock.advance(10);
    await queue.push(1);
    await clock.advance(980);
    expect(at).toEqual([]);
    await clock.advance(20);
    expect(at).toEqual([began + 1_000]);
    await stop(clock, worker);
  });

  test("keeps a long line in order while it is worked on", async () => {
    const { clock, queue } = opened();
    const all = Array.from({ length: 5_000 }, (_, n) => n);
    await queue.pushBulk(all.slice(0, 3_000));
    const seen: number[] = [];
    const worker = new Worker("w", queue, (args) => void seen.push(args), { clock, concurrency: 700 });
    await clock.advance(25);
    await queue.pushBulk(all.slice(3_000));
    await clock.advance(500);
    expect(seen).toEqual(all);
    await stop(clock, worker);
  });

  test("runs a task once, also one that fails", async () => {
    const { clock, queue } = opened();
    await queue.push(1);
    const attempts: number[] = [];
    const worker = new Worker(
      "w",
      queue,
      (_, { attempt }) => {
        attempts.push(attempt);
        throw new Error("boom");
      },
      { clock },
    );
    await clock.advance(200);
    expect(attempts).toEqual([1]);
    await stop(clock, worker);
    expect(queue).toHaveLength(0);
  });

  test("takes any args and results, since it writes none of them", async () => {
    const clock = new VirtualClock();
    const queue = dequeue<{ readonly n: bigint }, Map<string, bigint>>(10, { clock });
    const args = { n: 1n };
    const seen: unknown[] = [];
    await queue.push(args);
    const worker = new Worker(
      "w",
      queue,
      (got) => {
        seen.push(got);
        return new Map([["n", got.n]]);
      },
      { clock, onEvent: (event) => event.type === "error" && seen.push(event) },
    );
    await clock.advance(100);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toBe(args);
    await stop(clock, worker);
  });
});

describe("tasks that come back", () => {
  test("are those that had not begun, and those that had not ended, first and in order", async () => {
    const { clock, queue } = opened();
    await queue.pushBulk([1, 2, 3, 4, 5]);
    const { promise } = Promise.withResolvers<void>();
    const worker = new Worker("w", queue, () => promise, { clock, concurrency: 1, prefetch: 3 });
    await clock.advance(10);
    expect(queue).toHaveLength(1);
    await stop(clock, worker);
    expect(queue).toHaveLength(5);
    expect(await drained(queue, clock)).toEqual([1, 2, 3, 4, 5]);
  });

  test("are those that snooze, after so long", async () => {
    const { clock, queue } = opened();
    await queue.pushBulk([1, 2]);
    const seen: string[] = [];
    const worker = new Worker(
      "w",
      queue,
      (args, { snooze }) => {
        seen.push(`${args} at ${clock.now() - began}`);
        if (seen.length === 1) snooze("1s");
      },
      { clock, concurrency: 2 },
    );
    const began = clock.now();
    await clock.advance(2_000);
    expect(seen).toEqual(["1 at 0", "2 at 0", "1 at 1000"]);
    await stop(clock, worker);
  });

  test("are those of a worker that says goodbye without a word of them", async () => {
    const { clock, queue } = opened();
    await queue.pushBulk([1, 2]);
    // Its middleware is left out: nobody reports anything.
    const bare: Backend<number> = {
      heartbeat: (worker) => queue.heartbeat(worker),
      poll: (worker) => queue.poll(worker),
      middleware: () => (next) => next,
    };
    const worker = new Worker("w", bare, () => undefined, { clock, concurrency: 2 });
    await clock.advance(10);
    expect(queue).toHaveLength(0);
    await stop(clock, worker);
    expect(await drained(queue, clock)).toEqual([1, 2]);
  });
});

describe("what a dequeue is told of a task", () => {
  test.each([
    ["priority", task(1).priority(1)],
    ["delayMs", task(1).runIn("1s")],
    ["runAt", task(1).runAt(5)],
    ["maxAttempts", task(1).maxAttempts(2)],
    ["backoff", task(1).backoff({ base: 1 })],
  ])("is refused where it cannot be kept: %s", async (option, refused) => {
    const { queue } = opened();
    await expect(queue.pushTask(refused)).rejects.toMatchObject({ code: "bad_request", path: option });
    await expect(queue.pushAll([task(2), refused])).rejects.toMatchObject({ at: 1 });
    expect(queue).toHaveLength(0);
  });

  test("makes one task of two with one key, while it is here", async () => {
    const { clock, queue } = opened();
    const first = await queue.pushTask(task(1).idempotencyKey("k"));
    const second = await queue.pushTask(task(2).idempotencyKey("k"));
    expect(second).toEqual({ ...first, created: false });
    expect(await drained(queue, clock)).toEqual([1]);
    expect((await queue.pushTask(task(3).idempotencyKey("k"))).created).toBe(true);
    expect(await drained(queue, clock)).toEqual([3]);
  });

  test("goes along with it", async () => {
    const { clock, queue } = opened();
    await queue.pushTask(task(1).meta({ a: 1 }).timeout("5s").groupKey("g"));
    const seen: unknown[] = [];
    const worker = new Worker("w", queue, (_, { task }) => void seen.push(task), { clock });
    await clock.advance(10);
    expect(seen).toMatchObject([{ meta: { a: 1 }, timeoutMs: 5_000, groupKey: "g", maxAttempts: 1, priority: 0 }]);
    await stop(clock, worker);
  });
});

describe("the traits of a dequeue", () => {
  test("are those of a line, and no others", () => {
    const { queue } = opened();
    expect(queue.getQueue()).toBe("default");
    expect(queue.codec().name).toBe("json");
    expectTypeOf(queue).toExtend<BackendExt<number> & TaskSink<number>>();
    expectTypeOf(queue).not.toExtend<FetchById<number>>();
  });

  test("refuse a name that is none", () => {
    expect(() => dequeue(10, { queue: "" })).toThrow(expect.objectContaining({ code: "bad_request" }));
  });
});
