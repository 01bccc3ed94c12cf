import { describe, expect, test } from "vitest";
import type { PollStrategy } from "../../../src/backend/poll-strategy.ts";
import { startFeed, task, unreadFeed } from "./pull-bench.ts";

describe("polling", () => {
  test("registers before it polls", async () => {
    const { queue, worker } = await startFeed({ worker: { id: "mailer-1" } });
    expect(queue.requests).toEqual([{ verb: "register", input: { worker: "mailer-1", layers: ["timeout"] } }]);
    expect(worker.events).toEqual([{ type: "start", worker: "mailer-1", resumed: false }]);
    expect(queue.polls.map(({ request }) => request)).toEqual([
      { worker: "mailer-1", session: "s1", max: 1, waitMs: 25_000, autoStart: true, events: [] },
    ]);
  });

  test("asks for as many tasks as there is room for, one poll at a time", async () => {
    const { queue, clock, got } = await startFeed({ worker: { concurrency: 3, prefetch: 2 } });
    expect(queue.held?.request).toMatchObject({ max: 5, autoStart: false });
    queue.held?.answer([task(1), task(2)]);
    await clock.advance(0);
    expect(got).toEqual(["t1", "t2"]);
    expect(queue.polls).toHaveLength(2);
    expect(queue.held?.request).toMatchObject({ max: 3 });
  });

  test("asks for at most a batch", async () => {
    const { queue } = await startFeed({ worker: { concurrency: 5_000 } });
    expect(queue.held?.request.max).toBe(1_000);
  });

  test("does not poll while every slot is taken, and again as soon as one is free", async () => {
    const { queue, clock, finish } = await startFeed();
    queue.held?.answer([task(1)]);
    await clock.advance(10_000);
    expect(queue.polls).toHaveLength(1);
    finish(1);
    await clock.advance(0);
    expect(queue.polls).toHaveLength(2);
  });

  test("has the room back of a task that ended before it took a slot", async () => {
    const { queue, clock, feed } = await startFeed();
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    feed.report({ type: "ack", id: "t1", lease: "l1", result: { err: "it cannot be decoded", abort: true } });
    await clock.advance(0);
    expect(queue.polls).toHaveLength(2);
  });

  test("does not poll before the worker runs", async () => {
    const { queue, clock, worker } = await startFeed({ worker: { state: "pending" } });
    await clock.advance(1_000);
    expect(queue.polls).toHaveLength(0);
    worker.become("running");
    await clock.advance(0);
    expect(queue.polls).toHaveLength(1);
  });

  test("says that nothing is there once a poll was held for a while, once a poll", async () => {
    const { queue, clock, got } = await startFeed();
    await clock.advance(999);
    expect(got).toEqual([]);
    await clock.advance(1);
    expect(got).toEqual([null]);
    await clock.advance(24_000);
    queue.held?.answer();
    await clock.advance(0);
    expect(got).toEqual([null]);
    expect(queue.polls).toHaveLength(2);
  });

  test("says so at once where the queue is in this process", async () => {
    const { got } = await startFeed({ queue: { isLocal: true } });
    expect(got).toEqual([null]);
  });

  test("does not ask a queue all the time that does not hold a poll", async () => {
    const { queue, clock } = await startFeed();
    queue.held?.answer();
    await clock.advance(99);
    expect(queue.polls).toHaveLength(1);
    await clock.advance(1);
    expect(queue.polls).toHaveLength(2);
  });

  test("passes over a task that is here already", async () => {
    const { queue, clock, got } = await startFeed({ worker: { concurrency: 3 } });
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    queue.held?.answer([task(1), task(2)]);
    await clock.advance(0);
    expect(got).toEqual(["t1", "t2"]);
  });
});

