import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { Bench, START, stateOf } from "./bench.ts";

const idsOf = ({ tasks }: { readonly tasks: readonly { readonly id: string }[] }) => tasks.map(({ id }) => id);

describe("a poll", () => {
  test("gets at once what is there, in order", async () => {
    const bench = new Bench();
    const [low, high] = await bench.push({}, { priority: 1 });
    const peer = await bench.worker();
    expect(idsOf(await peer.poll({ max: 5 }))).toEqual([high, low]);
  });

  test("waits until there is something, and gets it in the same turn", async () => {
    const bench = new Bench();
    const peer = await bench.worker();
    const poll = peer.poll();
    expect(await stateOf(bench, poll)).toBe("pending");
    const id = await bench.pushOne();
    expect(idsOf(await poll)).toEqual([id]);
    expect(await bench.queue.fetch(id)).toMatchObject({ status: "Running", lockBy: "w", lockAt: START });
  });

  test("is answered with nothing when its time is over", async () => {
    const bench = new Bench();
    const peer = await bench.worker();
    const poll = peer.poll({ waitMs: 5_000 });
    await bench.clock.advance(4_999);
    expect(await stateOf(bench, poll)).toBe("pending");
    await bench.clock.advance(1);
    expect(await poll).toEqual({ session: peer.session, tasks: [], events: [] });
    const id = await bench.pushOne();
    expect(await peer.take()).toMatchObject([{ id }]);
  });

  test("without waiting is answered at once", async () => {
    const bench = new Bench();
    const peer = await bench.worker();
    expect(await peer.take()).toEqual([]);
    expect(bench.clock.timers).toBe(0);
  });

  test("gets a task of the future at its time, and one that failed after its backoff", async () => {
    const bench = new Bench();
    const peer = await bench.worker();
    const id = await bench.pushOne({ delayMs: 10_000 });
    const poll = peer.poll();
    await bench.clock.advance(9_999);
    expect(await stateOf(bench, poll)).toBe("pending");
    await bench.clock.advance(1);
    const [task] = (await poll).tasks;
    expect(task).toMatchObject({ id, attempt: 1 });
    const again = peer.poll({ events: [{ type: "ack", id, lease: task?.lease ?? "", result: { err: "no" } }] });
    await bench.clock.advance(999);
    expect(await stateOf(bench, again)).toBe("pending");
    await bench.clock.advance(1);
    expect(await again).toMatchObject({ tasks: [{ id, attempt: 2 }], events: [{ id, status: "Failed" }] });
  });

  test("gets a task that was held, as soon as it is released", async () => {
    const bench = new Bench();
    const id = await bench.pushOne();
    const holder = await bench.worker("a");
    const [task] = await holder.take();
    const poll = (await bench.worker("b")).poll();
    await holder.port.events({ events: [{ type: "release", id, lease: task?.lease ?? "" }] });
    expect(idsOf(await poll)).toEqual([id]);
  });

  test("of a paused queue gets nothing until it goes on", async () => {
    const bench = new Bench();
    await bench.queue.configure({ paused: true });
    const id = await bench.pushOne();
    const poll = (await bench.worker()).poll();
    await bench.clock.advance(20_000);
    expect(await stateOf(bench, poll)).toBe("pending");
    await bench.queue.configure({ paused: false });
    expect(idsOf(await poll)).toEqual([id]);
  });
});

