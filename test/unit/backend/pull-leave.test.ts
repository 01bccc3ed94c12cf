import { describe, expect, test } from "vitest";
import { PullFeed } from "../../../src/backend/pull.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { FakeWorker } from "../../support/fake-worker.ts";
import { ack, FakeQueue, named, refusal, startFeed, task, unreadFeed } from "./pull-bench.ts";

/** Whether a promise has settled, and how. */
function watched(promise: Promise<unknown> | undefined): { state: "pending" | "resolved" | "rejected" } {
  const watch: { state: "pending" | "resolved" | "rejected" } = { state: "pending" };
  promise?.then(
    () => {
      watch.state = "resolved";
    },
    () => {
      watch.state = "rejected";
    },
  );
  return watch;
}

describe("leaving", () => {
  test("breaks off the held poll and takes no more", async () => {
    const { queue, clock, tasks, end } = await startFeed();
    const left = watched(tasks.return?.());
    await clock.advance(0);
    expect(queue.held?.signal.aborted).toBe(true);
    expect(left.state).toBe("resolved");
    expect(end).toEqual({ done: true });
    await clock.advance(60_000);
    expect(queue.polls).toHaveLength(1);
  });

  test("gives back what waits for a slot, and resolves once that was said", async () => {
    const { queue, clock, tasks } = await unreadFeed();
    queue.held?.answer([task(1), task(2)]);
    await clock.advance(0);
    const { promise, resolve } = Promise.withResolvers<void>();
    const events = queue.events.bind(queue);
    queue.events = async (input) => {
      const answers = await events(input);
      await promise;
      return answers;
    };
    const left = watched(tasks.return?.());
    await clock.advance(1_000);
    expect(queue.sent("events")).toEqual([
      {
        ...{ worker: "w-1", session: "s1" },
        events: [
          { type: "release", id: "t1", lease: "l1" },
          { type: "release", id: "t2", lease: "l2" },
        ],
      },
    ]);
    expect(left.state).toBe("pending");
    resolve();
    await clock.advance(0);
    expect(left.state).toBe("resolved");
  });

  test("gives back what comes too late", async () => {
    const { queue, clock, tasks } = await unreadFeed();
    const poll = queue.held;
    queue.poll = () => Promise.reject(new Error("not again"));
    poll?.answer([task(1)]);
    const left = watched(tasks.return?.());
    await clock.advance(0);
    expect(queue.sent("events")).toMatchObject([{ events: [{ type: "release", id: "t1" }] }]);
    expect(left.state).toBe("resolved");
  });

  test("is bounded, whatever the queue does", async () => {
    const { queue, clock, tasks } = await unreadFeed();
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    queue.events = () => new Promise(() => undefined);
    const left = watched(tasks.return?.());
    await clock.advance(4_999);
    expect(left.state).toBe("pending");
    await clock.advance(1);
    expect(left.state).toBe("resolved");
  });

  test("does not wait for a pause to end", async () => {
    const { queue, clock, tasks } = await unreadFeed();
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    queue.held?.fail(refusal("unreachable", { retryAfterMs: 4_000 }));
    await clock.advance(0);
    const left = watched(tasks.return?.());
    await clock.advance(0);
    expect(left.state).toBe("resolved");
    expect(queue.sent("events")).toHaveLength(1);
  });

  test("goes on reporting what runs", async () => {
    const { queue, clock, tasks, finish } = await startFeed({ worker: { concurrency: 2 } });
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    void tasks.return?.();
    await clock.advance(20_000);
    expect(queue.sent("heartbeat")).toHaveLength(1);
    finish(1);
    await clock.advance(0);
    expect(queue.sent("events")).toEqual([{ worker: "w-1", session: "s1", events: [ack(1)] }]);
  });
});

describe("the end", () => {
  test("comes after every report was answered, with goodbye", async () => {
    const { queue, clock, tasks, beats, finish } = await startFeed({ worker: { concurrency: 2 } });
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    void tasks.return?.();
    finish(1);
    const closed = watched(beats.return?.());
    expect(queue.sent("goodbye")).toEqual([]);
    await clock.advance(0);
    expect(queue.requests.map(({ verb }) => verb)).toEqual(["register", "events", "goodbye"]);
    expect(queue.sent("goodbye")).toEqual([{ worker: "w-1", session: "s1" }]);
    expect(closed.state).toBe("resolved");
  });

  test("sends again what breaks, within its time", async () => {
    const { queue, clock, tasks, beats, finish } = await startFeed({ worker: { concurrency: 2 } });
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    queue.failNext("events", refusal("unreachable"), refusal("unreachable"));
    void tasks.return?.();
    finish(1);
    const closed = watched(beats.return?.());
    await clock.advance(1_000);
    expect(queue.sent("events").map((one) => named((one as never as { events: never }).events))).toEqual([
      ["ack t1"],
      ["ack t1"],
      ["ack t1"],
    ]);
    expect(closed.state).toBe("resolved");
  });

  test("is bounded, whatever the queue does, and throws nothing", async () => {
    const { queue, clock, beats, finish } = await startFeed({ worker: { concurrency: 2 } });
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    queue.events = () => new Promise(() => undefined);
    queue.goodbye = () => new Promise(() => undefined);
    finish(1);
    const closed = watched(beats.return?.());
    await clock.advance(6_999);
    expect(closed.state).toBe("pending");
    await clock.advance(1);
    expect(closed.state).toBe("resolved");
  });

  test("throws nothing when goodbye is refused", async () => {
    const { queue, clock, beats } = await startFeed();
    queue.failNext("goodbye", refusal("worker_not_found"));
    const closed = watched(beats.return?.());
    await clock.advance(0);
    expect(closed.state).toBe("resolved");
  });

  test("leaves no timer and no listener behind", async () => {
    const { queue, clock, worker, tasks, beats } = await startFeed({ queue: { tells: true } });
    void tasks.return?.();
    void beats.return?.();
    await clock.advance(0);
    expect(clock.timers).toBe(0);
    expect(worker.isListenedTo).toBe(false);
    expect(queue.watchers.size).toBe(0);
  });

  test("needs no goodbye when the queue was never reached", async () => {
    const { queue, clock, tasks, beats } = await startFeed({}, (queue) =>
      queue.failNext("register", ...Array.from({ length: 20 }, () => refusal("unreachable"))),
    );
    void tasks.return?.();
    const closed = watched(beats.return?.());
    await clock.advance(0);
    expect(closed.state).toBe("resolved");
    expect(queue.sent("goodbye")).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  test("comes by itself where nobody watches the beats, once the last task was reported", async () => {
    const clock = new VirtualClock();
    const queue = new FakeQueue();
    const worker = new FakeWorker();
    const feed = new PullFeed(queue, worker, { clock });
    const tasks = feed.tasks();
    const first = tasks.next();
    await clock.advance(0);
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    expect(await first).toMatchObject({ value: { id: "t1" } });
    void tasks.return?.();
    await clock.advance(0);
    expect(queue.sent("goodbye")).toEqual([]);
    feed.report(ack(1));
    worker.freed("l1");
    await clock.advance(0);
    expect(queue.sent("goodbye")).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });
});
