// What the contract says "more exactly" than its table.
import { describe, expect, test } from "vitest";
import { transition } from "../../../src/task/machine.ts";
import type { TaskEvent, TaskState } from "../../../src/task/state.ts";
import { deepFrozen, ENDED, FREE, inStatus, LIVE, MOMENT, NEW, NOW, past, put, taken, verdict } from "./states.ts";

const succeed: TaskEvent = { type: "succeed", token: LIVE };
const fail: TaskEvent = { type: "fail", token: LIVE, error: "boom" };
const abort: TaskEvent = { type: "abort", token: LIVE, error: "hopeless" };
const snooze: TaskEvent = { type: "snooze", token: LIVE, delayMs: 30_000 };
const release: TaskEvent = { type: "release", token: LIVE };
const start: TaskEvent = { type: "start", token: LIVE };
const claim: TaskEvent = { type: "claim", token: NEW, autoStart: false };
const resume: TaskEvent = { type: "resume", abandoned: false };
const cancel: TaskEvent = { type: "cancel" };
const orphan: TaskEvent = { type: "orphan", error: "abandoned", strike: true, reason: "orphaned" };
const slow: TaskEvent = { ...orphan, strike: false };
const reschedule = (runAt: number): TaskEvent => ({ type: "reschedule", runAt });
const update = (patch: Extract<TaskEvent, { type: "update" }>["patch"]): TaskEvent => ({ type: "update", patch });

describe("an ack that is sent again", () => {
  test.each([
    ["ok", succeed, "Done"],
    ["err", fail, "Failed"],
    ["abort", abort, "Killed"],
  ] as const)("gets the first answer, %s, whatever it brings now", (_, event, answer) => {
    const once = deepFrozen(taken(put(inStatus("Running"), event)).next);
    for (const repeated of [succeed, fail, abort]) {
      expect(transition(once, repeated, MOMENT)).toStrictEqual({
        ok: true,
        value: { next: once, changed: false, answer },
      });
    }
  });

  test("gets it after the task was rescheduled, resumed, cancelled or changed", () => {
    const running = inStatus("Running");
    expect(verdict(put(running, fail, reschedule(NOW), succeed))).toBe("Failed");
    expect(verdict(put(running, fail, resume, fail))).toBe("Failed");
    expect(verdict(put(running, fail, cancel, fail))).toBe("Failed");
    expect(verdict(put(running, fail, update({ runAt: 5 }), fail))).toBe("Failed");
  });

  test("is lost once the task is claimed anew, and stays so when that lease ends", () => {
    const claimed = [fail, resume, claim] as const;
    expect(verdict(put(inStatus("Running"), ...claimed, fail))).toBe("lease_lost");
    expect(verdict(put(inStatus("Running"), ...claimed, { ...release, token: NEW }, fail))).toBe("lease_lost");
    expect(verdict(put(inStatus("Running"), ...claimed, { ...fail, token: NEW }, fail))).toBe("lease_lost");
  });

  test("is lost when the lease was taken back, not ended", () => {
    for (const event of [
      cancel,
      reschedule(NOW),
      orphan,
      { type: "timeout" } as const,
      { ...resume, abandoned: true },
    ]) {
      for (const late of [succeed, fail, abort, snooze, release, start]) {
        expect(verdict(put(inStatus("Running"), event, late)), `${late.type} after ${event.type}`).toBe("lease_lost");
      }
    }
  });
});

test("a snooze and a release that are sent again get their answer, but neither stands for the other or for an ack", () => {
  for (const event of [snooze, release]) {
    const once = taken(put(inStatus("Running"), event)).next;
    const verdicts = [snooze, release, succeed, fail, abort].map((late) => verdict(put(once, late)));
    const expected = [snooze, release].map((same) => (same === event ? "Pending" : "lease_lost"));
    expect(verdicts).toEqual([...expected, "lease_lost", "lease_lost", "lease_lost"]);
  }
  const done = taken(put(inStatus("Running"), succeed)).next;
  expect([snooze, release, start].map((late) => verdict(put(done, late)))).toEqual(Array(3).fill("lease_lost"));
});