describe("polls that wait together", () => {
  test("are served in the order in which they came, each as much as it has room for", async () => {
    const bench = new Bench();
    const peers = [await bench.worker("a"), await bench.worker("b"), await bench.worker("c")];
    const polls = peers.map((peer) => peer.poll({ max: 2 }));
    await bench.settle();
    const ids = await bench.push({}, {}, {}, {}, {});
    const served = await Promise.all(polls);
    expect(served.map(idsOf)).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  });

  test("one that was served comes after those that were not", async () => {
    const bench = new Bench();
    const [a, b] = [await bench.worker("a"), await bench.worker("b")];
    const served: string[] = [];
    const poll = (peer: typeof a) => peer.poll().then(({ tasks }) => served.push(`${peer.worker} ${tasks.length}`));
    for (let round = 0; round < 3; round++) {
      const polls = [poll(a), poll(b)];
      await bench.pushOne();
      await polls[0];
      const again = poll(a);
      await bench.settle();
      await bench.pushOne();
      await polls[1];
      await bench.pushOne();
      await again;
    }
    expect(served).toEqual(Array.from({ length: 3 }, () => ["a 1", "b 1", "a 1"]).flat());
  });

  test("one that comes later does not overtake, though there is something for it to take", async () => {
    const bench = new Bench();
    const [first, second] = [await bench.worker("a"), await bench.worker("b")];
    const waiting = first.poll();
    await bench.settle();
    const pushing = bench.pushOne();
    // In the same turn: the task is there, and nobody was served yet.
    const impatient = second.poll({ waitMs: 0 });
    const id = await pushing;
    expect(idsOf(await waiting)).toEqual([id]);
    expect(idsOf(await impatient)).toEqual([]);
  });

  test("one that does not wait gets what those before it leave", async () => {
    const bench = new Bench();
    const [first, second] = [await bench.worker("a"), await bench.worker("b")];
    const waiting = first.poll();
    await bench.settle();
    const pushing = bench.push({}, {});
    const impatient = second.poll({ waitMs: 0 });
    const ids = await pushing;
    expect([idsOf(await waiting), idsOf(await impatient)]).toEqual([[ids[0]], [ids[1]]]);
  });
});

describe("a poll that is aborted", () => {
  test("claims nothing, and leaves its place to the next", async () => {
    const bench = new Bench();
    const [a, b] = [await bench.worker("a"), await bench.worker("b")];
    const stop = new AbortController();
    const gone = a.poll({}, stop.signal);
    const stays = b.poll();
    await bench.settle();
    stop.abort(new Error("enough"));
    await expect(gone).rejects.toThrow("enough");
    const id = await bench.pushOne();
    expect(idsOf(await stays)).toEqual([id]);
    expect(await bench.queue.fetch(id)).toMatchObject({ lockBy: "b" });
  });

  test("before it begins applies no events either", async () => {
    const bench = new Bench();
    const id = await bench.pushOne();
    const peer = await bench.worker();
    const [task] = await peer.take();
    const events = [{ type: "ack", id, lease: task?.lease ?? "", result: { ok: "1" } }] as const;
    await expect(peer.poll({ events }, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    expect(await bench.queue.fetch(id)).toMatchObject({ status: "Running" });
  });

  test("or ends otherwise leaves no listener behind", async () => {
    const bench = new Bench();
    const peer = await bench.worker();
    const { signal } = new AbortController();
    const poll = peer.poll({}, signal);
    await bench.settle();
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    await bench.pushOne();
    await poll;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("leaves no timer behind", async () => {
    const bench = new Bench();
    const stop = new AbortController();
    const poll = (await bench.worker()).poll({}, stop.signal);
    await bench.settle();
    expect(bench.clock.timers).toBe(1);
    stop.abort();
    await expect(poll).rejects.toThrow();
    await bench.settle();
    expect(bench.clock.timers).toBe(0);
  });
});

describe("the session of a poll", () => {
  test("that was superseded is refused, and one that waits is told at once", async () => {
    const bench = new Bench();
    const old = await bench.worker("a");
    const poll = old.poll();
    await bench.settle();
    const fresh = await bench.worker("a");
    await expect(poll).rejects.toMatchObject({ code: "superseded", status: 409 });
    await expect(old.poll()).rejects.toMatchObject({ code: "worker_not_found", status: 404 });
    await expect(old.port.register({ worker: "a", session: old.session })).rejects.toMatchObject({
      code: "superseded",
    });
    await bench.pushOne();
    expect(await fresh.take()).toHaveLength(1);
  });

  test("that says goodbye ends its polls, and gives back what was not begun", async () => {
    const bench = new Bench();
    const id = await bench.pushOne();
    const peer = await bench.worker("a");
    await peer.take(1, false);
    const poll = peer.poll();
    await bench.settle();
    expect(await peer.port.goodbye(peer.ref)).toEqual({ released: 1 });
    expect(await poll).toMatchObject({ tasks: [] });
    expect(await bench.queue.fetch(id)).toMatchObject({ status: "Pending", attempt: 0 });
    await expect(peer.port.heartbeat(peer.ref)).rejects.toMatchObject({ code: "worker_not_found" });
  });

  test("is unknown once the queue was dropped", async () => {
    const bench = new Bench();
    const peer = await bench.worker("a");
    await bench.queue.drop(false);
    await expect(peer.poll()).rejects.toMatchObject({ code: "worker_not_found" });
  });
});
