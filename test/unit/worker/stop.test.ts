import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { PriniaError, WorkerStopped } from "../../../src/worker/index.ts";
import { bench, task, watch } from "./bench.ts";

describe("stop", () => {
  test("takes no more, lets the running end, reports them, says goodbye, and only then has stopped", async () => {
    const { worker, backend, jobs, events, settle } = bench({ concurrency: 2 });
    backend.give(task(1));
    await settle();
    const stopped = watch(worker.stop());
    expect(worker.state).toBe("stopped");
    expect(backend.said).toEqual(["polled", "beats", "takes no more"]);
    await settle(5_000);
    expect(jobs[0]?.context.signal.aborted).toBe(false);
    const answered = Promise.withResolvers<void>();
    backend.answering = answered.promise;
    jobs[0]?.finish("done");
    await settle();
    expect(backend.said.slice(3)).toEqual(["ack l1", "goodbye"]);
    expect(stopped.isDone).toBe(false);
    expect(events.at(-1)).not.toEqual({ type: "stop" });
    answered.resolve();
    await settle();
    expect(stopped.isDone).toBe(true);
    expect(events.at(-1)).toEqual({ type: "stop" });
    await worker.closed;
  });

  test("leaves no timer behind", async () => {
    const { worker, backend, clock, jobs, settle } = bench();
    backend.give(task(1, { timeoutMs: 60_000 }));
    await settle();
    worker.stop();
    worker.stop({ grace: "1h" });
    jobs[0]?.finish();
    await settle();
    await worker.closed;
    expect(clock.timers).toBe(0);
  });

  test("does not begin what comes late, and gives it back without a start", async () => {
    const { worker, backend, jobs, events, settle } = bench({ concurrency: 2, prefetch: 1 });
    backend.give(task(1, { status: "Queued" }));
    await settle();
    const leaving = Promise.withResolvers<void>();
    backend.leaving = leaving.promise;
    // On its way when the stream was told to end.
    backend.give(task(2, { status: "Queued" }));
    worker.stop();
    await settle();
    expect(jobs).toHaveLength(1);
    expect(backend.reports.slice(1)).toEqual([{ type: "release", id: "t2", lease: "l2" }]);
    expect(backend.freed).toEqual(["l2"]);
    expect(events.filter(({ type }) => type === "error" || type === "success")).toEqual([]);
  });

  test("when the grace is over, fires the signals, and gives the tasks back", async () => {
    const { worker, backend, jobs, events, settle } = bench({ concurrency: 2 });
    backend.give(task(1), task(2));
    await settle();
    const stopped = watch(worker.stop({ grace: "3s" }));
    await settle(2_999);
    expect(jobs[0]?.context.signal.aborted).toBe(false);
    await settle(1);
    expect(jobs[0]?.context.signal.reason).toBeInstanceOf(WorkerStopped);
    expect(backend.reports).toEqual([
      { type: "release", id: "t1", lease: "l1" },
      { type: "release", id: "t2", lease: "l2" },
    ]);
    expect(stopped.isDone).toBe(true);
    jobs[0]?.fail(new Error("because of the signal"));
    jobs[1]?.finish("all the same");
    await settle();
    expect(backend.reports).toHaveLength(2);
    expect(events.filter(({ type }) => type === "error" || type === "success")).toEqual([]);
    expect(worker.taskCount).toBe(0);
  });

  test("without any grace does so at once", async () => {
    const { worker, backend, jobs, settle } = bench();
    backend.give(task(1));
    await settle();
    worker.stop({ grace: 0 });
    expect(jobs[0]?.context.signal.aborted).toBe(true);
    expect(backend.said.slice(2)).toEqual(["takes no more", "release l1"]);
  });

  test("again shortens the grace, and never lengthens it", async () => {
    const { worker, backend, jobs, settle } = bench();
    backend.give(task(1));
    await settle();
    worker.stop({ grace: "60s" });
    worker.stop({ grace: "1s" });
    worker.stop({ grace: "60s" });
    await settle(999);
    expect(jobs[0]?.context.signal.aborted).toBe(false);
    await settle(1);
    expect(jobs[0]?.context.signal.aborted).toBe(true);
    expect(backend.said.filter((what) => what === "takes no more")).toHaveLength(1);
  });

  test("shortens the time of a worker whose stream has ended", async () => {
    const { worker, backend, jobs, settle } = bench();
    backend.give(task(1));
    await settle();
    backend.tasks.end();
    await settle();
    const stopped = watch(worker.stop({ grace: "1s" }));
    await settle(1_000);
    expect(jobs[0]?.context.signal.aborted).toBe(true);
    expect(stopped.isDone).toBe(true);
  });

  test("ten seconds are the grace when nothing else is said", async () => {
    const { worker, backend, jobs, settle } = bench();
    backend.give(task(1));
    await settle();
    worker.stop();
    await settle(9_999);
    expect(jobs[0]?.context.signal.aborted).toBe(false);
    await settle(1);
    expect(jobs[0]?.context.signal.aborted).toBe(true);
  });

  test("ends though the backend answers nothing any more", async () => {
    const { worker, backend, settle } = bench();
    backend.leaving = new Promise(() => undefined);
    backend.answering = new Promise(() => undefined);
    await settle();
    const stopped = watch(worker.stop());
    await settle(5_000 + 6_999);
    expect(stopped.isDone).toBe(false);
    await settle(1);
    expect(stopped.isDone).toBe(true);
    await worker.closed;
  });

  test("ends though a stream cannot be told to, because it is asked for its next", async () => {
    const { worker, backend, settle } = bench();
    // A generator that waits can only be told when it goes on.
    backend.poll = async function* () {
      await new Promise(() => undefined);
      yield null;
    };
    await settle();
    const stopped = watch(worker.stop());
    await settle(5_000);
    expect(stopped.isDone).toBe(true);
  });

  test("a failure of the backend while it stops is the worker's, which stops all the same", async () => {
    const { worker, backend, settle } = bench();
    const error = new Error("cannot give back");
    backend.leaving = Promise.reject(error);
    backend.leaving.catch(() => undefined);
    await settle();
    await expect(Promise.all([worker.stop(), settle()])).resolves.toBeDefined();
    await expect(worker.closed).rejects.toBe(error);
    expect(backend.said).toContain("goodbye");
  });

  test("once it has stopped does nothing", async () => {
    const { worker, backend, clock, events, settle } = bench();
    await settle();
    await Promise.all([worker.stop(), settle()]);
    const { length } = backend.said;
    await worker.stop();
    expect(backend.said).toHaveLength(length);
    expect(clock.timers).toBe(0);
    expect(events.filter(({ type }) => type === "stop")).toHaveLength(1);
  });

  test("happens at the end of a block by `await using`", async () => {
    const { worker, backend, settle } = bench();
    await settle();
    const stopped = worker[Symbol.asyncDispose]();
    expect(backend.said).toContain("takes no more");
    await Promise.all([stopped, settle()]);
    expect(worker.state).toBe("stopped");
  });

  test("refuses a grace that is no duration", () => {
    // @ts-expect-error: neither does the compiler take it
    expect(() => bench().worker.stop({ grace: "soon" })).toThrow(/`grace`/);
  });
});