describe("a failure", () => {
  test("on the last attempt kills the task, and leaves its place as it was", () => {
    const last = inStatus("Running", { attempt: 3 });
    const run = { attempt: 3, startedAt: NOW - 10_000, outcome: "killed", error: "boom" };
    const next = { ...last, ...FREE, status: "Killed", doneAt: NOW, past: past("ack", "Killed") };
    expect(put(last, fail)).toStrictEqual({
      ok: true,
      value: { next, changed: true, answer: "Killed", run, error: "boom" },
    });
    // Being told when to retry gives no further attempt.
    expect(verdict(put(last, { ...fail, retryAfterMs: 0 }))).toBe("Killed");
  });

  test("reported from Queued counts the attempt before it asks whether one is left", () => {
    expect(taken(put(inStatus("Queued", { attempt: 2 }), fail)).next).toMatchObject({ status: "Killed", attempt: 3 });
    expect(taken(put(inStatus("Queued", { attempt: 1 }), fail)).next).toMatchObject({ status: "Failed", attempt: 2 });
  });

  test("of a task with one attempt is its end", () => {
    const once = { attempt: 1, maxAttempts: 1 };
    for (const event of [fail, orphan, { type: "timeout" } as const]) {
      expect(taken(put(inStatus("Running", once), event)).next).toMatchObject({ status: "Killed", attempt: 1 });
    }
  });

  test("waits as its ack says, even not at all, and else by the backoff", () => {
    const runAt = (event: TaskEvent) => taken(put(inStatus("Running", { attempt: 2 }), event)).next.runAt;
    expect(runAt(fail)).toBe(NOW + 2_000);
    expect(runAt({ ...fail, retryAfterMs: undefined })).toBe(NOW + 2_000);
    expect(runAt({ ...fail, retryAfterMs: 7 })).toBe(NOW + 7);
    expect(runAt({ ...fail, retryAfterMs: 0 })).toBe(NOW);
  });

  test("by silence or by time on the last attempt says so in its run, and tells the holder", () => {
    const last = inStatus("Running", { attempt: 3 });
    const silent = taken(put(last, orphan));
    expect(silent).toMatchObject({ answer: "Killed", error: "abandoned", lost: "orphaned" });
    expect(silent.run).toMatchObject({ attempt: 3, outcome: "orphaned", error: "abandoned" });
    const late = taken(put(last, { type: "timeout" }));
    expect(late).toMatchObject({ answer: "Killed", error: "timed out after 10000 ms", lost: "timeout" });
    expect(late.run).toMatchObject({ attempt: 3, outcome: "timeout" });
  });
});

test("an abort is never retried, however many attempts are left", () => {
  expect(verdict(put(inStatus("Queued", { attempt: 0, maxAttempts: 99 }), abort))).toBe("Killed");
  expect(verdict(put(inStatus("Running", { maxAttempts: 99 }), abort))).toBe("Killed");
});

describe("a place in the queue", () => {
  const early = { runAt: NOW - 5_000 };

  test("is kept by what is due at once", () => {
    for (const event of [release, orphan, slow, { ...resume, abandoned: true }]) {
      expect(taken(put(inStatus("Queued", early), event)).next.runAt, event.type).toBe(NOW - 5_000);
    }
    for (const event of [release, { ...resume, abandoned: true }]) {
      expect(taken(put(inStatus("Running", early), event)).next.runAt, event.type).toBe(NOW - 5_000);
    }
    expect(taken(put(inStatus("Killed", early), resume)).next.runAt).toBe(NOW - 5_000);
  });

  test("in the future becomes now when the task is resumed", () => {
    expect(taken(put(inStatus("Failed", { runAt: NOW + 9_000 }), resume)).next.runAt).toBe(NOW);
  });
});

test("a claim takes what is due, to the millisecond", () => {
  expect(verdict(put(inStatus("Pending", { runAt: NOW }), claim))).toBe("Queued");
  expect(verdict(put(inStatus("Pending", { runAt: NOW + 1 }), claim))).toBe("wrong_status");
  expect(verdict(put(inStatus("Failed", { runAt: NOW + 1 }), claim))).toBe("wrong_status");
});

