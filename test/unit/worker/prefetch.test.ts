import { expect, test } from "vitest";
import { acknowledging } from "../../../src/backend/ack.ts";
import type { Backend, TaskStream } from "../../../src/backend/backend.ts";
import { type Clock, sleep } from "../../../src/backend/clock.ts";
import type { WorkerContext } from "../../../src/backend/context.ts";
import { Intake } from "../../../src/backend/intake.ts";
import type { LeasedTask } from "../../../src/backend/task.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { Worker, type WorkerOptions } from "../../../src/worker/index.ts";
import { task } from "./bench.ts";

/** A queue that is far away: what is asked for comes after so many ms, as long as there is any. */
class Distant implements Backend {
  readonly #clock: Clock;
  roundTripMs: number;
  left: number;
  /** The most that waited here for a slot. */
  mostWaiting = 0;
  #sent = 0;
  #intake: Intake | undefined;

  constructor(clock: Clock, roundTripMs: number, tasks: number) {
    this.#clock = clock;
    this.roundTripMs = roundTripMs;
    this.left = tasks;
  }

  poll(worker: WorkerContext): TaskStream<LeasedTask> {
    const intake = new Intake(worker, () => this.#ask());
    this.#intake = intake;
    this.#ask();
    return intake.stream(async () => undefined);
  }

  async *heartbeat(): AsyncGenerator<void> {}

  middleware() {
    return acknowledging({ report: () => undefined, encodeResult: () => null });
  }

  async #ask(): Promise<void> {
    const intake = this.#intake;
    const credit = intake?.room ?? 0;
    if (!intake || credit === 0) return;
    intake.grant(credit);
    await sleep(this.#clock, this.roundTripMs);
    const count = Math.min(credit, this.left);
    this.left -= count;
    if (count > 0) intake.arrived(Array.from({ length: count }, () => task(++this.#sent)));
    this.mostWaiting = Math.max(this.mostWaiting, intake.leases().length - intake.hands.size);
    if (count < credit) intake.idle();
  }
}

function working(roundTripMs: number, handlerMs: number, options: WorkerOptions<[]>, tasks = 1_000_000) {
  const clock = new VirtualClock();
  const queue = new Distant(clock, roundTripMs, tasks);
  let done = 0;
  const handler = async () => {
    if (handlerMs > 0) await sleep(clock, handlerMs);
    done++;
  };
  const worker = new Worker("w", queue, handler, { clock, ...options });
  return { clock, queue, worker, done: () => done };
}

test("without a prefetch, slots wait for the way to the queue and back", async () => {
  const { clock, worker, done } = working(50, 10, { concurrency: 4 });
  await clock.advance("6s");
  expect(worker.prefetch).toBe(0);
  // A task in 60 ms, in each of four slots.
  expect(done()).toBeLessThanOrEqual(400);
});

test("a measured prefetch keeps the slots busy: as many wait as are done in a round trip", async () => {
  const { clock, worker, done } = working(50, 10, { concurrency: 4, prefetch: "auto" });
  await clock.advance("5s");
  // Four at a time, of 10 ms each, for 50 ms.
  expect(worker.prefetch).toBeGreaterThanOrEqual(17);
  expect(worker.prefetch).toBeLessThanOrEqual(30);
  const before = done();
  await clock.advance("2s");
  expect(done() - before).toBeGreaterThan(0.9 * 800);
});

test("and becomes smaller when the way becomes shorter", async () => {
  const { clock, queue, worker, done } = working(50, 10, { concurrency: 2, prefetch: "auto" });
  await clock.advance("3s");
  expect(worker.prefetch).toBeGreaterThanOrEqual(9);
  queue.roundTripMs = 5;
  await clock.advance("18s");
  expect(worker.prefetch).toBeLessThanOrEqual(4);
  // Less is tried now and then, and less and less often.
  const before = done();
  await clock.advance("10s");
  expect(done() - before).toBeGreaterThan(0.95 * 2_000);
});

test("nothing is prefetched for handlers that take far longer than the way", async () => {
  const { clock, worker } = working(5, 1_000, { concurrency: 4, prefetch: "auto" });
  await clock.advance("60s");
  expect(worker.prefetch).toBe(0);
});

test("nor for a queue that is empty: who waits for a task does not wait for the way", async () => {
  const { clock, queue, worker } = working(20, 10, { concurrency: 1, prefetch: "auto" }, 0);
  for (let n = 0; n < 200; n++) {
    await clock.advance(100);
    queue.left = 1;
    worker.pause();
    worker.resume();
  }
  expect(worker.prefetch).toBeLessThanOrEqual(3);
});

test("it never holds more than is done in a second, nor more than a poll brings", async () => {
  const slow = working(900, 100, { concurrency: 2, prefetch: "auto" });
  await slow.clock.advance("60s");
  expect(slow.worker.prefetch).toBeLessThanOrEqual(20);
  const quick = working(900, 10, { concurrency: 20, prefetch: "auto" });
  await quick.clock.advance("4s");
  expect(quick.worker.prefetch).toBe(1_000);
});

test("a number is kept to", async () => {
  const { clock, queue, worker } = working(50, 10, { concurrency: 2, prefetch: 3 });
  await clock.advance("5s");
  expect(worker.prefetch).toBe(3);
  expect(queue.mostWaiting).toBeLessThanOrEqual(5);
});
