import { describe, expect, test } from "vitest";
import { TaskTimeout } from "../../../src/worker/index.ts";
import { bench, task } from "./bench.ts";

describe("a lost lease", () => {
  test("fires its handler's signal, and whatever that makes of it is not reported", async () => {
    const { worker, backend, jobs, events, settle } = bench({ concurrency: 2 });
    backend.give(task(1), task(2));
    await settle();
    worker.lose({ id: "t1", lease: "l1", reason: "cancelled" });
    expect(jobs[0]?.context.signal.reason).toMatchObject({
      code: "lease_lost",
      detail: "Task t1 was taken back: cancelled.",
    });
    expect(jobs[1]?.context.signal.aborted).toBe(false);
    jobs[0]?.finish("too late");
    await settle();
    expect(backend.reports).toEqual([]);
    expect(backend.freed).toEqual(["l1"]);
    expect(events.slice(1)).toEqual([{ type: "lost", id: "t1", lease: "l1", reason: "cancelled" }]);
  });

  test("is told once, however often it is lost", async () => {
    const { worker, backend, events, settle } = bench();
    backend.give(task(1));
    await settle();
    for (const reason of ["cancelled", "orphaned"] as const) worker.lose({ id: "t1", lease: "l1", reason });
    expect(events.filter(({ type }) => type === "lost")).toHaveLength(1);
  });

  test("gives its slot away when the handler does not mind", async () => {
    const { worker, backend, clock, jobs, settle } = bench();
    backend.give(task(1), task(2));
    await settle();
    worker.lose({ id: "t1", lease: "l1", reason: "timeout" });
    jobs[0]?.context.extend("1m");
    expect(clock.timers).toBe(1);
    await settle(4_999);
    expect(worker.taskCount).toBe(1);
    expect(jobs).toHaveLength(1);
    await settle(1);
    expect(jobs).toHaveLength(2);
    expect(backend.freed).toEqual(["l1"]);
    jobs[0]?.finish();
    await settle();
    expect(backend.freed).toEqual(["l1"]);
    expect(worker.taskCount).toBe(1);
    jobs[1]?.finish();
    await settle();
    expect(clock.timers).toBe(0);
  });

  test("is not begun when it is lost on its way to a slot", async () => {
    const { worker, backend, jobs, settle } = bench();
    await settle();
    worker.pause();
    backend.give(task(1));
    await settle();
    worker.lose({ id: "t1", lease: "l1", reason: "cancelled" });
    worker.resume();
    backend.give(task(2));
    await settle();
    expect(jobs.map(({ context }) => context.id)).toEqual(["t2"]);
    expect(backend.freed).toEqual(["l1"]);
    expect(backend.reports).toEqual([]);
  });

  test("nor does a loss that is told while the next is awaited hurt another that comes later", async () => {
    const { worker, backend, jobs, settle } = bench();
    await settle();
    worker.lose({ id: "t1", lease: "l1", reason: "cancelled" });
    backend.give(null, task(1));
    await settle();
    expect(jobs).toHaveLength(1);
  });
});

describe("a task's timeout", () => {
  test("fires the signal, and what the handler then makes of it is reported", async () => {
    const { backend, jobs, events, settle } = bench();
    backend.give(task(1, { timeoutMs: 1_000 }));
    await settle(999);
    expect(jobs[0]?.context.signal.aborted).toBe(false);
    await settle(1);
    const { reason } = jobs[0]?.context.signal ?? {};
    expect(reason).toBeInstanceOf(TaskTimeout);
    expect(reason.message).toBe("The task was not done within 1000 ms.");
    jobs[0]?.fail(reason);
    await settle();
    expect(backend.reports).toMatchObject([{ type: "ack", result: { err: reason.message } }]);
    expect(events.at(-1)).toMatchObject({ type: "error", error: reason });
  });

  test("is of no interest any more when the handler has ended", async () => {
    const { backend, clock, jobs, settle } = bench();
    backend.give(task(1, { timeoutMs: 1_000 }));
    await settle();
    jobs[0]?.finish();
    await settle();
    jobs[0]?.context.extend("1s");
    expect(clock.timers).toBe(0);
    expect(jobs[0]?.context.signal.aborted).toBe(false);
  });

  test("moves when the handler extends it, whether there was one or not", async () => {
    const { backend, jobs, settle } = bench({ concurrency: 2 });
    backend.give(task(1, { timeoutMs: 1_000 }), task(2));
    await settle(900);
    jobs[0]?.context.extend("2s");
    jobs[1]?.context.extend("3s");
    await settle(1_999);
    expect(jobs[0]?.context.signal.aborted).toBe(false);
    await settle(1);
    expect(jobs[0]?.context.signal.aborted).toBe(true);
    expect(jobs[1]?.context.signal.aborted).toBe(false);
    await settle(1_000);
    expect(jobs[1]?.context.signal.aborted).toBe(true);
  });

  test("gives the slot of a handler that never returns away, and says so", async () => {
    const { worker, backend, jobs, events, settle } = bench();
    backend.give(task(1, { timeoutMs: 1_000 }), task(2));
    await settle(1_000 + 4_999);
    expect(worker.taskCount).toBe(1);
    expect(backend.freed).toEqual([]);
    await settle(1);
    expect(backend.freed).toEqual(["l1"]);
    const told = { type: "error", id: "t1", attempt: 1, error: expect.any(TaskTimeout) };
    expect(events.at(-1)).toEqual(told);
    expect(worker.taskCount).toBe(1);
    jobs[0]?.finish("after all");
    await settle();
    expect(events.at(-1)).toEqual(told);
    expect(backend.freed).toEqual(["l1"]);
    expect(worker.taskCount).toBe(1);
  });

  test("followed by the loss of the lease is a loss", async () => {
    const { worker, backend, clock, events, settle } = bench();
    backend.give(task(1, { timeoutMs: 1_000 }));
    await settle(1_100);
    worker.lose({ id: "t1", lease: "l1", reason: "timeout" });
    await settle(4_900);
    expect(events.slice(1)).toEqual([{ type: "lost", id: "t1", lease: "l1", reason: "timeout" }]);
    expect(backend.freed).toEqual(["l1"]);
    expect(clock.timers).toBe(0);
  });
});
