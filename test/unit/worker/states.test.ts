import { describe, expect, test } from "vitest";
import { type Bench, bench, task, watch } from "./bench.ts";

type Verb = "start" | "pause" | "resume";

const into: Record<string, (made: Bench) => unknown> = {
  pending: () => undefined,
  running: ({ worker }) => worker.start(),
  paused: ({ worker }) => {
    worker.start();
    worker.pause();
  },
  stopped: ({ worker }) => worker.stop(),
};

test.each<[string, Verb, RegExp]>([
  ["running", "start", /is running: only one that is pending can be started/],
  ["paused", "start", /is paused: only one that is pending can be started/],
  ["stopped", "start", /is stopped: only one that is pending can be started/],
  ["pending", "pause", /is pending: only one that is running can be paused/],
  ["paused", "pause", /is paused: only one that is running can be paused/],
  ["stopped", "pause", /is stopped: only one that is running can be paused/],
  ["pending", "resume", /is pending: only one that is paused can be resumed/],
  ["running", "resume", /is running: only one that is paused can be resumed/],
  ["stopped", "resume", /is stopped: only one that is paused can be resumed/],
])("a worker that is %s refuses to %s", async (state, verb, detail) => {
  const made = bench({ start: false });
  await into[state]?.(made);
  expect(() => made.worker[verb]()).toThrow(
    expect.objectContaining({ code: "wrong_status", detail: expect.stringMatching(detail) }),
  );
  expect(made.worker.state).toBe(state);
});

describe("starting", () => {
  test("happens by itself, once the turn is over in which the worker was made", async () => {
    const { worker, backend, settle } = bench();
    expect(worker.state).toBe("running");
    expect(backend.said).toEqual([]);
    await settle();
    expect(backend.said).toEqual(["polled", "beats"]);
  });

  test("waits for the word when that is wanted", async () => {
    const { worker, backend, settle } = bench({ start: false });
    await settle();
    expect(worker.state).toBe("pending");
    expect(backend.said).toEqual([]);
    worker.start();
    await settle();
    expect(backend.said).toEqual(["polled", "beats"]);
  });

  test("a worker that stops before it started never bothers its backend", async () => {
    const { worker, backend, events, settle } = bench({ start: false });
    await worker.stop();
    await worker.closed;
    await settle();
    expect(backend.said).toEqual([]);
    expect(events).toEqual([{ type: "stop" }]);
  });

  test("nor does one that stops in the turn in which it was made", async () => {
    const { worker, backend, settle } = bench();
    const stopped = watch(worker.stop());
    await settle();
    expect(stopped.isDone).toBe(true);
    expect(backend.said).toEqual([]);
  });
});

describe("who it is", () => {
  test("is its name and a part that no replica shares, unless an id is given", () => {
    const { worker } = bench();
    expect(worker.name).toBe("mailer");
    expect(worker.id).toMatch(/^mailer-[0-9a-z]{8}$/);
    expect(worker.id).not.toBe(bench().worker.id);
    expect(bench({ id: "the one" }).worker.id).toBe("the one");
  });

  test.each([
    ["", undefined],
    [".", undefined],
    ["x".repeat(250), undefined],
    ["x", ".."],
    ["x", ""],
  ])("is refused as the name %j with the id %j", (name, id) => {
    expect(() => bench({ name, id })).toThrow(expect.objectContaining({ code: "bad_request", path: "worker" }));
  });

  test.each([
    [{ concurrency: 0 }],
    [{ concurrency: 1.5 }],
    [{ concurrency: 10_001 }],
    [{ concurrency: 1, prefetch: -1 }],
    [{ concurrency: 1, prefetch: 10_000 }],
    [{ prefetch: Number.NaN }],
  ])("is refused with %j", (options) => {
    expect(() => bench(options)).toThrow(expect.objectContaining({ code: "bad_request" }));
  });

  test("tasks count as started when they are handed over, unless they may have to wait", () => {
    expect(bench().worker.autoStart).toBe(true);
    expect(bench({ prefetch: 1 }).worker.autoStart).toBe(false);
    expect(bench({ prefetch: "auto" }).worker.autoStart).toBe(false);
    expect(bench({ prefetch: 1, autoStart: true }).worker.autoStart).toBe(true);
  });
});

describe("pausing", () => {
  test("asks for no more tasks, lets what runs go on, and goes on itself when it is resumed", async () => {
    const { worker, backend, jobs, settle } = bench({ concurrency: 2 });
    backend.give(task(1), task(2));
    await settle();
    worker.pause();
    const { asked } = backend.tasks;
    jobs[0]?.finish();
    backend.give(task(3));
    await settle();
    expect(backend.reports).toMatchObject([{ type: "ack", lease: "l1" }]);
    expect(backend.tasks.asked).toBe(asked);
    expect(jobs).toHaveLength(2);
    worker.resume();
    await settle();
    expect(jobs).toHaveLength(3);
  });

  test("tells the backend each time", async () => {
    const { worker, backend, settle } = bench();
    await settle();
    worker.pause();
    worker.resume();
    expect(backend.changes).toBe(2);
  });

  test("holds back a task that was on its way", async () => {
    const { worker, backend, jobs, settle } = bench();
    await settle();
    worker.pause();
    backend.give(task(1));
    await settle(60_000);
    expect(jobs).toHaveLength(0);
    worker.resume();
    await settle();
    expect(jobs).toHaveLength(1);
  });

  test("and gives it back when the worker stops without being resumed", async () => {
    const { worker, backend, jobs, settle } = bench();
    await settle();
    worker.pause();
    backend.give(task(1, { status: "Queued" }));
    await settle();
    worker.stop();
    await settle();
    expect(jobs).toHaveLength(0);
    expect(backend.said).toEqual(["polled", "beats", "takes no more", "release l1", "goodbye"]);
    expect(worker.state).toBe("stopped");
  });
});
