import { describe, expect, test } from "vitest";
import { future, interval, type PollStrategy, race, stream } from "../../../src/backend/poll-strategy.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { FakeWorker } from "../../support/fake-worker.ts";
import { byHand, Poller } from "./poller.ts";

describe("stream", () => {
  test("polls at each tick", async () => {
    const clock = new VirtualClock(0);
    const { source, tick } = byHand();
    const poller = new Poller(stream(source), clock);
    await clock.advance(10);
    expect(poller.at).toEqual([]);
    tick();
    await clock.advance(10);
    tick();
    tick();
    await clock.advance(10);
    expect(poller.at).toEqual([10, 20, 20]);
  });

  test("ticks for all workers that share it", async () => {
    const clock = new VirtualClock(0);
    const { source, tick } = byHand();
    const strategy = stream(source);
    const pollers = [new Poller(strategy, clock), new Poller(strategy, clock)];
    await clock.advance(10);
    tick();
    await clock.advance(10);
    tick();
    await clock.advance(0);
    expect(pollers.map(({ at }) => at)).toEqual([
      [10, 20],
      [10, 20],
    ]);
  });

  test("goes on for a worker that starts anew, and keeps a tick that came when nobody was there", async () => {
    const clock = new VirtualClock(0);
    const { source, tick, asked } = byHand();
    const strategy = stream(source);
    const first = new Poller(strategy, clock);
    await clock.advance(0);
    first.stop();
    await clock.advance(10);
    expect(first.ended).toBe("yes");
    tick();
    await clock.advance(10);
    tick();
    const second = new Poller(strategy, clock);
    await clock.advance(10);
    expect(second.at).toEqual([20, 20]);
    expect(first.at).toEqual([]);
    expect(asked.count).toBe(3);
  });

  test("keeps a tick that a worker was owed when it left, and that nobody else will follow", async () => {
    const clock = new VirtualClock(0);
    const { source, tick } = byHand();
    const strategy = stream(source);
    const { signal } = new AbortController();
    const context = { worker: new FakeWorker(), clock, prevCount: 0, signal };
    const [one, other] = [strategy.ticks(context), strategy.ticks(context)].map((ticks) =>
      ticks[Symbol.asyncIterator](),
    );
    const first = Promise.all([one?.next(), other?.next()]);
    tick();
    await first;
    // The one polls still when the other hears of the next, and then both leave.
    const second = other?.next();
    tick();
    await second;
    await other?.return?.();
    await one?.return?.();
    const late = new Poller(strategy, clock);
    await clock.advance(0);
    expect(late.at).toEqual([0]);
  });

  test("ends the polling when it ends", async () => {
    const clock = new VirtualClock(0);
    const { source, end } = byHand();
    const strategy = stream(source);
    const poller = new Poller(strategy, clock);
    await clock.advance(0);
    end();
    await clock.advance(0);
    expect(poller.ended).toBe("yes");
    const late = new Poller(strategy, clock);
    await clock.advance(0);
    expect(late).toMatchObject({ ended: "yes", at: [] });
  });

  test("throws what it throws, to all", async () => {
    const clock = new VirtualClock(0);
    const strategy = stream({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("the wire is cut")) }),
    });
    const pollers = [new Poller(strategy, clock), new Poller(strategy, clock)];
    await clock.advance(0);
    expect(pollers.map(({ ended }) => ended)).toEqual(
      Array.from({ length: 2 }, () => ({ error: new Error("the wire is cut") })),
    );
  });

  test("that is made by a function is each worker's own", async () => {
    const clock = new VirtualClock(0);
    const strategy = stream(async function* ({ clock }) {
      yield clock.now();
    });
    const first = new Poller(strategy, clock);
    await clock.advance(5);
    const second = new Poller(strategy, clock);
    await clock.advance(0);
    expect([first, second]).toMatchObject([
      { at: [0], ended: "yes" },
      { at: [5], ended: "yes" },
    ]);
  });
});

