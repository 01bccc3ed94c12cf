import { describe, expect, test, vi } from "vitest";
import { AbortError, RetryAfterError } from "../../../src/client/index.ts";
import { catchErrors, timeout } from "../../../src/worker/index.ts";
import { lastSocket, onFakeSockets } from "./fake-socket.ts";
import { answerTo, deliver, eventsOf, listOf, settle, startWorker, task, welcome } from "./worker-bench.ts";

onFakeSockets();

describe("registering", () => {
  test("says first who it is and how many tasks it takes", async () => {
    const { worker } = startWorker({ name: "mailer", concurrency: 3, token: "secret" });
    await settle();
    const socket = lastSocket();
    expect(socket.url).toBe("ws://queue.test/v1/queues/a%2Fb/socket");
    expect(socket.protocols).toEqual(["prinia.v1", "bearer.secret"]);
    socket.accept();
    expect(socket.sent()).toEqual([{ type: "register", worker: worker.id, credit: 3, held: [], autoStart: true }]);
    expect(worker.id).toMatch(/^mailer-[0-9a-z]{8}$/);
  });

  test("tells what its handler runs in", async () => {
    startWorker({ layers: [catchErrors(() => null), timeout("1m")] });
    const [frame] = (await welcome()).sent();
    expect(frame).toMatchObject({ layers: ["catchErrors", "timeout"] });
  });

  test("never has the id of another replica, unless it is given one", () => {
    expect(startWorker().worker.id).not.toBe(startWorker().worker.id);
    expect(startWorker({ id: "the one" }).worker.id).toBe("the one");
  });

  test("starts tasks by hand when it prefetches", async () => {
    startWorker({ concurrency: 2, prefetch: 5 });
    const [frame] = (await welcome()).sent();
    expect(frame).toMatchObject({ credit: 7, autoStart: false });
  });

  test.each([[0], [1.5], [10_001]])("refuses a concurrency of %d", (concurrency) => {
    expect(() => startWorker({ concurrency })).toThrow(/concurrency/);
  });
});

describe("working", () => {
  test("acks what ends together in one frame, with the credit that this frees", async () => {
    const { jobs } = startWorker({ concurrency: 3 });
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1), task(2), task(3));
    jobs[0]?.finish({ sum: 1 });
    jobs[2]?.finish();
    await settle();
    expect(socket.sent()).toEqual([
      {
        type: "events",
        ref: expect.any(String),
        events: [
          { type: "ack", id: "t1", lease: "l1", result: { ok: { sum: 1 } } },
          { type: "ack", id: "t3", lease: "l3", result: { ok: null } },
        ],
        credit: 2,
      },
    ]);
  });

  test("reports the start of a task that comes as Queued, and counts the attempt", async () => {
    const { jobs } = startWorker();
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1, { status: "Queued", attempt: 2 }));
    expect(jobs[0]?.context.attempt).toBe(3);
    jobs[0]?.finish(1);
    await settle();
    expect(socket.sent().flatMap(eventsOf)).toEqual(["start t1", "ack t1"]);
  });

  test("does not report the start of a task that was started when it was sent", async () => {
    const { jobs } = startWorker();
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1));
    await settle();
    expect(socket.sent()).toEqual([]);
    expect(jobs[0]?.context.attempt).toBe(1);
  });

  test("kills a task that nobody here can decode, and takes another one in its place", async () => {
    const { jobs, events } = startWorker();
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1, { codec: "cuneiform" }));
    expect(socket.sent()).toMatchObject([
      {
        type: "events",
        credit: 1,
        events: [{ type: "ack", id: "t1", result: { abort: true, err: expect.stringContaining("cuneiform") } }],
      },
    ]);
    expect(events).toContainEqual(expect.objectContaining({ type: "error", id: "t1" }));
    expect(jobs).toHaveLength(0);
  });

  test("runs no more at a time than it should, and the rest in order as slots get free", async () => {
    const { jobs } = startWorker({ concurrency: 1, prefetch: 2 });
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1), task(2), task(3));
    expect(jobs.map((job) => job.context.id)).toEqual(["t1"]);
    jobs[0]?.finish();
    await settle();
    expect(jobs.map((job) => job.context.id)).toEqual(["t1", "t2"]);
    expect(socket.sent()[0]).toMatchObject({ credit: 1 });
  });

  test("sends of several reports of progress in a row the last", async () => {
    const { jobs } = startWorker();
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1));
    for (const progress of [1, 2, 3]) jobs[0]?.context.progress(progress);
    jobs[0]?.context.extend(5_000);
    await settle();
    expect(socket.sent()[0]?.events).toEqual([
      { type: "progress", id: "t1", lease: "l1", progress: 3 },
      { type: "extend", id: "t1", lease: "l1", timeoutMs: 5_000 },
    ]);
  });

  test("sends the lines of a log with the end, cut as the server wants them", async () => {
    const { jobs } = startWorker();
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1));
    for (let line = 0; line < 60; line++) jobs[0]?.context.logger.info(`${line} ${"é".repeat(600)}`);
    jobs[0]?.finish();
    await settle();
    const [ack] = listOf(socket.sent()[0]);
    expect(ack?.logs).toHaveLength(50);
    expect(ack?.logs?.[0]).toMatch(/^INFO 10 é/);
    expect(Buffer.byteLength(ack?.logs?.[0] ?? "")).toBeLessThanOrEqual(1024);
  });
});

