import { describe, expect, test } from "vitest";
import type { Status } from "../../../src/task/status.ts";
import { progress, refusal, startFeed, task, unreadFeed } from "./pull-bench.ts";

const THIRD = 20_000;

describe("signs of life", () => {
  test("are sent when nothing else was for a third of the deadline", async () => {
    const { queue, clock } = await startFeed();
    queue.held?.answer([task(1)]);
    await clock.advance(THIRD - 1);
    expect(queue.sent("heartbeat")).toEqual([]);
    await clock.advance(1);
    expect(queue.sent("heartbeat")).toEqual([{ worker: "w-1", session: "s1" }]);
    await clock.advance(2 * THIRD);
    expect(queue.sent("heartbeat")).toHaveLength(3);
  });

  test("are not needed while a poll is held", async () => {
    const { queue, clock } = await startFeed();
    await clock.advance(24_000);
    expect(queue.sent("heartbeat")).toEqual([]);
  });

  test("are not needed while reports go", async () => {
    const { queue, clock, feed } = await startFeed();
    queue.held?.answer([task(1)]);
    for (let n = 0; n < 12; n++) {
      await clock.advance(5_000);
      feed.report(progress(1, n));
    }
    await clock.advance(0);
    expect(queue.sent("events")).toHaveLength(12);
    expect(queue.sent("heartbeat")).toEqual([]);
  });

  test("go on while the worker is paused", async () => {
    const { queue, clock, worker } = await startFeed();
    worker.become("paused");
    await clock.advance(THIRD);
    expect(queue.sent("heartbeat")).toHaveLength(1);
  });

  test("follow the deadline that the queue states", async () => {
    const { queue, clock } = await startFeed({}, (queue) => {
      queue.orphanAfterMs = 3_000;
    });
    queue.held?.answer([task(1)]);
    await clock.advance(1_000);
    expect(queue.sent("heartbeat")).toHaveLength(1);
    queue.orphanAfterMs = 30_000;
    await clock.advance(1_000);
    expect(queue.sent("heartbeat")).toHaveLength(2);
    await clock.advance(9_999);
    expect(queue.sent("heartbeat")).toHaveLength(2);
    await clock.advance(1);
    expect(queue.sent("heartbeat")).toHaveLength(3);
  });

  test("that break are tried again soon, and tell it", async () => {
    const { queue, clock, worker } = await startFeed();
    queue.held?.answer([task(1)]);
    await clock.advance(THIRD - 1);
    queue.failNext("heartbeat", refusal("unreachable"));
    await clock.advance(1);
    expect(worker.told.at(-1)).toBe("break");
    await clock.advance(50);
    expect(queue.sent("heartbeat")).toHaveLength(2);
    expect(worker.events.at(-1)).toEqual({ type: "start", worker: "w-1", resumed: true });
  });

  test("that are refused end the stream, and the beats of a worker that asks for nothing", async () => {
    const { queue, clock, end, beats } = await startFeed();
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    await beats.next();
    const beat = expect(beats.next()).rejects.toMatchObject({ code: "forbidden" });
    queue.failNext("heartbeat", refusal("forbidden"));
    await clock.advance(THIRD);
    expect(end.error).toMatchObject({ code: "forbidden" });
    await beat;
    void beats.return?.();
    await clock.advance(0);
    expect(queue.sent("goodbye")).toHaveLength(1);
  });

  test("of a session that the queue has forgotten open a new one, without room too", async () => {
    const { queue, clock, worker } = await startFeed();
    queue.held?.answer([task(1)]);
    queue.failNext("heartbeat", refusal("worker_not_found"));
    await clock.advance(THIRD);
    expect(queue.sent("register")).toHaveLength(2);
    expect(worker.events.at(-1)).toEqual({ type: "start", worker: "w-1", resumed: false });
  });

  test("show as beats, as answered polls do", async () => {
    const { queue, clock, beats } = await startFeed();
    let count = 0;
    const read = async () => {
      for (let next = await beats.next(); !next.done; next = await beats.next()) count++;
      count = -1;
    };
    void read();
    await clock.advance(10);
    expect(count).toBe(0);
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    expect(count).toBe(1);
    await clock.advance(THIRD);
    expect(count).toBe(2);
    void beats.return?.();
    await clock.advance(0);
    expect(count).toBe(-1);
  });
});

