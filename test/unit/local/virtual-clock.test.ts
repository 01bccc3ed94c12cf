import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";

describe("a clock by hand", () => {
  test("stands still until it is advanced", async () => {
    const clock = new VirtualClock(1_000);
    expect(clock.now()).toBe(1_000);
    await clock.advance("1.5s");
    expect(clock.now()).toBe(2_500);
    expect(new VirtualClock(new Date(5)).now()).toBe(5);
  });

  test("runs timers in order of their time, each at its own time, those of one time in the order in which they were set", async () => {
    const clock = new VirtualClock(0);
    const ran: [string, number][] = [];
    const set = (name: string, ms: number) => clock.timer(ms, () => ran.push([name, clock.now()]));
    set("late", 30);
    set("early", 10);
    set("twin", 10);
    set("never", 31);
    await clock.advance(30);
    expect(ran).toEqual([
      ["early", 10],
      ["twin", 10],
      ["late", 30],
    ]);
    expect(clock.timers).toBe(1);
  });

  test("runs what timers set, if it is due in the same time, and lets promises settle in between", async () => {
    const clock = new VirtualClock(0);
    const ran: number[] = [];
    const tick = async () => {
      for (let turns = 0; turns < 50; turns++) await null;
      ran.push(clock.now());
      clock.timer(10, tick);
    };
    clock.timer(10, tick);
    await clock.advance(45);
    expect(ran).toEqual([10, 20, 30, 40]);
  });

  test("what was begun before may set its timers before time goes on", async () => {
    const clock = new VirtualClock(0);
    const ran: number[] = [];
    void Promise.resolve().then(() => clock.timer(5, () => ran.push(clock.now())));
    await clock.advance(5);
    expect(ran).toEqual([5]);
  });

  test("a timer that is cancelled does not run, and may be cancelled again", async () => {
    const clock = new VirtualClock(0);
    let runs = 0;
    const cancel = clock.timer(5, () => runs++);
    cancel();
    cancel();
    expect(clock.timers).toBe(0);
    const used = clock.timer(5, () => runs++);
    await clock.advance(5);
    used();
    expect(runs).toBe(1);
  });

  test("a jump runs nothing: what was due in between runs late, when time goes on", async () => {
    const clock = new VirtualClock(0);
    const ran: number[] = [];
    clock.timer(10, () => ran.push(clock.now()));
    clock.timer(150, () => ran.push(clock.now()));
    clock.jump(100);
    expect([clock.now(), ran]).toEqual([100, []]);
    await clock.advance(0);
    expect(ran).toEqual([100]);
    await clock.advance(50);
    expect(ran).toEqual([100, 150]);
  });

  test("a clock that is set back shows another time, and timers run as they would have", async () => {
    const clock = new VirtualClock(1_000);
    const ran: number[] = [];
    clock.timer(10, () => ran.push(clock.now()));
    clock.jump(-500);
    expect(clock.now()).toBe(500);
    await clock.advance(10);
    expect(ran).toEqual([510]);
  });

  test("advances that are not awaited follow each other", async () => {
    const clock = new VirtualClock(0);
    const ran: number[] = [];
    clock.timer(10, () => ran.push(clock.now()));
    await Promise.all([clock.advance(10), clock.advance(10)]);
    expect([clock.now(), ran]).toEqual([20, [10]]);
  });

  test("what a timer throws, the advance throws", async () => {
    const clock = new VirtualClock(0);
    clock.timer(1, () => {
      throw new RangeError("no");
    });
    await expect(clock.advance(1)).rejects.toThrow(RangeError);
    await clock.advance(1);
    expect(clock.now()).toBe(2);
  });
});
