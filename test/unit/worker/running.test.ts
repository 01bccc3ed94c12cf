import { describe, expect, test } from "vitest";
import { AbortError, type Handler, RetryAfterError, type TaskContext } from "../../../src/worker/index.ts";
import { type BenchOptions, bench, task } from "./bench.ts";

describe("taking tasks", () => {
  test("runs no more at a time than it should, and asks for the next only when a slot is free", async () => {
    const { worker, backend, jobs, settle } = bench({ concurrency: 2 });
    backend.give(task(1), task(2), task(3));
    await settle();
    expect(jobs.map(({ context }) => context.id)).toEqual(["t1", "t2"]);
    expect(backend.tasks.asked).toBe(2);
    expect(worker.taskCount).toBe(2);
    jobs[1]?.finish();
    await settle();
    expect(jobs.map(({ context }) => context.id)).toEqual(["t1", "t2", "t3"]);
    expect(backend.freed).toEqual(["l2"]);
  });

  test("asks for one at a time", async () => {
    const { backend, jobs, settle } = bench({ concurrency: 10 });
    for (let n = 0; n < 10; n++) {
      backend.give(task(n));
      await settle();
      jobs[n]?.finish();
      await settle();
    }
    expect(jobs).toHaveLength(10);
    expect(backend.tasks.mostAsking).toBe(1);
  });

  test("hands out each task exactly once: 10,000 at 100 a time", async () => {
    const seen = new Map<string, number>();
    let running = 0;
    let most = 0;
    const handler: Handler<unknown, unknown> = async (_, { id }) => {
      most = Math.max(most, ++running);
      seen.set(id, (seen.get(id) ?? 0) + 1);
      for (let turns = seen.size % 4; turns > 0; turns--) await null;
      running--;
      if (seen.size % 10 === 0) throw new Error("every tenth");
      return id;
    };
    const { backend, worker, events, settle } = bench({ concurrency: 100, handler });
    backend.give(...Array.from({ length: 10_000 }, (_, n) => task(n)));
    while (backend.reports.length < 10_000) await settle();
    await settle();
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(100);
    expect(seen.size).toBe(10_000);
    expect(new Set(seen.values())).toEqual(new Set([1]));
    expect(new Set(backend.reports.map(({ lease }) => lease)).size).toBe(10_000);
    expect(backend.reports).toHaveLength(10_000);
    expect(new Set(backend.freed).size).toBe(10_000);
    expect(backend.freed).toHaveLength(10_000);
    const failed = backend.reports.filter((report) => report.type === "ack" && "err" in report.result);
    expect(events.filter(({ type }) => type === "error")).toHaveLength(failed.length);
    expect(events.filter(({ type }) => type === "success")).toHaveLength(10_000 - failed.length);
    expect(worker.taskCount).toBe(0);
  });

  test("says that it starts a task that comes as Queued, and counts the attempt", async () => {
    const { backend, jobs, settle } = bench({ prefetch: 1 });
    backend.give(task(1, { status: "Queued", attempt: 2 }));
    await settle();
    expect(jobs[0]?.context.attempt).toBe(3);
    jobs[0]?.finish(1);
    await settle();
    expect(backend.said).toEqual(["polled", "beats", "start l1", "ack l1"]);
  });

  test("ends when its stream does, once what runs is done", async () => {
    const { worker, backend, jobs, events, settle } = bench({ concurrency: 2 });
    backend.give(task(1));
    backend.tasks.end();
    await settle(3_600_000);
    expect(worker.state).toBe("stopped");
    expect(jobs[0]?.context.signal.aborted).toBe(false);
    expect(events.some(({ type }) => type === "stop")).toBe(false);
    jobs[0]?.finish();
    await settle();
    expect(backend.said).toEqual(["polled", "beats", "takes no more", "ack l1", "goodbye"]);
    expect(events.at(-1)).toEqual({ type: "stop" });
    await worker.closed;
  });
});

