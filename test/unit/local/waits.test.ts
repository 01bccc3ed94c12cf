import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import type { WaitView } from "../../../src/backend/port.ts";
import { Bench, stateOf } from "./bench.ts";

async function read(stream: AsyncIterable<WaitView>, count = Number.POSITIVE_INFINITY): Promise<WaitView[]> {
  const views: WaitView[] = [];
  for await (const view of stream) {
    views.push(view);
    if (views.length === count) break;
  }
  return views;
}

const labels = (views: readonly WaitView[]) =>
  views.map((view) => [view.id, "error" in view ? view.error.code : view.status]);

describe("a wait", () => {
  test("tells of what has ended first, of what is unknown at once, and of the rest as it ends, each once", async () => {
    const bench = new Bench();
    const [done = "", killed = "", later = "", last = ""] = await bench.push(
      {},
      { priority: -1 },
      { priority: -2 },
      { priority: -3 },
    );
    const peer = await bench.worker();
    await peer.finish();
    await bench.queue.cancel(killed);
    const stream = bench.queue.wait([later, "nonsense", done, last, done, killed], {});
    expect(labels(await read(stream, 3))).toEqual([
      [done, "Done"],
      [killed, "Killed"],
      ["nonsense", "task_not_found"],
    ]);
    const rest = bench.queue.wait([later, last], {});
    const reading = read(rest);
    expect(await stateOf(bench, reading)).toBe("pending");
    await bench.queue.cancel(last);
    await peer.finish();
    expect(labels(await reading)).toEqual([
      [last, "Killed"],
      [later, "Done"],
    ]);
  });

  test("brings the result, and whoever gets it has it alone", async () => {
    const bench = new Bench();
    const id = await bench.pushOne();
    const peer = await bench.worker();
    const readings = [read(bench.queue.wait([id], {})), read(bench.queue.wait([id], {}))];
    const [task] = await peer.take();
    const result = { ok: '{"sent":[1,2]}' };
    await peer.port.events({ events: [{ type: "ack", id, lease: task?.lease ?? "", result }] });
    const [one, other] = await Promise.all(readings);
    expect(one).toEqual([{ id, status: "Done", attempt: 1, result: { ok: { sent: [1, 2] } } }]);
    expect(other).toEqual(one);
    expect(other?.[0]).not.toBe(one?.[0]);
  });

  test("of a task that is deleted meanwhile ends with an error entry, as does one of a queue that is dropped", async () => {
    const bench = new Bench();
    const [deleted = "", vacuumed = "", dropped = ""] = await bench.push({}, {}, {});
    const reading = read(bench.queue.wait([deleted, vacuumed, dropped], {}));
    await bench.settle();
    await bench.queue.remove(deleted);
    await bench.queue.bulk("delete", { ids: [vacuumed] });
    await bench.queue.drop(false);
    expect(labels(await reading)).toEqual([deleted, vacuumed, dropped].map((id) => [id, "task_not_found"]));
    await bench.settle();
    expect(bench.clock.timers).toBe(0);
  });

  test("goes on when its task fails and is tried again, and when an end is undone at once", async () => {
    const bench = new Bench();
    const id = await bench.pushOne({ maxAttempts: 2 });
    const reading = read(bench.queue.wait([id], {}));
    const peer = await bench.worker();
    const [task] = await peer.take();
    await peer.port.events({ events: [{ type: "ack", id, lease: task?.lease ?? "", result: { err: "no" } }] });
    expect(await stateOf(bench, reading)).toBe("pending");
    await bench.clock.advance(1_000);
    await peer.finish();
    expect(labels(await reading)).toEqual([[id, "Done"]]);
  });

  test("for thousands of tasks is told of all of them", async () => {
    const bench = new Bench();
    const ids: string[] = [];
    for (let batch = 0; batch < 3; batch++)
      ids.push(...(await bench.push(...Array.from({ length: 1000 }, () => ({})))));
    const reading = read(bench.queue.wait(ids, {}));
    await bench.settle();
    await bench.queue.bulk("cancel", { filter: {} });
    expect(labels(await reading)).toEqual(ids.map((id) => [id, "Killed"]));
  });

  test("for nothing ends at once", async () => {
    expect(await read(new Bench().queue.wait([], {}))).toEqual([]);
  });

  test("for what is no id is refused, when it is read", async () => {
    const stream = new Bench().queue.wait(["x".repeat(65)], {});
    await expect(stream.next()).rejects.toMatchObject({ code: "bad_request", path: "ids.0" });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test("can be read ahead: each read gets its own entry", async () => {
    const bench = new Bench();
    const ids = await bench.push({}, {});
    const stream = bench.queue.wait(ids, {});
    const reads = [stream.next(), stream.next(), stream.next()];
    await bench.settle();
    await bench.queue.bulk("cancel", { ids });
    const values = await Promise.all(reads);
    expect(values.map(({ value }) => value?.id)).toEqual([...ids, undefined]);
    expect(values[2]?.done).toBe(true);
  });
});

describe("progress", () => {
  test("is told to those who ask for it, while they wait", async () => {
    const bench = new Bench();
    const id = await bench.pushOne();
    const seen: unknown[] = [];
    const reading = read(bench.queue.wait([id], { onProgress: (of, progress) => seen.push([of, progress]) }));
    const silent = read(bench.queue.wait([id], {}));
    const peer = await bench.worker();
    const [{ lease } = { lease: "" }] = await peer.take();
    const report = (progress: string) => peer.port.events({ events: [{ type: "progress", id, lease, progress }] });
    await report('{"at":1}');
    await report("2");
    await peer.port.events({ events: [{ type: "ack", id, lease, result: { ok: "null" } }] });
    await Promise.all([reading, silent]);
    expect(seen).toEqual([
      [id, { at: 1 }],
      [id, 2],
    ]);
  });

  test("that cannot be borne by whoever waits ends that wait alone", async () => {
    const bench = new Bench();
    const id = await bench.pushOne();
    const onProgress = () => {
      throw new RangeError("too much");
    };
    const broken = read(bench.queue.wait([id], { onProgress }));
    const other = read(bench.queue.wait([id], {}));
    const peer = await bench.worker();
    const [{ lease } = { lease: "" }] = await peer.take();
    const [answer] = await peer.port.events({ events: [{ type: "progress", id, lease, progress: "1" }] });
    expect(answer).toEqual({ id, status: "Running" });
    await expect(broken).rejects.toThrow(RangeError);
    await peer.port.events({ events: [{ type: "ack", id, lease, result: { ok: "null" } }] });
    expect(labels(await other)).toEqual([[id, "Done"]]);
  });
});

describe("a wait that nobody needs any more", () => {
  test("leaves no listener on its signal", async () => {
    const bench = new Bench();
    const id = await bench.pushOne();
    const { signal } = new AbortController();
    const reading = read(bench.queue.wait([id], { signal }));
    await bench.settle();
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    await bench.queue.cancel(id);
    await reading;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("ends by its signal with the signal's reason, and leaves nothing behind", async () => {
    const bench = new Bench();
    const [id = "", other = ""] = await bench.push({}, {});
    const stop = new AbortController();
    const reading = read(bench.queue.wait([id, other], { signal: stop.signal }));
    await bench.settle();
    stop.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    await bench.queue.cancel(id);
    await expect(read(bench.queue.wait([other], { signal: stop.signal }))).rejects.toThrow("enough");
  });

  test("ends by `return()` at once, though a read of it waits", async () => {
    const bench = new Bench();
    const [ended = "", open = ""] = await bench.push({}, {});
    await bench.queue.cancel(ended);
    const stream = bench.queue.wait([ended, open], {});
    await stream.next();
    const waiting = stream.next();
    expect(await stream.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test("that was never read was never begun", async () => {
    const bench = new Bench();
    const id = await bench.pushOne();
    const stream = bench.queue.wait([id], {});
    await stream.return?.();
    await bench.queue.cancel(id);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test("is told when the queue is closed, as is a poll", async () => {
    const bench = new Bench();
    const id = await bench.pushOne({ delayMs: 1 });
    const reading = read(bench.queue.wait([id], {}));
    const poll = (await bench.worker()).poll();
    await bench.settle();
    bench.queue.close();
    await expect(reading).rejects.toMatchObject({ code: "unreachable" });
    await expect(poll).rejects.toMatchObject({ code: "unreachable" });
    await bench.settle();
    expect(bench.clock.timers).toBe(0);
  });
});