describe("future", () => {
  test("polls each time that a promise resolves, and sees what the poll before brought", async () => {
    const clock = new VirtualClock(0);
    const counts: number[] = [];
    const strategy = future(async ({ clock, prevCount }) => {
      counts.push(prevCount);
      await new Promise<void>((resolve) => clock.timer(50, resolve));
    });
    const poller = new Poller(strategy, clock, [3, 0]);
    await clock.advance(160);
    expect(poller.at).toEqual([50, 100, 150]);
    expect(counts).toEqual([0, 3, 0, 0]);
  });

  test("is not waited for when the polling ends", async () => {
    const clock = new VirtualClock(0);
    const poller = new Poller(
      future(() => new Promise(() => undefined)),
      clock,
    );
    await clock.advance(0);
    poller.stop();
    await clock.advance(0);
    expect(poller.ended).toBe("yes");
  });

  test("throws what the promise rejects with", async () => {
    const clock = new VirtualClock(0);
    const poller = new Poller(
      future(() => Promise.reject(new Error("no more"))),
      clock,
    );
    await clock.advance(0);
    expect(poller.ended).toEqual({ error: new Error("no more") });
  });
});

describe("race", () => {
  test("polls whenever one says so, and the others keep their place", async () => {
    const clock = new VirtualClock(0);
    const { source, tick } = byHand();
    const poller = new Poller(race(interval(1_000), stream(source)), clock);
    await clock.advance(400);
    tick();
    await clock.advance(300);
    tick();
    await clock.advance(1_400);
    expect(poller.at).toEqual([0, 400, 700, 1_000, 2_000]);
  });

  test("skips none of two that tick together", async () => {
    const clock = new VirtualClock(0);
    const { source: one, tick: tickOne } = byHand();
    const { source: other, tick: tickOther } = byHand();
    const poller = new Poller(race(stream(one), stream(other)), clock);
    await clock.advance(10);
    tickOne();
    tickOther();
    await clock.advance(10);
    expect(poller.at).toEqual([10, 10]);
  });

  test("asks each for one tick at a time", async () => {
    const clock = new VirtualClock(0);
    let asked = 0;
    const never: PollStrategy = {
      ticks: () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => {
            asked++;
            return new Promise(() => undefined);
          },
        }),
      }),
    };
    const poller = new Poller(race(interval(10), never), clock);
    await clock.advance(1_000);
    expect(poller.at).toHaveLength(101);
    expect(asked).toBe(1);
  });

  test("ends when all have ended", async () => {
    const clock = new VirtualClock(0);
    const { source, tick, end } = byHand();
    const two = stream(async function* () {
      yield 1;
      yield 2;
    });
    const poller = new Poller(race(two, stream(source)), clock);
    await clock.advance(10);
    expect(poller).toMatchObject({ at: [0, 0], ended: "no" });
    tick();
    await clock.advance(0);
    end();
    await clock.advance(0);
    expect(poller).toMatchObject({ at: [0, 0, 10], ended: "yes" });
  });

  test("throws when one does, and lets the others go", async () => {
    const clock = new VirtualClock(0);
    const poller = new Poller(
      race(
        interval(1_000),
        future(() => Promise.reject(new Error("no more"))),
      ),
      clock,
    );
    await clock.advance(0);
    expect(poller.ended).toEqual({ error: new Error("no more") });
  });

  test("serves two workers, and one that starts anew", async () => {
    const clock = new VirtualClock(0);
    const strategy = race(interval(100), interval(250));
    const first = new Poller(strategy, clock);
    await clock.advance(200);
    first.stop();
    const second = new Poller(strategy, clock);
    const third = new Poller(strategy, clock);
    await clock.advance(100);
    expect(first.at).toEqual([0, 0, 100, 200]);
    expect(second.at).toEqual([200, 200, 300]);
    expect(third.at).toEqual([200, 200, 300]);
    expect(first.ended).toBe("yes");
  });

  test("leaves no timer behind", async () => {
    const clock = new VirtualClock(0);
    const poller = new Poller(race(interval(100), interval(250)), clock);
    await clock.advance(120);
    poller.stop();
    await clock.advance(0);
    expect(clock.timers).toBe(0);
  });
});