describe("what a handler gets", () => {
  test("is the task, what is known of it, and who runs it", async () => {
    const { worker, backend, jobs, settle } = bench();
    const given = task(1, { args: { to: "ada" }, attempt: 4 });
    backend.give(given);
    await settle();
    expect(jobs[0]?.args).toEqual({ to: "ada" });
    const { context } = jobs[0] as { context: TaskContext };
    expect(context).toMatchObject({ id: "t1", attempt: 4, lease: "l1", logs: [] });
    expect(context.task).toBe(given);
    expect(context.worker).toBe(worker);
  });

  test("reports progress and moves deadlines through the backend's middleware", async () => {
    const { backend, jobs, settle } = bench();
    backend.give(task(1));
    await settle();
    jobs[0]?.context.progress({ done: 1 });
    jobs[0]?.context.extend("5s");
    expect(backend.reports).toEqual([
      { type: "progress", id: "t1", lease: "l1", progress: '{"done":1}' },
      { type: "extend", id: "t1", lease: "l1", timeoutMs: 5_000 },
    ]);
  });

  test("sends what it logged with the end of the task", async () => {
    const { backend, jobs, settle } = bench();
    backend.give(task(1));
    await settle();
    jobs[0]?.context.logger.info("sent", { to: "ada" });
    jobs[0]?.finish();
    await settle();
    expect(backend.reports).toMatchObject([{ type: "ack", logs: ['INFO sent {"to":"ada"}'] }]);
  });

  test("cannot snooze when nothing around it can", async () => {
    const { backend, events, settle } = bench({ handler: (_, { snooze }) => snooze("1s"), reports: false });
    backend.give(task(1));
    await settle();
    const error = expect.objectContaining({ code: "bad_request", detail: expect.stringContaining("cannot snooze") });
    expect(events.at(-1)).toEqual({ type: "error", id: "t1", attempt: 1, error });
  });
});

describe("the end of a task", () => {
  const endOf = async (handler: Handler<unknown, unknown>, options: BenchOptions = {}) => {
    const { backend, events, settle } = bench({ handler, ...options });
    backend.give(task(1));
    await settle();
    return { report: backend.reports.at(-1), event: events.at(-1) };
  };
  const ack = (result: object) => ({ type: "ack", id: "t1", lease: "l1", result });

  test.each<[string, unknown, object]>([
    ["an error", new Error("boom"), { err: "boom" }],
    ["an error without a message", new TypeError(), { err: "TypeError" }],
    ["a string", "just so", { err: "just so" }],
    ["nothing at all", undefined, { err: "undefined" }],
    ["null", null, { err: "null" }],
    ["what cannot be made a string", Object.create(null), { err: expect.stringContaining("cannot be made a string") }],
    ["AbortError", new AbortError("never"), { err: "never", abort: true }],
    ["RetryAfterError", new RetryAfterError(1500.4, "later"), { err: "later", retryAfterMs: 1500 }],
    // The signal of a fetch that a handler gave up: an ordinary failure.
    ["the platform's own AbortError", new DOMException("gave up", "AbortError"), { err: "gave up" }],
  ])("is a failure when the handler throws %s, at once or later", async (_, thrown, result) => {
    const event = { type: "error", id: "t1", attempt: 1, error: thrown };
    const atOnce = await endOf(() => {
      throw thrown;
    });
    expect(atOnce).toEqual({ report: ack(result), event });
    const later = await endOf(async () => {
      await null;
      throw thrown;
    });
    expect(later).toEqual({ report: ack(result), event });
  });

  test.each<[string, unknown, string]>([
    ["a value", { sum: 1 }, '{"sum":1}'],
    ["nothing", undefined, "null"],
  ])("is a success when the handler returns %s, at once or later", async (_, value, ok) => {
    const event = { type: "success", id: "t1", attempt: 1 };
    expect(await endOf(() => value)).toEqual({ report: ack({ ok }), event });
    expect(await endOf(async () => value)).toEqual({ report: ack({ ok }), event });
  });

  test("is for good when the result cannot be written", async () => {
    const { report, event } = await endOf(() => 10n);
    expect(report).toEqual(ack({ err: expect.stringContaining("cannot be encoded"), abort: true }));
    expect(event).toMatchObject({ type: "error", error: expect.any(AbortError) });
  });

  test("is a snooze though the handler catches it", async () => {
    const { report } = await endOf((_, { snooze }) => {
      try {
        snooze("2s");
      } catch {
        return "caught";
      }
    });
    expect(report).toEqual({ type: "snooze", id: "t1", lease: "l1", delayMs: 2_000 });
  });
});

test("layers stand around the handler like an onion, the first outermost, and the backend's around all of them", async () => {
  const seen: string[] = [];
  const named = (name: string): NonNullable<BenchOptions["layers"]>[number] =>
    Object.defineProperty(
      (next: Handler<unknown, unknown>) => async (args: unknown, context: TaskContext) => {
        seen.push(`into ${name}`);
        const value = await next(args, context);
        seen.push(`out of ${name}`);
        return `${name}(${value})`;
      },
      "name",
      { value: name },
    );
  const { worker, backend, settle } = bench({
    layers: [named("outer"), named("inner"), (next) => next],
    handler: () => {
      seen.push("handler");
      return "value";
    },
  });
  backend.give(task(1));
  await settle();
  expect(seen).toEqual(["into outer", "into inner", "handler", "out of inner", "out of outer"]);
  expect(backend.reports).toMatchObject([{ type: "ack", result: { ok: '"outer(inner(value))"' } }]);
  expect(worker.layers).toEqual(["outer", "inner", "layer"]);
});
