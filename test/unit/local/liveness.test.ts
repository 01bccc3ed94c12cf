import { describe, expect, test } from "vitest";
import type { LostLease } from "../../../src/task/task.ts";
import { Bench, type Peer, START } from "./bench.ts";

/** What a worker's feed is told, from now on. */
function losses(peer: Peer): LostLease[] {
  const told: LostLease[] = [];
  peer.port.onLost?.(peer.session, (lost) => told.push(...lost));
  return told;
}

describe("a worker that is silent", () => {
  test("loses what it holds when `orphanAfterMs` is over, not before, and is told", async () => {
    const bench = new Bench();
    const [running = "", queued = ""] = await bench.push({}, { priority: -1 });
    const peer = await bench.worker("a");
    const told = losses(peer);
    const tasks = [...(await peer.take()), ...(await peer.take(1, false))];
    await bench.clock.advance(59_999);
    expect(told).toEqual([]);
    await bench.clock.advance(1);
    expect(told).toEqual(tasks.map(({ id, lease }) => ({ id, lease, reason: "orphaned" })));
    expect(await bench.queue.fetch(running)).toMatchObject({
      status: "Failed",
      runAt: START + 61_000,
      lastResult: { err: "abandoned: worker a was silent for 60000 ms" },
    });
    expect(await bench.queue.fetch(queued)).toMatchObject({ status: "Pending", attempt: 0 });
  });

  test("lives while it has an open poll, for as long as it waits", async () => {
    const bench = new Bench();
    await bench.queue.configure({ orphanAfterMs: 1_000 });
    const held = await bench.pushOne();
    const peer = await bench.worker();
    await peer.take();
    const poll = peer.poll({ waitMs: 25_000 });
    await bench.clock.advance(24_999);
    expect(await bench.queue.fetch(held)).toMatchObject({ status: "Running" });
    expect(await bench.queue.workers()).toMatchObject([{ id: "w", alive: true, leases: 1 }]);
    await bench.clock.advance(1);
    expect(await poll).toMatchObject({ tasks: [] });
    await bench.clock.advance(1_000);
    expect(await bench.queue.fetch(held)).toMatchObject({ status: "Failed" });
  });

  test("lives while its heartbeats come", async () => {
    const bench = new Bench();
    const id = await bench.pushOne();
    const peer = await bench.worker();
    await peer.take();
    for (let beat = 0; beat < 5; beat++) {
      await bench.clock.advance(59_000);
      expect(await peer.port.heartbeat(peer.ref)).toEqual({ orphanAfterMs: 60_000 });
    }
    expect(await bench.queue.fetch(id)).toMatchObject({ status: "Running" });
  });
});

