import { describe, expect, test } from "vitest";
import { backoff, interval } from "../../../src/backend/poll-strategy.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { Poller } from "./poller.ts";

describe("interval", () => {
  test("polls at once, and then so long after each poll", async () => {
    const clock = new VirtualClock(0);
    const poller = new Poller(interval("1s"), clock);
    await clock.advance(3_500);
    expect(poller.at).toEqual([0, 1_000, 2_000, 3_000]);
  });

  test("ends, and leaves no timer, when the polling does", async () => {
    const clock = new VirtualClock(0);
    const poller = new Poller(interval(100), clock);
    await clock.advance(250);
    poller.stop();
    await clock.advance(0);
    expect(poller.ended).toBe("yes");
    expect(clock.timers).toBe(0);
  });

  test.each([0, -1, Number.NaN])("of %d is refused", (every) => {
    expect(() => interval(every)).toThrow(expect.objectContaining({ code: "bad_request", path: "interval" }));
  });
});

describe("backoff", () => {
  const steady = { base: 100, max: 1_000, factor: 2, jitter: 0 };

  test("waits longer while polls bring nothing, up to the longest wait", async () => {
    const clock = new VirtualClock(0);
    const poller = new Poller(backoff(steady), clock);
    await clock.advance(5_000);
    expect(poller.waits).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });

  test("begins anew as soon as a poll brings something, and stays quick under traffic", async () => {
    const clock = new VirtualClock(0);
    const poller = new Poller(backoff(steady), clock, [0, 0, 0, 7, 1, 1, 0, 0, 0]);
    await clock.advance(2_000);
    expect(poller.waits).toEqual([100, 200, 400, 100, 100, 100, 100, 200, 400]);
  });

  test("varies each wait by so much of itself, up and down", async () => {
    const clock = new VirtualClock(0);
    const chances = [0, 0.5, 1];
    const random = () => chances.shift() ?? 0.5;
    const poller = new Poller(backoff({ base: 1_000, factor: 1, jitter: 0.2, random }), clock);
    await clock.advance(3_000);
    expect(poller.waits).toEqual([800, 1_000, 1_200]);
  });

  test("is what an interval can be given", async () => {
    const clock = new VirtualClock(0);
    const poller = new Poller(interval(100).withBackoff({ factor: 3, max: "1s", jitter: 0 }), clock);
    await clock.advance(3_500);
    expect(poller.waits).toEqual([100, 300, 900, 1_000, 1_000]);
  });

  test("varies by a tenth, doubles, and waits at most a minute unless told otherwise", async () => {
    const clock = new VirtualClock(0);
    const poller = new Poller(backoff({ base: "20s", random: () => 1 }), clock);
    await clock.advance(300_000);
    expect(poller.waits).toEqual([22_000, 44_000, 66_000, 66_000, 66_000]);
  });

  test("of one worker knows nothing of that of another", async () => {
    const clock = new VirtualClock(0);
    const strategy = backoff(steady);
    const idle = new Poller(strategy, clock);
    const busy = new Poller(strategy, clock, [1, 1, 1, 1, 1, 1, 1]);
    await clock.advance(600);
    expect(idle.waits).toEqual([100, 200]);
    expect(busy.waits).toEqual([100, 100, 100, 100, 100, 100]);
  });

  test.each([
    ["base", { base: 0 }],
    ["factor", { base: 1, factor: 0.5 }],
    ["factor", { base: 1, factor: Number.NaN }],
    ["jitter", { base: 1, jitter: 1.5 }],
    ["max", { base: 1, max: -1 }],
  ])("refuses a wrong %s", (path, options) => {
    expect(() => backoff(options)).toThrow(expect.objectContaining({ code: "bad_request", path }));
  });
});
