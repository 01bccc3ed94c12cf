// A store that is durable only a while after each call: until then nobody may know of what was done.
import { describe, expect, test, vi } from "vitest";
import { MemoryStore } from "../../../src/local/memory/store.ts";
import { LocalQueue } from "../../../src/local/queue.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { PriniaError } from "../../../src/task/errors.ts";
import { Dice } from "../../support/dice.ts";
import { Peer, START, stateOf } from "./bench.ts";

class SlowStore extends MemoryStore {
  #gate = Promise.withResolvers<void>();
  isBroken = false;

  constructor() {
    super("q", new Dice(1));
    this.#gate.promise.catch(() => undefined);
  }

  flushed(): Promise<void> {
    return this.#gate.promise;
  }

  /** What was done so far is durable, or undone. */
  flush(error?: Error): void {
    if (error) this.#gate.reject(error);
    else this.#gate.resolve();
    this.#gate = Promise.withResolvers();
    this.#gate.promise.catch(() => undefined);
  }

  override sweep(...on: Parameters<MemoryStore["sweep"]>): number {
    if (this.isBroken) throw new Error("the disk is full");
    return super.sweep(...on);
  }
}

class SlowBench {
  readonly clock = new VirtualClock(START);
  readonly store = new SlowStore();
  readonly queue = new LocalQueue("q", this.store, this.clock);

  settle = (): Promise<void> => this.clock.advance(0);
  state = <T>(promise: Promise<T>) => stateOf(this, promise);

  /** Waits for a call whose work is made durable. */
  async done<T>(call: Promise<T>): Promise<T> {
    await this.settle();
    this.store.flush();
    return call;
  }

  push = () => this.queue.push([{ text: '{"args":1}', repeatable: false }]);

  async worker(): Promise<Peer> {
    const port = this.queue.pollPort("w");
    const { session } = await this.done(port.register({ worker: "w" }));
    return new Peer("w", session, port);
  }
}

const full = new PriniaError({ code: "internal", detail: "The disk is full." });

describe("before a store is durable", () => {
  test("a call is not answered, and one that is undone is refused", async () => {
    const bench = new SlowBench();
    const push = bench.push();
    expect(await bench.state(push)).toBe("pending");
    bench.store.flush();
    expect(await push).toMatchObject([{ status: "Pending" }]);
    const lost = bench.push();
    await bench.settle();
    bench.store.flush(full);
    await expect(lost).rejects.toBe(full);
  });

  test("a refusal is not told either: it may rest on what will be undone", async () => {
    const bench = new SlowBench();
    const refused = bench.queue.fetch("nonsense");
    refused.catch(() => undefined);
    expect(await bench.state(refused.catch(() => "refused"))).toBe("pending");
    bench.store.flush();
    await expect(refused).rejects.toMatchObject({ code: "task_not_found" });
  });

  test("who waits for tasks is not given them", async () => {
    const bench = new SlowBench();
    const peer = await bench.worker();
    const poll = peer.poll();
    const push = bench.push();
    expect(await bench.state(poll)).toBe("pending");
    bench.store.flush();
    const [{ id } = { id: "" }] = await push;
    expect(await poll).toMatchObject({ tasks: [{ id }] });
  });

  test("who waits for tasks gets the error, should what it was to be given be undone", async () => {
    const bench = new SlowBench();
    const peer = await bench.worker();
    const poll = peer.poll();
    poll.catch(() => undefined);
    await bench.settle();
    bench.store.flush();
    const push = bench.push();
    push.catch(() => undefined);
    await bench.settle();
    bench.store.flush(full);
    await expect(poll).rejects.toBe(full);
    await expect(push).rejects.toBe(full);
  });

  test("nobody need hear of it who was refused meanwhile", async () => {
    const bench = new SlowBench();
    const poll = (await bench.worker()).poll();
    const refused = expect(poll).rejects.toMatchObject({ code: "worker_not_found" });
    await bench.settle();
    bench.store.flush();
    await bench.done(bench.queue.drop(false));
    const push = expect(bench.push()).rejects.toBe(full);
    await bench.settle();
    // The claim for the poll is undone, too. A rejection that nobody handles would end the process.
    bench.store.flush(full);
    await Promise.all([refused, push]);
  });

  test("who waits in line leaves it when the beginning of the poll is undone", async () => {
    const bench = new SlowBench();
    const peer = await bench.worker();
    const poll = peer.poll();
    poll.catch(() => undefined);
    await bench.settle();
    bench.store.flush(full);
    await expect(poll).rejects.toBe(full);
    const [{ id } = { id: "" }] = await bench.done(bench.push());
    expect(await bench.done(bench.queue.fetch(id))).toMatchObject({ status: "Pending" });
    expect(bench.clock.timers).toBe(0);
  });

  test("who waits for results is not told of them", async () => {
    const bench = new SlowBench();
    const [{ id } = { id: "" }] = await bench.done(bench.push());
    const reading = bench.queue.wait([id], {}).next();
    await bench.settle();
    bench.store.flush();
    const cancel = bench.queue.cancel(id);
    expect(await bench.state(reading)).toBe("pending");
    bench.store.flush();
    expect(await reading).toMatchObject({ value: { id, status: "Killed" } });
    await cancel;
    const late = bench.queue.wait([id], {}).next();
    expect(await bench.state(late)).toBe("pending");
    bench.store.flush();
    expect(await late).toMatchObject({ value: { id, status: "Killed" } });
  });

  test("a worker is not told of a lease that it lost", async () => {
    const bench = new SlowBench();
    const peer = await bench.worker();
    await bench.done(bench.push());
    const [task] = await bench.done(peer.take());
    const told: unknown[] = [];
    peer.port.onLost?.(peer.session, (lost) => told.push(...lost));
    const cancel = bench.queue.cancel(task?.id ?? "");
    await bench.settle();
    expect(told).toEqual([]);
    bench.store.flush();
    await cancel;
    expect(told).toEqual([{ id: task?.id, lease: task?.lease, reason: "cancelled" }]);
  });
});

test("an alarm that fails is logged, and tried again a while later", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const bench = new SlowBench();
  const peer = await bench.worker();
  const [{ id } = { id: "" }] = await bench.done(bench.push());
  await bench.done(peer.take());
  bench.store.isBroken = true;
  await bench.clock.advance(60_000);
  expect(log).toHaveBeenCalledTimes(1);
  bench.store.isBroken = false;
  await bench.clock.advance(4_999);
  expect(await bench.done(bench.queue.status([id]))).toMatchObject({ results: [{ status: "Running" }] });
  await bench.clock.advance(1);
  expect(await bench.done(bench.queue.status([id]))).toMatchObject({ results: [{ status: "Failed" }] });
  expect(log).toHaveBeenCalledTimes(1);
  log.mockRestore();
});