describe("the end of a task", () => {
  const endOf = async (end: (job: ReturnType<typeof startWorker>["jobs"][number] | undefined) => void) => {
    const { jobs } = startWorker();
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1));
    end(jobs[0]);
    await settle();
    return listOf(socket.sent()[0])[0];
  };
  const ack = (result: object) => ({ type: "ack", id: "t1", lease: "l1", result });

  test.each<[string, unknown, object]>([
    ["an error", new Error("boom"), { err: "boom" }],
    ["an error without a message", new TypeError(), { err: "TypeError" }],
    ["a string", "just so", { err: "just so" }],
    ["nothing at all", undefined, { err: "undefined" }],
    ["what cannot be made a string", Object.create(null), { err: expect.stringContaining("cannot be made a string") }],
    ["AbortError", new AbortError("never"), { err: "never", abort: true }],
    ["RetryAfterError", new RetryAfterError(1500.4, "later"), { err: "later", retryAfterMs: 1500 }],
    ["RetryAfterError of no time", new RetryAfterError(Number.NaN, "now"), { err: "now", retryAfterMs: 0 }],
    // The signal of a fetch that a handler gave up: an ordinary failure.
    ["the platform's own AbortError", new DOMException("gave up", "AbortError"), { err: "gave up" }],
  ])("is a failure when the handler throws %s", async (_, thrown, result) => {
    expect(await endOf((job) => job?.fail(thrown))).toEqual(ack(result));
  });

  test.each<[string, unknown, RegExp]>([
    ["is no JSON", 10n, /cannot be encoded.*BigInt/],
    ["is too large", "x".repeat(300_000), /larger than 262144 bytes/],
  ])("is for good when the result %s", async (_, value, error) => {
    expect(await endOf((job) => job?.finish(value))).toEqual(ack({ err: expect.stringMatching(error), abort: true }));
  });

  test("is a snooze though the handler catches it", async () => {
    const end = await endOf((job) => {
      expect(() => job?.context.snooze(2_000)).toThrow("snoozes");
      job?.finish("caught");
    });
    expect(end).toEqual({ type: "snooze", id: "t1", lease: "l1", delayMs: 2_000 });
  });

  test("is a failure when a handler throws at once", async () => {
    const handler = () => {
      throw new Error("at once");
    };
    startWorker({ handler });
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1));
    await settle();
    expect(socket.sent()[0]?.events).toEqual([ack({ err: "at once" })]);
  });
});

