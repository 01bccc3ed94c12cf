import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Timer } from "../../../src/backend/timer.ts";
import { Patience, patienceMs, setPatience } from "../../../src/client/patience.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A poll that is watched, and when its signal fired. */
function watched(patience: Patience, stop = new AbortController()) {
  const began = performance.now();
  let firedAt: number | undefined;
  const watch = patience.watch(0, stop.signal);
  watch.signal.addEventListener("abort", () => {
    firedAt = performance.now() - began;
  });
  return { ...watch, stop, firedAt: () => firedAt };
}

test.each([
  [1_000, 1_000],
  [9_000, 3_000],
  [60_000, 10_000],
  [Number.POSITIVE_INFINITY, 10_000],
])("a deadline of %d ms leaves %d ms for an answer", (orphanAfterMs, ms) => {
  expect(patienceMs(orphanAfterMs)).toBe(ms);
});

test("a long request, and one that is held, may take longer", () => {
  const patience = new Patience();
  patience.learn(9_000);
  expect(patience.for(0)).toBe(3_000);
  expect(patience.for(64_000)).toBe(4_000);
  expect(patience.for(0, 25_000)).toBe(28_000);
  patience.learn(1_000);
  expect(patience.for(0)).toBe(2_000);
});

test("a poll on which nothing comes is given up, and each blank puts that off", () => {
  const patience = new Patience();
  patience.learn(6_000);
  const poll = watched(patience);
  vi.advanceTimersByTime(2_900);
  poll.heard(" ");
  vi.advanceTimersByTime(2_900);
  poll.heard("  ");
  vi.advanceTimersByTime(2_999);
  expect(poll.firedAt()).toBeUndefined();
  vi.advanceTimersByTime(1);
  expect(poll.firedAt()).toBe(8_800);
  expect(poll.signal.reason).toMatchObject({ code: "unreachable", message: expect.stringContaining("3000 ms") });
});

test("where blanks do not come through, one poll is given up for that and no other, until a blank comes", () => {
  const patience = new Patience();
  patience.learn(6_000);
  const first = watched(patience);
  vi.advanceTimersByTime(3_000);
  expect(first.firedAt()).toBe(3_000);
  first.end();

  const second = watched(patience);
  vi.advanceTimersByTime(25_000);
  second.heard('{"session":"s"');
  vi.advanceTimersByTime(25_000);
  expect(second.firedAt()).toBeUndefined();
  second.heard(" ");
  vi.advanceTimersByTime(3_000);
  expect(second.firedAt()).toBe(53_000);
  second.end();
});

test("a poll that has ended is watched no more, and one that is stopped fires with the reason", () => {
  const patience = new Patience();
  const ended = watched(patience);
  ended.end();
  ended.stop.abort("too late");
  vi.advanceTimersByTime(60_000);
  expect(ended.firedAt()).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);

  const stopped = watched(patience);
  vi.advanceTimersByTime(10);
  stopped.stop.abort("enough");
  expect(stopped.firedAt()).toBe(10);
  expect(stopped.signal.reason).toBe("enough");
  stopped.end();

  const before = new AbortController();
  before.abort("before");
  expect(patience.watch(0, before.signal).signal.reason).toBe("before");
});

test("a thread that was busy until long after the time waits once more for what came meanwhile", () => {
  const timer = new Timer();
  let dead = 0;
  const now = vi.spyOn(performance, "now");
  now.mockReturnValue(0);
  setPatience(timer, 1_000, () => dead++);
  now.mockReturnValue(1_600);
  vi.advanceTimersByTime(1_000);
  expect(dead).toBe(0);
  now.mockReturnValue(2_600);
  vi.advanceTimersByTime(1_000);
  expect(dead).toBe(1);
  now.mockRestore();
});
