import { describe, expect, test } from "vitest";
import { ack, refusal, startFeed, task, unreadFeed } from "./pull-bench.ts";

describe("a passing error", () => {
  test.each([
    ["unreachable", refusal("unreachable")],
    ["overloaded", refusal("overloaded", { status: 503 })],
    ["internal", refusal("internal", { status: 500 })],
    ["too_many_requests", refusal("too_many_requests", { status: 429 })],
    ["of a proxy", refusal("not_found", { status: 502 })],
    ["that is no refusal at all", new TypeError("fetch failed")],
  ])("(%s) of a poll is told, waited out, and never thrown", async (_, error) => {
    const { queue, clock, worker, end, got } = await startFeed({ queue: { isLocal: true } });
    queue.held?.fail(error);
    await clock.advance(49);
    expect(worker.events.slice(1)).toEqual([{ type: "break", reason: error.message, retryMs: 50 }]);
    expect(queue.polls).toHaveLength(1);
    await clock.advance(1);
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    expect(got.at(-1)).toBe("t1");
    expect(worker.events.at(-1)).toEqual({ type: "start", worker: "w-1", resumed: true });
    expect(end).toEqual({});
  });

  test("is waited out for longer each time, up to five seconds, and for the shortest time again after an answer", async () => {
    const { queue, clock, worker } = await startFeed({ queue: { isLocal: true } }, (queue) => {
      queue.orphanAfterMs = 1_000_000;
    });
    const pauses = () => worker.events.flatMap((event) => (event.type === "break" ? [event.retryMs] : []));
    for (let failure = 0; failure < 9; failure++) {
      queue.held?.fail(refusal("unreachable"));
      await clock.advance(5_000);
    }
    expect(pauses()).toEqual([50, 100, 200, 400, 800, 1_600, 2_500, 2_500, 2_500]);
    queue.held?.answer([]);
    await clock.advance(1_000);
    queue.held?.fail(refusal("unreachable"));
    await clock.advance(0);
    expect(pauses().at(-1)).toBe(50);
  });

  test("is waited out at least as long as the queue asks", async () => {
    const { queue, clock, worker } = await startFeed();
    queue.held?.fail(refusal("overloaded", { retryAfterMs: 3_000 }));
    await clock.advance(0);
    expect(worker.events.at(-1)).toMatchObject({ type: "break", retryMs: 3_050 });
  });

  test("varies its pause by chance", async () => {
    const { queue, clock, worker } = await startFeed({ random: () => 1 });
    queue.held?.fail(refusal("unreachable"));
    await clock.advance(0);
    expect(worker.events.at(-1)).toMatchObject({ retryMs: 100 });
  });

  test("of the registration is tried again", async () => {
    const { queue, clock, worker } = await startFeed({}, (queue) => queue.failNext("register", refusal("unreachable")));
    expect(worker.told).toEqual(["break"]);
    await clock.advance(50);
    expect(worker.events.slice(1)).toEqual([{ type: "start", worker: "w-1", resumed: false }]);
    expect(queue.polls).toHaveLength(1);
  });

  test("of several requests at once is told once", async () => {
    const { queue, clock, worker, finish } = await startFeed({ worker: { concurrency: 2 } });
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    const { promise, reject } = Promise.withResolvers<never>();
    queue.events = () => promise;
    finish(1);
    await clock.advance(0);
    reject(refusal("unreachable"));
    queue.held?.fail(refusal("unreachable"));
    await clock.advance(0);
    expect(worker.events.filter(({ type }) => type === "break")).toMatchObject([{ retryMs: 50 }]);
  });
});

describe("a refusal", () => {
  test.each(["unauthorized", "forbidden", "bad_request", "queue_not_found"] as const)(
    "(%s) of a poll is thrown, and nothing is sent any more",
    async (code) => {
      const { queue, clock, worker, end } = await startFeed();
      queue.held?.fail(refusal(code, { status: 400 }));
      await clock.advance(10_000);
      expect(end.error).toMatchObject({ code });
      expect(queue.polls).toHaveLength(1);
      expect(worker.told).toEqual(["start"]);
    },
  );

  test("of the registration is thrown", async () => {
    const { end, queue } = await startFeed({}, (queue) => queue.failNext("register", refusal("forbidden")));
    expect(end.error).toMatchObject({ code: "forbidden" });
    expect(queue.polls).toEqual([]);
  });

  test("gives back what waits for a slot", async () => {
    const { queue, clock, tasks } = await unreadFeed();
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    queue.held?.fail(refusal("queue_not_found"));
    await clock.advance(0);
    await expect(tasks.next()).rejects.toMatchObject({ code: "queue_not_found" });
    expect(queue.sent("events")).toMatchObject([{ events: [{ type: "release", id: "t1" }] }]);
  });
});

