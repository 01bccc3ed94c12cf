import { describe, expect, test } from "vitest";
import type { HolderEvent } from "../../../src/task/task.ts";
import { ack, type Bench, named, progress, refusal, start, startFeed, task } from "./pull-bench.ts";

/** A feed whose worker has two of three slots taken while a poll is held. */
async function busy(options: Parameters<typeof startFeed>[0] = {}): Promise<Bench> {
  const bench = await startFeed({ worker: { concurrency: 3 }, ...options });
  bench.queue.held?.answer([task(1), task(2)]);
  await bench.clock.advance(0);
  return bench;
}

const eventsOf = (request: unknown): string[] => named((request as { events: HolderEvent[] }).events);

describe("reports", () => {
  test("go along with the poll that the freed slot brings", async () => {
    const { queue, clock, finish } = await startFeed();
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    finish(1, ack(1, { sum: 3 }));
    await clock.advance(0);
    expect(queue.sent("events")).toEqual([]);
    expect(queue.held?.request).toMatchObject({ waitMs: 25_000, events: [ack(1, { sum: 3 })] });
  });

  test("of several tasks that end together go together", async () => {
    const { queue, clock, finish } = await startFeed({ worker: { concurrency: 2 } });
    queue.held?.answer([task(1), task(2)]);
    await clock.advance(0);
    finish(1);
    finish(2);
    await clock.advance(0);
    expect(queue.held?.request).toMatchObject({ max: 2, events: [ack(1), ack(2)] });
  });

  test("go on their own while a poll is held", async () => {
    const { queue, clock, finish } = await busy();
    finish(1);
    finish(2);
    await clock.advance(0);
    expect(queue.sent("events")).toEqual([{ worker: "w-1", session: "s1", events: [ack(1), ack(2)] }]);
    expect(queue.held?.request.events).toEqual([]);
  });

  test("go on their own while there is no room", async () => {
    const { queue, clock, feed } = await startFeed();
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    feed.report(progress(1, "half"));
    await clock.advance(0);
    expect(queue.sent("events").map(eventsOf)).toEqual([["progress t1"]]);
  });

  test("go on their own while a strategy does not poll", async () => {
    const once = {
      async *ticks() {
        yield;
        await new Promise(() => undefined);
      },
    };
    const { queue, clock, finish } = await startFeed({ strategy: once });
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    finish(1);
    await clock.advance(0);
    expect(queue.sent("events").map(eventsOf)).toEqual([["ack t1"]]);
  });

  test("of a start make the poll that carries them a prompt one, and what follows waits for its answer", async () => {
    const { queue, clock, feed, finish } = await startFeed({ worker: { concurrency: 2, prefetch: 1 } });
    queue.held?.answer([task(1, { status: "Queued", attempt: 0 })]);
    feed.report(start(1));
    await clock.advance(0);
    const [, prompt] = queue.polls;
    expect(prompt?.request).toMatchObject({ waitMs: 0, events: [start(1)] });
    finish(1);
    await clock.advance(0);
    expect(queue.sent("events")).toEqual([]);
    prompt?.answer();
    await clock.advance(0);
    expect(queue.polls).toHaveLength(3);
    expect(queue.held?.request).toMatchObject({ waitMs: 25_000, events: [ack(1)] });
  });

  test("of progress that was not sent yet keep only the latest, in its place", async () => {
    const { queue, clock, feed } = await busy();
    for (const value of [1, 2, 3]) feed.report(progress(1, value));
    feed.report(progress(2, "other"));
    feed.report(progress(1, 4));
    await clock.advance(0);
    expect(queue.sent("events")).toEqual([
      { worker: "w-1", session: "s1", events: [progress(1, 4), progress(2, "other")] },
    ]);
  });

  test("are sent in order: the next request waits for the answer to the one before", async () => {
    const { queue, clock, feed, finish } = await busy();
    const { promise, resolve } = Promise.withResolvers<void>();
    const events = queue.events.bind(queue);
    queue.events = async (input) => {
      const answers = await events(input);
      await promise;
      return answers;
    };
    feed.report(progress(1, 1));
    await clock.advance(0);
    finish(1);
    await clock.advance(0);
    expect(queue.sent("events").map(eventsOf)).toEqual([["progress t1"]]);
    resolve();
    await clock.advance(0);
    expect(queue.sent("events").map(eventsOf)).toEqual([["progress t1"], ["ack t1"]]);
  });

  test("of more than a batch go in several requests, in order", async () => {
    const { queue, clock, finish } = await startFeed({ worker: { concurrency: 1_500 } });
    const tasks = Array.from({ length: 1_000 }, (_, n) => task(n));
    queue.held?.answer(tasks);
    await clock.advance(0);
    queue.held?.answer(Array.from({ length: 500 }, (_, n) => task(1_000 + n)));
    await clock.advance(0);
    for (let n = 0; n < 1_500; n++) finish(n);
    await clock.advance(0);
    const polled = queue.held?.request;
    expect(polled?.events).toHaveLength(1_000);
    expect(polled?.waitMs).toBe(0);
    expect(eventsOf(queue.sent("events")[0])).toHaveLength(500);
    expect(eventsOf(queue.sent("events")[0])[0]).toBe("ack t1000");
  });
});