describe("time to run", () => {
  const unbounded: Partial<TaskState> = { timeoutMs: null, deadline: null };

  test("is up at the deadline, not before, and never without one", () => {
    const timeout: TaskEvent = { type: "timeout" };
    expect(verdict(put(inStatus("Running", { deadline: NOW }), timeout))).toBe("Failed");
    expect(verdict(put(inStatus("Running", { deadline: NOW + 1 }), timeout))).toBe("wrong_status");
    expect(verdict(put(inStatus("Running", unbounded), timeout))).toBe("wrong_status");
  });

  test("has no end when the task has no timeout, until it is extended; the timeout itself stays", () => {
    const begun = taken(put(inStatus("Queued", unbounded), start)).next;
    expect(begun.deadline).toBeNull();
    const extended = taken(put(begun, { type: "extend", token: LIVE, timeoutMs: 500 })).next;
    expect(extended).toEqual({ ...begun, deadline: NOW + 500 });
    expect(taken(put(inStatus("Running"), { type: "extend", token: LIVE, timeoutMs: 5 })).next).toMatchObject({
      deadline: NOW + 5,
      timeoutMs: 10_000,
    });
  });

  test("is not given anew by a start that is sent again", () => {
    const extended = taken(put(inStatus("Running"), { type: "extend", token: LIVE, timeoutMs: 500 })).next;
    expect(taken(put(extended, start))).toEqual({ next: extended, changed: false, answer: "Running" });
  });
});

describe("an attempt that is given back", () => {
  test("is counted again, under its number", () => {
    for (const [event, outcome] of [
      [snooze, "snoozed"],
      [release, "released"],
      [reschedule(NOW), "rescheduled"],
    ] as const) {
      const back = taken(put(inStatus("Running", { attempt: 2 }), event));
      expect(back.run).toEqual({ attempt: 2, startedAt: NOW - 10_000, outcome });
      expect(back.next.attempt).toBe(1);
      const restarted = taken(put({ ...back.next, runAt: NOW }, { ...claim, autoStart: true })).next;
      expect(restarted.attempt).toBe(2);
    }
  });

  test("was none when the task had not begun: no run, nothing to take off", () => {
    for (const event of [snooze, release, reschedule(NOW), cancel, orphan]) {
      const back = taken(put(inStatus("Queued", { attempt: 2 }), event));
      expect([back.run, back.next.attempt], event.type).toEqual([undefined, 2]);
    }
  });

  test("is not given back by a cancel, which closes the run", () => {
    const cancelled = taken(put(inStatus("Running", { attempt: 2 }), cancel));
    expect(cancelled.next.attempt).toBe(2);
    expect(cancelled.run).toMatchObject({ attempt: 2, outcome: "cancelled" });
  });
});

test("reschedule starts the attempts at 0 from Killed, and keeps them elsewhere", () => {
  const attempt = (task: TaskState) => taken(put(task, reschedule(NOW + 1))).next.attempt;
  expect(attempt(inStatus("Killed", { attempt: 3 }))).toBe(0);
  expect(attempt(inStatus("Failed", { attempt: 2 }))).toBe(2);
  expect(attempt(inStatus("Pending", { attempt: 2 }))).toBe(2);
  expect(attempt(inStatus("Queued", { attempt: 2 }))).toBe(2);
});

describe("an update", () => {
  test("refuses maxAttempts that are not above the attempts had", () => {
    for (const status of ["Pending", "Failed", "Killed"] as const) {
      const task = inStatus(status, { attempt: 2, past: past("ack", "Failed", ENDED) });
      for (const maxAttempts of [1, 2]) {
        const error = { code: "bad_request", detail: expect.any(String), path: "maxAttempts", taskStatus: status };
        expect(put(task, update({ maxAttempts, runAt: 5 }))).toEqual({ ok: false, error });
      }
      expect(taken(put(task, update({ maxAttempts: 3 }))).next).toEqual({ ...task, maxAttempts: 3 });
    }
  });

  test("of one field leaves the others", () => {
    const task = inStatus("Failed");
    for (const patch of [{ runAt: 5 }, { timeoutMs: null }, { timeoutMs: 7 }, { maxAttempts: 9 }, {}]) {
      expect(taken(put(task, update(patch))).next).toEqual({ ...task, ...patch });
    }
  });
});

test("a vacuum takes what was terminal by then, and leaves what is younger", () => {
  const vacuum = (doneBy: number): TaskEvent => ({ type: "vacuum", doneBy });
  for (const status of ["Done", "Killed"] as const) {
    const task = inStatus(status, { doneAt: NOW - 1_000 });
    expect(taken(put(task, vacuum(NOW - 1_000))).gone).toBe(true);
    expect(verdict(put(task, vacuum(NOW - 1_001)))).toBe("wrong_status");
  }
});