describe("a session that the queue does not let poll", () => {
  test("was superseded if the queue knows it: the stream throws, and the name is never taken back", async () => {
    const { queue, clock, end } = await startFeed();
    queue.held?.fail(refusal("worker_not_found", { status: 404 }));
    await clock.advance(60_000);
    expect(end.error).toMatchObject({ code: "superseded", detail: expect.stringContaining('"w-1"') });
    expect(queue.sent("register")).toHaveLength(1);
  });

  test("is opened anew if the queue has forgotten it", async () => {
    const { queue, clock, worker, end } = await startFeed();
    queue.failNext("heartbeat", refusal("worker_not_found"));
    queue.held?.fail(refusal("worker_not_found"));
    await clock.advance(0);
    expect(queue.sent("register").at(-1)).toEqual({ worker: "w-1", layers: ["timeout"] });
    expect(worker.events.at(-1)).toEqual({ type: "start", worker: "w-1", resumed: false });
    expect(queue.held?.request.session).toBe("s2");
    expect(end).toEqual({});
  });

  test("ends the stream where the registration says that another has the name", async () => {
    const { queue, clock, end } = await startFeed();
    queue.failNext("heartbeat", refusal("worker_not_found"));
    queue.failNext("register", refusal("superseded"));
    queue.held?.fail(refusal("worker_not_found"));
    await clock.advance(60_000);
    expect(end.error).toMatchObject({ code: "superseded" });
    expect(queue.sent("register")).toHaveLength(2);
  });

  test("keeps what it runs, and reports it", async () => {
    const { queue, clock, finish, end } = await startFeed({ worker: { concurrency: 2 } });
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    queue.held?.fail(refusal("worker_not_found"));
    await clock.advance(0);
    expect(end.error).toMatchObject({ code: "superseded" });
    finish(1);
    await clock.advance(0);
    expect(queue.sent("events")).toEqual([{ worker: "w-1", session: "s1", events: [ack(1)] }]);
  });
});

describe("a poll whose answer may have got lost, with tasks that count as started", () => {
  test("has its session replaced once it is known to be ours still, so that goodbye can be said to them", async () => {
    const { queue, clock, worker } = await startFeed();
    queue.held?.fail(refusal("unreachable"));
    await clock.advance(50);
    expect(queue.held?.request).toMatchObject({ session: "s1", waitMs: 0 });
    expect(queue.sent("register")).toHaveLength(1);
    queue.held?.answer();
    await clock.advance(0);
    expect(queue.sent("register").at(-1)).toEqual({ worker: "w-1", layers: ["timeout"] });
    expect(queue.sent("goodbye")).toEqual([{ worker: "w-1", session: "s1" }]);
    expect(queue.held?.request).toMatchObject({ session: "s2", waitMs: 25_000 });
    expect(worker.told.filter((type) => type === "start")).toHaveLength(2);
  });

  test("keeps its session alive until what it holds has ended", async () => {
    const { queue, clock, finish } = await startFeed({ worker: { concurrency: 2 } });
    queue.statuses.set("t1", { status: "Running", attempt: 1 });
    queue.held?.answer([task(1)]);
    await clock.advance(0);
    queue.held?.fail(refusal("unreachable"));
    await clock.advance(50);
    queue.held?.answer();
    await clock.advance(20_000);
    expect(queue.held?.request.session).toBe("s2");
    expect(queue.sent("goodbye")).toEqual([]);
    expect(queue.sent("heartbeat")).toEqual([{ worker: "w-1", session: "s1" }]);
    finish(1);
    await clock.advance(0);
    expect(queue.sent("events")).toEqual([{ worker: "w-1", session: "s1", events: [ack(1)] }]);
    expect(queue.sent("goodbye")).toEqual([{ worker: "w-1", session: "s1" }]);
  });

  test("does not take the name back from another worker that came meanwhile", async () => {
    const { queue, clock, end } = await startFeed();
    queue.held?.fail(refusal("unreachable"));
    await clock.advance(50);
    queue.held?.fail(refusal("worker_not_found"));
    await clock.advance(0);
    expect(end.error).toMatchObject({ code: "superseded" });
    expect(queue.sent("register")).toHaveLength(1);
  });

  test("keeps its session where tasks are started by hand: those go back by themselves", async () => {
    const { queue, clock } = await startFeed({ worker: { concurrency: 1, prefetch: 1 } });
    queue.held?.fail(refusal("unreachable"));
    await clock.advance(50);
    queue.held?.answer();
    await clock.advance(1_000);
    expect(queue.sent("register")).toHaveLength(1);
  });

  test("keeps its session where the queue is in this process", async () => {
    const { queue, clock } = await startFeed({ queue: { isLocal: true } });
    queue.held?.fail(refusal("unreachable"));
    await clock.advance(50);
    queue.held?.answer();
    await clock.advance(1_000);
    expect(queue.sent("register")).toHaveLength(1);
  });
});
