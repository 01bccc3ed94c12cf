import { expect, test } from "vitest";
import { AlarmClock } from "../../../src/object/alarm-clock.ts";

function clockAt(at: number | null) {
  const set: number[] = [];
  const storage = {
    getAlarm: async () => at,
    setAlarm: async (time: number | Date) => {
      set.push(Number(time));
    },
  };
  return { clock: new AlarmClock(storage), set };
}

test("an alarm moves earlier, never later", async () => {
  const { clock, set } = clockAt(1_000);
  await clock.load();
  expect(clock.stage(2_000, 0)).toBe(false);
  expect(clock.stage(500, 0)).toBe(true);
  clock.settle(true);
  expect(clock.stage(900, 0)).toBe(false);
  expect(set).toEqual([500]);
});

test("with none set, any is set, and none in the past", async () => {
  const { clock, set } = clockAt(null);
  await clock.load();
  expect(clock.stage(50, 100)).toBe(true);
  expect(set).toEqual([100]);
});

test("an alarm that has just passed is about to fire, and is left alone", async () => {
  const { clock, set } = clockAt(1_000);
  await clock.load();
  expect(clock.stage(900, 1_001)).toBe(false);
  expect(clock.stage(60_000, 5_999)).toBe(false);
  expect(set).toEqual([]);
});

test("an alarm that passed long ago is set to fire now, whatever is wanted: what it was for is still to be done", async () => {
  const { clock, set } = clockAt(1_000);
  await clock.load();
  expect(clock.stage(60_000, 6_000)).toBe(true);
  expect(set).toEqual([6_000]);
});

test("nothing wanted sets nothing, even over one that has passed", async () => {
  const { clock, set } = clockAt(1_000);
  await clock.load();
  expect(clock.stage(null, 20_000)).toBe(false);
  expect(set).toEqual([]);
});

test("an alarm of a transaction that failed is forgotten with it", async () => {
  const { clock, set } = clockAt(null);
  await clock.load();
  clock.stage(500, 0);
  clock.settle(false);
  expect(clock.stage(800, 0)).toBe(true);
  expect(set).toEqual([500, 800]);
});

test("after it fired, the next is set afresh", async () => {
  const { clock, set } = clockAt(100);
  await clock.load();
  clock.clear();
  await clock.set(900, 100);
  expect(set).toEqual([900]);
});

test("a handler that failed has its alarm put off, whatever is due: it must not spin", async () => {
  const { clock, set } = clockAt(1_000);
  await clock.load();
  await clock.postpone(6_000);
  expect(clock.stage(7_000, 1_000)).toBe(false);
  expect(clock.stage(5_000, 1_000)).toBe(true);
  expect(set).toEqual([6_000, 5_000]);
});