describe("a look after what is held", () => {
  test("asks for the status of all tasks in hand, now and then", async () => {
    const { queue, clock } = await startFeed({ worker: { concurrency: 3 } });
    queue.held?.answer([task(1), task(2)]);
    queue.statuses.set("t1", { status: "Running", attempt: 1 }).set("t2", { status: "Running", attempt: 1 });
    await clock.advance(THIRD);
    expect(queue.sent("status")).toEqual([["t1", "t2"]]);
    await clock.advance(THIRD);
    expect(queue.sent("status")).toHaveLength(2);
  });

  test("does not ask when nothing is in hand", async () => {
    const { queue, clock } = await startFeed();
    await clock.advance(60_000);
    expect(queue.sent("status")).toEqual([]);
  });

  test.each<[Status, number, string | undefined, string]>([
    ["Killed", 1, "cancelled", "cancelled"],
    ["Killed", 1, "timed out after 5 ms", "timeout"],
    ["Failed", 1, "timed out after 5 ms", "timeout"],
    ["Failed", 1, "abandoned: worker w-1 was silent for 60000 ms", "orphaned"],
    ["Pending", 0, undefined, "rescheduled"],
    ["Running", 2, undefined, "orphaned"],
    ["Queued", 1, undefined, "orphaned"],
    ["Done", 1, undefined, "orphaned"],
  ])("finds a running task lost that is %s in attempt %d (%s): %s", async (status, attempt, err, reason) => {
    const { queue, clock, worker } = await startFeed({ worker: { concurrency: 2 } });
    queue.held?.answer([task(1), task(2)]);
    queue.statuses.set("t1", { status, attempt, ...(err === undefined ? {} : { result: { err } }) });
    queue.statuses.set("t2", { status: "Running", attempt: 1, result: { err: "of the attempt before" } });
    await clock.advance(THIRD);
    expect(worker.losses).toEqual([{ id: "t1", lease: "l1", reason }]);
  });

  test.each<[Status, number, boolean]>([
    ["Queued", 0, false],
    ["Running", 1, false],
    ["Running", 2, true],
    ["Queued", 1, true],
    ["Pending", 0, true],
  ])("of a task that was not started yet: %s in attempt %d is lost: %s", async (status, attempt, isLost) => {
    const { queue, clock, worker } = await startFeed({ worker: { prefetch: 1 } });
    queue.held?.answer([task(1, { status: "Queued", attempt: 0 })]);
    queue.statuses.set("t1", { status, attempt });
    await clock.advance(THIRD);
    expect(worker.losses).toEqual(isLost ? [{ id: "t1", lease: "l1", reason: "orphaned" }] : []);
  });

  test("finds a task lost that was deleted", async () => {
    const { queue, clock, worker } = await startFeed();
    queue.held?.answer([task(1)]);
    await clock.advance(THIRD);
    expect(worker.losses).toEqual([{ id: "t1", lease: "l1", reason: "cancelled" }]);
    await clock.advance(THIRD);
    expect(worker.losses).toHaveLength(1);
    expect(queue.sent("status")).toHaveLength(1);
  });

  test("leaves alone a task that ended while the answer was on its way", async () => {
    const { queue, clock, worker, finish } = await startFeed();
    queue.held?.answer([task(1)]);
    const status = queue.status.bind(queue);
    queue.status = async (ids) => {
      const answer = await status(ids);
      finish(1);
      return answer;
    };
    queue.statuses.set("t1", { status: "Done", attempt: 1 });
    await clock.advance(THIRD);
    expect(queue.sent("status")).toHaveLength(1);
    expect(worker.losses).toEqual([]);
  });

  test("is given up by a worker that may not look", async () => {
    const { queue, clock, end } = await startFeed();
    queue.held?.answer([task(1)]);
    queue.failNext("status", refusal("forbidden", { status: 403 }));
    await clock.advance(3 * THIRD);
    expect(queue.sent("status")).toHaveLength(1);
    expect(end).toEqual({});
  });

  test("is not needed where the queue tells", async () => {
    const { queue, clock, worker } = await startFeed({ queue: { tells: true }, worker: { concurrency: 2 } });
    queue.held?.answer([task(1), task(2)]);
    await clock.advance(THIRD);
    expect(queue.sent("status")).toEqual([]);
    queue.watchers.get("s1")?.([{ id: "t2", lease: "l2", reason: "cancelled" }]);
    expect(worker.losses).toEqual([{ id: "t2", lease: "l2", reason: "cancelled" }]);
  });
});

describe("a lost lease", () => {
  test("of a task that waits for a slot takes it out, and makes room", async () => {
    const { queue, clock, worker, tasks } = await unreadFeed({ tells: true });
    queue.held?.answer([task(1), task(2)]);
    await clock.advance(0);
    expect(queue.held?.request.max).toBe(1);
    queue.held?.answer([task(3)]);
    await clock.advance(0);
    queue.watchers.get("s1")?.([{ id: "t1", lease: "l1", reason: "cancelled" }]);
    await clock.advance(0);
    expect(await tasks.next()).toMatchObject({ value: { id: "t2" } });
    expect(worker.losses).toEqual([]);
    expect(queue.held?.request.max).toBe(1);
  });

  test("silences what was to be said of it", async () => {
    const { queue, clock, worker, feed } = await startFeed({ queue: { tells: true }, worker: { concurrency: 2 } });
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    feed.report(progress(1, 1));
    queue.watchers.get("s1")?.([{ id: "t1", lease: "l1", reason: "timeout" }]);
    await clock.advance(0);
    expect(queue.sent("events")).toEqual([]);
    expect(worker.losses).toHaveLength(1);
  });
});