describe("a jump of the clock", () => {
  test("does not kill workers of this process, whatever comes first after it", async () => {
    const firsts = [
      async () => undefined,
      (bench: Bench) => bench.queue.resumeAbandoned(),
      (bench: Bench) => bench.queue.info(),
      (bench: Bench) => bench.pushOne(),
    ];
    for (const jumpMs of [40_000, 59_999, 60_000, 61_000, 86_400_000]) {
      for (const first of firsts) {
        const bench = new Bench();
        const id = await bench.pushOne();
        const peer = await bench.worker();
        const told = losses(peer);
        await peer.take();
        await bench.clock.advance(20_000);
        await peer.port.heartbeat(peer.ref);
        // A worker speaks once in a third of its time: at the worst, the jump comes just before it would.
        await bench.clock.advance(19_999);
        bench.clock.jump(jumpMs);
        await first(bench);
        await bench.settle();
        expect(told, `after ${jumpMs} ms`).toEqual([]);
        expect(await bench.queue.resume(id)).toBe(false);
        expect(await bench.queue.workers()).toMatchObject([{ alive: true, leases: 1 }]);
        await bench.clock.advance(1);
        await peer.port.heartbeat(peer.ref);
        await bench.clock.advance(59_999);
        expect(await bench.queue.fetch(id)).toMatchObject({ status: "Running" });
      }
    }
  });

  test("gives a worker that is silent one more time, and no second", async () => {
    const bench = new Bench();
    const id = await bench.pushOne();
    const peer = await bench.worker();
    losses(peer);
    await peer.take();
    bench.clock.jump(3_600_000);
    await bench.clock.advance(59_999);
    expect(await bench.queue.fetch(id)).toMatchObject({ status: "Running" });
    await bench.clock.advance(1);
    expect(await bench.queue.fetch(id)).toMatchObject({ status: "Failed" });
  });

  test("is no help to a worker that is not of this process", async () => {
    const bench = new Bench();
    const id = await bench.pushOne();
    const peer = await bench.worker();
    await peer.take();
    bench.clock.jump(60_000);
    await bench.settle();
    expect(await bench.queue.fetch(id)).toMatchObject({ status: "Failed" });
  });

  test("back in time does not make a worker that waits look silent", async () => {
    const bench = new Bench();
    await bench.queue.configure({ orphanAfterMs: 1_000 });
    bench.clock.jump(-3_600_000);
    const held = await bench.pushOne();
    const peer = await bench.worker();
    await peer.take();
    void peer.poll({ waitMs: 25_000 });
    await bench.clock.advance(20_000);
    expect(await bench.queue.fetch(held)).toMatchObject({ status: "Running" });
  });

  test("back in time neither loses tasks nor runs them early", async () => {
    const bench = new Bench();
    const [due = "", later = ""] = await bench.push({}, { delayMs: 1_000 });
    const peer = await bench.worker();
    bench.clock.jump(-5_000);
    expect(await peer.take(2)).toEqual([]);
    const poll = peer.poll({ max: 2, waitMs: 25_000 });
    await bench.clock.advance(4_999);
    expect(await bench.queue.fetch(due)).toMatchObject({ status: "Pending" });
    await bench.clock.advance(1);
    expect((await poll).tasks.map(({ id }) => id)).toEqual([due]);
    await bench.clock.advance(1_000);
    expect((await peer.take(2)).map(({ id }) => id)).toEqual([later]);
  });
});

describe("a lease that is taken back", () => {
  test("is told to its worker at once, with the reason, and to nobody else", async () => {
    const bench = new Bench();
    const [a, b] = [await bench.worker("a"), await bench.worker("b")];
    const [told, other] = [losses(a), losses(b)];
    const take = async (task = {}) => {
      await bench.pushOne(task);
      const [{ id, lease } = { id: "", lease: "" }] = await a.take();
      return { id, lease };
    };
    const cancelled = await take();
    await bench.queue.cancel(cancelled.id);
    const rescheduled = await take();
    await bench.queue.reschedule(rescheduled.id, { delayMs: 1_000_000 });
    const late = await take({ timeoutMs: 10 });
    await bench.clock.advance(10);
    const dropped = await take();
    await bench.queue.drop(true);
    expect(told).toEqual([
      { ...cancelled, reason: "cancelled" },
      { ...rescheduled, reason: "rescheduled" },
      { ...late, reason: "timeout" },
      { ...dropped, reason: "cancelled" },
    ]);
    expect(other).toEqual([]);
  });

  test("by the next of its name is told as superseded; what runs may go on", async () => {
    const bench = new Bench();
    const [running = ""] = await bench.push({}, { priority: -1 });
    const old = await bench.worker("a");
    const told = losses(old);
    const [task] = await old.take();
    const [queued] = await old.take(1, false);
    await bench.worker("a");
    expect(told).toEqual([{ id: queued?.id, lease: queued?.lease, reason: "superseded" }]);
    const events = [{ type: "ack", id: running, lease: task?.lease ?? "", result: { ok: "1" } }] as const;
    expect(await old.port.events({ ...old.ref, events })).toEqual([{ id: running, status: "Done" }]);
  });

  test("is told to nobody who has stopped listening", async () => {
    const bench = new Bench();
    const id = await bench.pushOne();
    const peer = await bench.worker();
    await peer.take();
    const told: unknown[] = [];
    const unlisten = peer.port.onLost?.(peer.session, (lost) => told.push(lost));
    unlisten?.();
    await bench.queue.cancel(id);
    expect(told).toEqual([]);
  });
});