describe("polling by a strategy", () => {
  /** Ticks when it is told to. */
  const byHand = () => {
    const counts: number[] = [];
    let next = Promise.withResolvers<IteratorResult<unknown>>();
    const returned: true[] = [];
    const strategy: PollStrategy = {
      ticks: (context) => {
        const ticks: AsyncIterableIterator<unknown> = {
          next: () => {
            counts.push(context.prevCount);
            return next.promise;
          },
          return: async () => {
            returned.push(true);
            return { done: true, value: undefined };
          },
          [Symbol.asyncIterator]: () => ticks,
        };
        return ticks;
      },
    };
    const tick = (result: IteratorResult<unknown> = { done: false, value: undefined }) => {
      const { resolve } = next;
      next = Promise.withResolvers();
      resolve(result);
    };
    const fail = (error: unknown) => next.reject(error);
    return { strategy, tick, fail, counts, returned };
  };

  test("polls once a tick, without being held, and tells the strategy what came", async () => {
    const { strategy, tick, counts } = byHand();
    const { queue, clock, got } = await startFeed({ strategy, worker: { concurrency: 5 } });
    await clock.advance(60_000);
    expect(queue.polls).toHaveLength(0);
    tick();
    await clock.advance(0);
    expect(queue.held?.request).toMatchObject({ max: 5, waitMs: 0 });
    queue.held?.answer([task(1), task(2)]);
    await clock.advance(60_000);
    expect(queue.polls).toHaveLength(1);
    tick();
    await clock.advance(0);
    queue.held?.answer();
    await clock.advance(0);
    expect(got).toEqual(["t1", "t2", null]);
    expect(counts).toEqual([0, 2, 0]);
  });

  test("keeps a tick that comes while there is no room", async () => {
    const { strategy, tick, counts } = byHand();
    const { queue, clock, finish } = await startFeed({ strategy });
    tick();
    await clock.advance(0);
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    tick();
    await clock.advance(0);
    expect(queue.polls).toHaveLength(1);
    expect(counts).toHaveLength(2);
    finish(1);
    await clock.advance(0);
    expect(queue.polls).toHaveLength(2);
  });

  test("ends when the strategy ends, and gives back what waits", async () => {
    const { strategy, tick } = byHand();
    const { queue, clock, end } = await startFeed({ strategy });
    tick({ done: true, value: undefined });
    await clock.advance(0);
    expect(end).toEqual({ done: true });
    expect(queue.polls).toEqual([]);
  });

  test("throws what the strategy throws", async () => {
    const { strategy, fail } = byHand();
    const { clock, end } = await startFeed({ strategy });
    fail(new Error("no more ticks"));
    await clock.advance(0);
    expect(end.error).toEqual(new Error("no more ticks"));
  });

  test("lets the strategy go when it leaves", async () => {
    const { strategy, returned } = byHand();
    const { clock, tasks } = await startFeed({ strategy });
    void tasks.return?.();
    await clock.advance(0);
    expect(returned).toEqual([true]);
  });
});

describe("a pause", () => {
  test("breaks off the held poll, and keeps what runs", async () => {
    const { queue, clock, worker } = await startFeed({ worker: { concurrency: 2 } });
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    worker.become("paused");
    await clock.advance(0);
    expect(queue.held?.signal.aborted).toBe(true);
    await clock.advance(10_000);
    expect(queue.polls).toHaveLength(2);
    expect(queue.sent("events")).toEqual([]);
    worker.become("running");
    await clock.advance(0);
    expect(queue.polls).toHaveLength(3);
    expect(queue.held?.request.max).toBe(1);
    expect(worker.told).not.toContain("break");
  });

  test("gives back what waits for a slot", async () => {
    const { queue, clock, worker, tasks } = await unreadFeed();
    queue.held?.answer([task(1), task(2)]);
    await clock.advance(0);
    expect(await tasks.next()).toMatchObject({ value: { id: "t1" } });
    worker.become("paused");
    await clock.advance(0);
    expect(queue.sent("events")).toEqual([
      { worker: "w-1", session: "s1", events: [{ type: "release", id: "t2", lease: "l2" }] },
    ]);
  });

  test("gives back tasks that come all the same", async () => {
    const { queue, clock, worker, got } = await startFeed();
    queue.held?.answer([task(1)]);
    worker.become("paused");
    await clock.advance(0);
    expect(got).toEqual([]);
    expect(queue.sent("events")).toEqual([
      { worker: "w-1", session: "s1", events: [{ type: "release", id: "t1", lease: "l1" }] },
    ]);
  });
});