describe("a worker that is refused", () => {
  const superseded = new PriniaError({ code: "superseded", detail: "another has the name" });

  test("stops with that error, and gives back what it can", async () => {
    const { worker, backend, jobs, events, settle } = bench({ concurrency: 2 });
    backend.give(task(1));
    await settle();
    backend.tasks.give({ error: superseded });
    await settle();
    expect(worker.state).toBe("stopped");
    const reason = jobs[0]?.context.signal.reason;
    expect(reason).toBeInstanceOf(WorkerStopped);
    expect(reason.cause).toBe(superseded);
    expect(backend.said.slice(2)).toEqual(["takes no more", "release l1", "goodbye"]);
    expect(events.at(-1)).toEqual({ type: "stop", error: superseded });
    await expect(worker.closed).rejects.toBe(superseded);
    await worker.stop();
  });

  test("hears it by its signs of life when all its slots are taken", async () => {
    const { worker, backend, jobs, settle } = bench();
    backend.give(task(1));
    await settle();
    backend.beats.give({ error: superseded });
    await settle();
    await expect(worker.closed).rejects.toBe(superseded);
    expect(jobs[0]?.context.signal.aborted).toBe(true);
  });

  test("while it stops has no grace left", async () => {
    const { worker, backend, jobs, settle } = bench({ concurrency: 2 });
    backend.give(task(1));
    await settle();
    backend.tasks.give({ error: superseded });
    const stopped = watch(worker.stop({ grace: "1h" }));
    await settle();
    expect(jobs[0]?.context.signal.aborted).toBe(true);
    expect(stopped.isDone).toBe(true);
    await expect(worker.closed).rejects.toBe(superseded);
  });

  test("by a backend that cannot be polled at all stops too", async () => {
    const { worker, backend, settle } = bench();
    const error = new Error("no such backend");
    backend.poll = () => {
      throw error;
    };
    await settle();
    await expect(worker.closed).rejects.toBe(error);
  });

  test("is not overlooked when nobody listens: the process ends with the error", async () => {
    const worker = JSON.stringify(resolve(import.meta.dirname, "../../../src/worker/index.ts"));
    const program = `
      import { Worker } from ${worker};
      const refusing = async function* () { throw new Error("refused for a reason"); };
      const none = async function* () {};
      new Worker("w", { poll: refusing, heartbeat: none, middleware: () => (next) => next }, () => 1);
    `;
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], { timeout: 20_000 });
    await expect(run).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("refused for a reason") });
  });
});
