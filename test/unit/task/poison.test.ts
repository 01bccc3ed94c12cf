// A task that ends its workers before they can say that they began.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_STRIKES } from "../../../src/limits.ts";
import { transition } from "../../../src/task/machine.ts";
import type { TaskEvent, TaskState } from "../../../src/task/state.ts";
import { FREE, inStatus, LIVE, MOMENT, NOW, put, taken } from "./states.ts";

const fresh: Partial<TaskState> = { attempt: 0, strikes: 0 };
const claim: TaskEvent = { type: "claim", token: LIVE, autoStart: false };
const death: TaskEvent = { type: "orphan", error: "abandoned: silent", strike: true, reason: "orphaned" };
const slow: TaskEvent = { ...death, strike: false };
const release: TaskEvent = { type: "release", token: LIVE };
const deaths = (count: number, event: TaskEvent = death) => Array.from({ length: count }, () => [claim, event]).flat();
const left = (task: TaskState, ...events: TaskEvent[]) => taken(put(task, ...events)).next;

describe("five workers in a row that die over a queued task", () => {
  test("burn an attempt, not one before", () => {
    expect(left(inStatus("Pending", fresh), ...deaths(4))).toMatchObject({ attempt: 0, strikes: 4 });
    const fifth = taken(put(inStatus("Queued", { ...fresh, strikes: 4 }), death));
    const next = { ...inStatus("Queued", fresh), ...FREE, status: "Pending", attempt: 1, strikes: 0 };
    expect(fifth).toEqual({ next, changed: true, answer: "Pending", lost: "orphaned" });
  });

  test("kill a task that has no attempt left", () => {
    const last = inStatus("Queued", { attempt: 2, strikes: 4 });
    const next = { ...last, ...FREE, status: "Killed", attempt: 3, strikes: 0, doneAt: NOW };
    expect(taken(put(last, death))).toEqual({
      next,
      changed: true,
      answer: "Killed",
      error: "abandoned: silent",
      lost: "orphaned",
    });
  });
});

describe("the row of five", () => {
  const four = inStatus("Pending", { ...fresh, strikes: 4 });

  test("is ended by a start, with a claim or after it", () => {
    expect(left(four, claim, { type: "start", token: LIVE }).strikes).toBe(0);
    expect(taken(put(four, { ...claim, autoStart: true })).next.strikes).toBe(0);
  });

  test("is ended by a holder who acks or gives the task back, and by whoever starts it afresh", () => {
    const holders: TaskEvent[] = [
      { type: "fail", token: LIVE, error: "boom" },
      { type: "snooze", token: LIVE, delayMs: 0 },
      release,
      { type: "reschedule", runAt: NOW },
      { type: "resume", abandoned: true },
    ];
    for (const event of holders) expect(left(four, claim, event).strikes, event.type).toBe(0);
  });

  test("neither grows nor ends by a worker that lives and is only slow", () => {
    expect(left(inStatus("Pending", fresh), ...deaths(20, slow))).toMatchObject({ attempt: 0, strikes: 0 });
    expect(left(four, ...deaths(20, slow))).toMatchObject({ attempt: 0, strikes: 4 });
    expect(left(four, ...deaths(20, slow), ...deaths(1))).toMatchObject({ attempt: 1, strikes: 0 });
  });
});

test("a task that kills whoever takes it is killed, started or not, with slow ones in between or not", () => {
  const ends = fc.constantFrom("dies", "starts and dies", "is slow");
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.infiniteStream(ends), (maxAttempts, stream) => {
      let task = inStatus("Pending", { ...fresh, maxAttempts });
      let died = 0;
      for (const end of stream) {
        const autoStart = end === "starts and dies";
        task = taken(transition({ ...task, runAt: NOW }, { ...claim, autoStart }, MOMENT)).next;
        task = taken(transition(task, end === "is slow" ? slow : death, MOMENT)).next;
        if (end !== "is slow") died++;
        if (task.status === "Killed") break;
        expect(died).toBeLessThan(MAX_STRIKES * maxAttempts);
      }
      expect(task).toMatchObject({ status: "Killed", attempt: maxAttempts });
    }),
  );
});
