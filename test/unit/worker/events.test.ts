import { afterEach, describe, expect, test, vi } from "vitest";
import type { WorkerEvent } from "../../../src/worker/index.ts";
import { Logs } from "../../../src/worker/logs.ts";
import { bench, task } from "./bench.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a worker tells", () => {
  test("that it has started, when its backend does not say so itself", async () => {
    const { worker, backend, events, settle } = bench();
    await settle();
    expect(events).toEqual([]);
    backend.give(null, null);
    await settle();
    expect(events).toEqual([{ type: "start", worker: worker.id, resumed: false }, { type: "idle" }, { type: "idle" }]);
  });

  test("the same only once when its backend does", async () => {
    const { worker, backend, events, settle } = bench();
    await settle();
    backend.worker?.emit({ type: "start", worker: worker.id, resumed: true });
    backend.give(null);
    await settle();
    expect(events).toEqual([{ type: "start", worker: worker.id, resumed: true }, { type: "idle" }]);
  });

  test("each sign of life that was answered", async () => {
    const { backend, events, settle } = bench();
    await settle();
    backend.beats.give(undefined, undefined);
    await settle();
    expect(events.filter(({ type }) => type === "heartbeat")).toHaveLength(2);
  });

  test("that its signs of life fail, and goes on with them: a worker lives by its tasks", async () => {
    const { worker, backend, events, settle } = bench();
    await settle();
    backend.beats.give({ error: new Error("no way") });
    await settle();
    expect(events).toEqual([{ type: "break", reason: "no way", retryMs: 5_000 }]);
    expect(backend.said.filter((what) => what === "beats")).toHaveLength(1);
    await settle(5_000);
    expect(backend.said.filter((what) => what === "beats")).toHaveLength(2);
    backend.beats.give(undefined);
    await settle();
    expect(events.at(-1)).toEqual({ type: "heartbeat" });
    expect(worker.state).toBe("running");
  });

  test("that it is idle only while it would take something", async () => {
    const { worker, backend, events, settle } = bench();
    await settle();
    worker.pause();
    backend.give(null);
    await settle();
    expect(events.map(({ type }) => type)).toEqual(["start"]);
  });

  test("nothing any more once it has stopped", async () => {
    const { worker, backend, jobs, events, settle } = bench();
    backend.give(task(1));
    await settle();
    worker.stop({ grace: 0 });
    await settle();
    worker.emit({ type: "idle" });
    jobs[0]?.finish();
    await settle();
    expect(events.at(-1)).toEqual({ type: "stop" });
  });
});

describe("a listener that throws", () => {
  test("does not stop the worker, and is not hidden", async () => {
    const thrown: unknown[] = [];
    vi.stubGlobal("queueMicrotask", (call: () => void) => {
      try {
        call();
      } catch (error) {
        thrown.push(error);
      }
    });
    const bug = new Error("listener");
    const { worker, backend, jobs, settle } = bench({
      onEvent: () => {
        throw bug;
      },
    });
    worker.listen({
      freed: () => {
        throw bug;
      },
    });
    backend.give(task(1), task(2));
    await settle();
    jobs[0]?.finish();
    await settle();
    expect(jobs).toHaveLength(2);
    // The start, the success, and the slot that is free.
    expect(thrown).toEqual([bug, bug, bug]);
  });
});

describe("the stream of events", () => {
  const read = async (events: AsyncIterable<WorkerEvent>) => {
    const types: string[] = [];
    for await (const { type } of events) types.push(type);
    return types;
  };

  test("has all that happens since it was asked for, and ends with the worker", async () => {
    const { worker, backend, settle } = bench();
    const first = worker.events();
    const all = read(first);
    backend.give(null);
    await settle();
    const later = worker.events();
    worker.stop();
    await settle();
    expect(await all).toEqual(["start", "idle", "stop"]);
    expect(await read(later)).toEqual(["stop"]);
    expect(await read(worker.events())).toEqual([]);
  });

  test("can be left, and ends then for all who read it", async () => {
    const { worker, backend, settle } = bench();
    const events = worker.events();
    const waiting = events.next();
    const other = worker.events();
    await events.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    backend.give(null);
    await settle();
    await other.return?.();
    expect(await other.next()).toEqual({ done: true, value: undefined });
    backend.give(null);
    await settle();
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  test("forgets the oldest when nobody reads it for too long", async () => {
    const { worker, settle } = bench({ start: false });
    const events = worker.events();
    for (let n = 0; n < 10_001; n++) worker.emit({ type: "success", id: `t${n}`, attempt: 1 });
    await settle();
    expect((await events.next()).value).toMatchObject({ id: "t1" });
  });
});

describe("the log of an execution", () => {
  test("has a line for each, with its level and its fields", () => {
    const { logger, lines } = new Logs();
    logger.debug("a");
    logger.info("b", {});
    logger.warn("c", { n: 1, why: new Error("because") });
    logger.error("d", { left: undefined });
    expect(lines).toEqual(["DEBUG a", "INFO b", 'WARN c {"n":1,"why":"because"}', "ERROR d"]);
  });

  test("never fails what it tells of", () => {
    const { logger, lines } = new Logs();
    logger.info("big", { n: 1n });
    logger.info(new Error("no text") as unknown as string);
    logger.info(undefined as unknown as string);
    expect(lines[0]).toMatch(/^INFO big \(fields that are no JSON: .*BigInt/);
    expect(lines.slice(1)).toEqual(["INFO no text", "INFO undefined"]);
  });

  test("keeps the last lines, each cut as the queue wants them", () => {
    const { logger, lines } = new Logs();
    for (let line = 0; line < 60; line++) logger.info(`${line} ${"é".repeat(600)}`);
    expect(lines).toHaveLength(50);
    expect(lines[0]).toMatch(/^INFO 10 é/);
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(1024);
  });
});