describe("refusals of reports", () => {
  test("end a task whose result is not taken, rather than leave it running", async () => {
    const { jobs, events } = startWorker();
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1));
    jobs[0]?.finish("result");
    await settle();
    const error = { code: "payload_too_large", detail: "too much" };
    socket.say({ type: "answer", ref: socket.sent()[0]?.ref, events: [{ id: "t1", error }] });
    await settle();
    const [frame] = socket.sent();
    expect(frame?.events).toEqual([
      {
        type: "ack",
        id: "t1",
        lease: "l1",
        result: { err: "The handler's result was refused: too much", abort: true },
      },
    ]);
    expect(events).toContainEqual({
      type: "refused",
      id: "t1",
      error: expect.objectContaining({ code: "payload_too_large" }),
    });
    socket.say({ type: "answer", ref: frame?.ref, events: [{ id: "t1", error }] });
    await settle();
    expect(socket.sent()).toEqual([]);
  });

  test("spoil only the report that a refused frame is refused for", async () => {
    const { jobs } = startWorker({ concurrency: 2 });
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1), task(2));
    jobs[0]?.finish(1);
    jobs[1]?.finish(2);
    await settle();
    const [frame] = socket.sent();
    expect(frame).toMatchObject({ credit: 2 });
    socket.say({ type: "error", ref: frame?.ref, code: "bad_request", detail: "nests", path: "events.1.result.ok" });
    await settle();
    const [again] = socket.sent();
    expect(again).toMatchObject({
      credit: 2,
      events: [
        { id: "t1", result: { ok: 1 } },
        { id: "t2", result: { err: "The handler's result was refused: nests", abort: true } },
      ],
    });
  });

  test("that may pass are tried again later, as they were", async () => {
    const { jobs } = startWorker();
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1));
    jobs[0]?.finish(1);
    await settle();
    const [frame] = socket.sent();
    socket.say({ type: "error", ref: frame?.ref, code: "overloaded", detail: "busy" });
    await settle(1_000);
    expect(socket.sent()).toEqual([]);
    await settle(10_000);
    expect(socket.sent()).toEqual([{ ...frame, ref: expect.any(String) }]);
  });

  test("of a lease stop its handler", async () => {
    const { jobs } = startWorker();
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1));
    jobs[0]?.context.progress(1);
    await settle();
    const error = { code: "lease_lost", detail: "gone", taskStatus: "Pending" };
    socket.say({ type: "answer", ref: socket.sent()[0]?.ref, events: [{ id: "t1", error }] });
    expect(jobs[0]?.context.signal.aborted).toBe(true);
  });
});

describe("lost leases", () => {
  test("fire the handler's signal, and are not acked", async () => {
    const { jobs, events } = startWorker({ concurrency: 2 });
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1), task(2));
    socket.say({ type: "lost", leases: [{ id: "t1", lease: "l1", reason: "cancelled" }] });
    expect(jobs[0]?.context.signal.reason).toMatchObject({
      code: "lease_lost",
      detail: "Task t1 was taken back: cancelled.",
    });
    expect(jobs[1]?.context.signal.aborted).toBe(false);
    expect(events).toContainEqual({ type: "lost", id: "t1", lease: "l1", reason: "cancelled" });
    jobs[0]?.finish("too late");
    await settle();
    expect(socket.sent()).toEqual([{ type: "credit", credit: 1 }]);
  });

  test("are not acked either when the handler had ended, and nothing was sent", async () => {
    const { jobs, events } = startWorker();
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1));
    jobs[0]?.finish();
    // Long enough for the end of the handler, too short for the timer that sends it.
    for (let tick = 0; tick < 10; tick++) await Promise.resolve();
    expect(events).toContainEqual({ type: "success", id: "t1", attempt: 1 });
    socket.say({ type: "lost", leases: [{ id: "t1", lease: "l1", reason: "timeout" }] });
    await settle();
    expect(socket.sent()).toEqual([{ type: "credit", credit: 1 }]);
  });

  test("give their slot away when the handler does not care", async () => {
    const { jobs } = startWorker();
    const socket = await welcome();
    socket.sent();
    await deliver(socket, task(1));
    socket.say({ type: "lost", leases: [{ id: "t1", lease: "l1", reason: "timeout" }] });
    await settle(4_000);
    expect(socket.sent()).toEqual([]);
    await settle(2_000);
    expect(socket.sent()).toEqual([{ type: "credit", credit: 1 }]);
    jobs[0]?.finish();
    await settle();
    expect(socket.sent()).toEqual([]);
  });

  test("are not begun when they still wait for a slot", async () => {
    const { jobs } = startWorker({ prefetch: 1 });
    const socket = await welcome();
    await deliver(socket, task(1, { status: "Queued" }), task(2, { status: "Queued" }));
    socket.say({ type: "lost", leases: [{ id: "t2", lease: "l2", reason: "cancelled" }] });
    jobs[0]?.finish();
    await settle();
    expect(jobs).toHaveLength(1);
  });
});

test("a listener that throws does not stop the worker", async () => {
  const thrown: unknown[] = [];
  vi.stubGlobal("queueMicrotask", (task: () => void) => {
    try {
      task();
    } catch (error) {
      thrown.push(error);
    }
  });
  const { jobs } = startWorker({
    onEvent: () => {
      throw new Error("listener");
    },
  });
  const socket = await welcome();
  socket.sent();
  await deliver(socket, task(1));
  jobs[0]?.finish();
  await settle();
  const [frame] = socket.sent();
  expect(eventsOf(frame)).toEqual(["ack t1"]);
  socket.say(answerTo(frame));
  expect(thrown.length).toBeGreaterThan(0);
});
