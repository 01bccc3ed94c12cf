import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type FakeSocket, type Frame, fakeSockets } from "./fake-socket.ts";
import { answerTo, listOf, settle, startWorker, task, tasks, welcome } from "./worker-bench.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The server's count, as the protocol has it: frames add, deliveries take. */
class Server {
  credit = 0;
  /** How often each lease was ended. */
  readonly ends = new Map<string, number>();
  #socket: FakeSocket;
  #delivered = 0;

  constructor(socket: FakeSocket) {
    this.#socket = socket;
  }

  /** Takes a new socket: its register frame tells the credit. */
  accept(socket: FakeSocket): void {
    this.#socket = socket;
    this.credit = 0;
  }

  read(answering: boolean): void {
    for (const frame of this.#socket.sent()) {
      if (typeof frame.credit === "number") this.credit += frame.credit;
      if (frame.type === "events") this.#events(frame, answering);
    }
  }

  #events(frame: Frame, answering: boolean): void {
    for (const { lease } of listOf(frame)) this.ends.set(lease, (this.ends.get(lease) ?? 0) + 1);
    if (answering) this.#socket.say(answerTo(frame));
  }

  deliver(most: number): void {
    const count = Math.min(most, this.credit);
    const fresh = Array.from({ length: count }, () => task(++this.#delivered));
    this.credit -= count;
    if (count > 0) this.#socket.say(tasks(...fresh));
  }

  drop(): void {
    this.#socket.drop();
  }

  get delivered(): number {
    return this.#delivered;
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant("deliver" as const), n: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ do: fc.constant("finish" as const), n: fc.nat() }),
  fc.record({ do: fc.constant("read" as const), n: fc.nat({ max: 1 }) }),
  fc.record({ do: fc.constant("break" as const), n: fc.constant(0) }),
);

test("whatever happens, credit and work together never exceed the slots, and in the end all of them are free", async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 0, max: 3 }),
    fc.array(step, { maxLength: 40 }),
    async (concurrency, prefetch, steps) => {
      // The worker of the sample before is left alone, without its timers.
      vi.clearAllTimers();
      fakeSockets();
      const { jobs } = startWorker({ concurrency, prefetch });
      const server = new Server(await welcome());
      server.read(true);
      let finished = 0;
      const check = () => {
        expect(jobs.length - finished).toBeLessThanOrEqual(concurrency);
        expect(server.credit + server.delivered - finished).toBeLessThanOrEqual(concurrency + prefetch);
      };
      for (const { do: what, n } of steps) {
        if (what === "deliver") server.deliver(n);
        if (what === "finish" && finished < jobs.length) jobs[finished++]?.finish();
        if (what === "break") {
          server.drop();
          server.accept(await welcome());
        }
        await settle();
        if (what === "read" || what === "break") server.read(n === 1);
        check();
      }
      while (finished < server.delivered) {
        jobs[finished++]?.finish();
        await settle();
      }
      server.drop();
      server.accept(await welcome());
      server.read(true);
      expect(server.credit).toBe(concurrency + prefetch);
      expect(server.ends.size).toBe(server.delivered);
    },
  );
  await fc.assert(property, { numRuns: 200 });
});