describe("a refused report", () => {
  test.each(["lease_lost", "task_not_found"] as const)("of the code %s means that the lease is gone", async (code) => {
    const { queue, clock, worker, feed } = await busy();
    queue.eventErrors.set("l1", { code, detail: "gone" });
    feed.report(progress(1, 1));
    await clock.advance(0);
    expect(worker.losses).toEqual([{ id: "t1", lease: "l1", reason: "orphaned" }]);
    expect(worker.events.at(-1)).toMatchObject({ type: "refused", id: "t1", error: { code } });
    // The other one is untouched.
    feed.report(progress(2, 1));
    await clock.advance(0);
    expect(worker.losses).toHaveLength(1);
  });

  test("of an ack is replaced by an abort, which is not replaced again", async () => {
    const { queue, clock, worker, finish } = await busy();
    queue.eventErrors.set("l1", { code: "payload_too_large", detail: "too large" });
    finish(1);
    finish(2);
    await clock.advance(0);
    const abort = {
      ...{ type: "ack", id: "t1", lease: "l1" },
      result: { err: "The handler's result was refused: too large", abort: true },
    };
    expect(queue.sent("events")).toEqual([
      { worker: "w-1", session: "s1", events: [ack(1), ack(2)] },
      { worker: "w-1", session: "s1", events: [abort] },
    ]);
    expect(worker.told.filter((type) => type === "refused")).toHaveLength(2);
  });

  test("that made the whole request be refused is taken out, and the others are sent again", async () => {
    const { queue, clock, worker, finish } = await busy();
    queue.failNext("events", refusal("bad_request", { path: "events.0.result.ok" }));
    finish(1);
    finish(2);
    await clock.advance(0);
    const [, second] = queue.sent("events");
    expect(eventsOf(second)).toEqual(["ack t2", "ack t1"]);
    expect(worker.told).not.toContain("break");
  });

  test("that made a poll be refused does not end the stream", async () => {
    const { queue, clock, finish, end } = await startFeed();
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    finish(1);
    await clock.advance(0);
    queue.held?.fail(refusal("bad_request", { path: "events.0.result" }));
    await clock.advance(0);
    expect(queue.held?.request.events).toMatchObject([{ id: "t1", result: { abort: true } }]);
    expect(end).toEqual({});
  });
});

describe("reports over a break", () => {
  test("are kept and sent again, in order, before what came meanwhile", async () => {
    const { queue, clock, worker, finish, feed } = await busy();
    queue.failNext("events", refusal("unreachable"));
    feed.report(progress(1, 1));
    finish(2);
    await clock.advance(0);
    expect(worker.events.at(-1)).toEqual({ type: "break", reason: "unreachable: it is unreachable", retryMs: 50 });
    finish(1);
    await clock.advance(49);
    expect(queue.sent("events")).toHaveLength(1);
    await clock.advance(1);
    expect(eventsOf(queue.sent("events")[1])).toEqual(["progress t1", "ack t2", "ack t1"]);
  });

  test("leave out how a task came to its end: had the end arrived, it would be refused", async () => {
    const { queue, clock, finish, feed } = await busy();
    queue.failNext("events", refusal("unreachable"));
    feed.report(progress(1, 1));
    feed.report(progress(2, 1));
    finish(1);
    await clock.advance(50);
    expect(queue.sent("events").map(eventsOf)).toEqual([
      ["progress t1", "progress t2", "ack t1"],
      ["progress t2", "ack t1"],
    ]);
  });

  test("that a broken poll carried go with the next", async () => {
    const { queue, clock, finish } = await startFeed({ queue: { isLocal: true } });
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    finish(1);
    await clock.advance(0);
    queue.held?.fail(refusal("overloaded", { status: 503 }));
    await clock.advance(50);
    expect(queue.polls).toHaveLength(3);
    expect(queue.held?.request.events).toEqual([ack(1)]);
  });

  test("that a held poll carried when it was broken off go on their own", async () => {
    const { queue, clock, finish, worker } = await startFeed();
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    finish(1);
    await clock.advance(0);
    worker.become("paused");
    await clock.advance(0);
    expect(queue.sent("events").map(eventsOf)).toEqual([["ack t1"]]);
  });

  test("speak by their leases alone once the queue has forgotten the session", async () => {
    const { queue, clock, finish } = await busy();
    queue.failNext("events", refusal("worker_not_found"));
    finish(1);
    await clock.advance(0);
    expect(queue.sent("events").at(-1)).toEqual({ events: [ack(1)] });
  });

  test("wait for a new token when the old one is refused, and the stream throws", async () => {
    const { queue, clock, finish, end, worker } = await busy();
    queue.failNext("events", refusal("unauthorized", { status: 401 }));
    finish(1);
    await clock.advance(50);
    expect(queue.sent("events").map(eventsOf)).toEqual([["ack t1"], ["ack t1"]]);
    expect(end.error).toMatchObject({ code: "unauthorized" });
    expect(worker.told).not.toContain("break");
  });
});
