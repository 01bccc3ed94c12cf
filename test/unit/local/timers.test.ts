import { describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../../src/backend/clock.ts";
import { MemoryStore } from "../../../src/local/memory/store.ts";
import { LocalQueue } from "../../../src/local/queue.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { cryptoChance } from "../../../src/task/chance.ts";
import { Bench } from "./bench.ts";

test("a timer in the background does not keep Node alive, and runs all the same", async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  const cancel = systemClock.timer(1_000_000, () => undefined, { background: true });
  expect(timers()).toBe(before);
  const cancelOther = systemClock.timer(1_000_000, () => undefined);
  expect(timers()).toBe(before + 1);
  cancel();
  cancelOther();
  const { promise, resolve } = Promise.withResolvers<void>();
  systemClock.timer(0, resolve, { background: true });
  await promise;
});

describe("the timers of a queue", () => {
  test("are none while it is empty and idle", async () => {
    const bench = new Bench();
    await bench.settle();
    await bench.queue.info().catch(() => undefined);
    await bench.queue.stats();
    await bench.settle();
    expect(bench.clock.timers).toBe(0);
  });

  test("are none for tasks that nobody waits for, now or in the future", async () => {
    const bench = new Bench();
    await bench.push({}, { delayMs: 1_000 });
    await bench.settle();
    expect(bench.clock.timers).toBe(0);
  });

  test("go when what they were for is over", async () => {
    const bench = new Bench();
    const id = await bench.pushOne({ timeoutMs: 5_000 });
    const peer = await bench.worker();
    const [task] = await peer.take();
    await bench.settle();
    expect(bench.clock.timers).toBe(1);
    await peer.port.events({ events: [{ type: "release", id, lease: task?.lease ?? "" }] });
    await bench.settle();
    expect(bench.clock.timers).toBe(0);
  });

  test("are one for the retention of what has ended, and none when that is gone", async () => {
    const bench = new Bench();
    const [id = ""] = await bench.push({}, { delayMs: 1 });
    const peer = await bench.worker();
    await peer.finish();
    await bench.settle();
    expect(bench.clock.timers).toBe(1);
    await bench.clock.advance("1d");
    await expect(bench.queue.fetch(id)).rejects.toMatchObject({ code: "task_not_found" });
    expect(bench.clock.timers).toBe(0);
    expect((await bench.queue.info()).counts).toMatchObject({ Pending: 1, Done: 0 });
  });

  test("are none for workers that have gone, and one while they are here", async () => {
    const bench = new Bench();
    const peer = await bench.worker();
    const unlisten = peer.port.onLost?.(peer.session, () => undefined);
    await bench.queue.config();
    await bench.settle();
    expect(bench.clock.timers).toBe(1);
    unlisten?.();
    await bench.clock.advance(20_000);
    expect(bench.clock.timers).toBe(0);
  });

  test("ring for retention no more often than a tenth of it, and never much later", async () => {
    const bench = new Bench();
    await bench.queue.configure({ retention: { doneMs: 60_000 } });
    const [first = "", second = ""] = await bench.push({}, {});
    const peer = await bench.worker();
    await peer.finish();
    await bench.clock.advance(1);
    await peer.finish();
    await bench.clock.advance(59_999);
    const there = async () => (await bench.queue.status([first, second])).results.map(({ id }) => id);
    expect(await there()).toEqual([second]);
    await bench.clock.advance(5_999);
    expect(await there()).toEqual([second]);
    await bench.clock.advance(1);
    expect(await there()).toEqual([]);
  });

  test("keep a process alive while somebody waits for a task, and not for retention or leases alone", async () => {
    const set: boolean[] = [];
    const inner = new VirtualClock();
    const clock: Clock = {
      now: () => inner.now(),
      timer: (ms, task, options) => {
        set.push(options?.background ?? false);
        return inner.timer(ms, task);
      },
    };
    const queue = new LocalQueue("q", new MemoryStore("q", cryptoChance), clock);
    const [{ id } = { id: "" }] = await queue.push([{ text: '{"args":1}', repeatable: false }]);
    const port = queue.pollPort("w");
    const { session } = await port.register({ worker: "w" });
    const request = { worker: "w", session, max: 1, waitMs: 0, autoStart: true, events: [] };
    await port.poll(request, new AbortController().signal);
    await inner.advance(0);
    expect(set).toEqual([true]);
    const stop = new AbortController();
    const reading = queue.wait([id], { signal: stop.signal }).next();
    await inner.advance(0);
    expect(set).toEqual([true, false]);
    stop.abort();
    await expect(reading).rejects.toThrow();
    await queue.config();
    await inner.advance(0);
    expect(set).toEqual([true, false, true]);
  });
});
