// Random lives of a task, held against what is true of every life. fast-check prints the seed of one that fails.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_STRIKES } from "../../../src/limits.ts";
import { transition } from "../../../src/task/machine.ts";
import type { Moment, TaskEvent, TaskState, Transition } from "../../../src/task/state.ts";
import { isLeased, isTerminal } from "../../../src/task/status.ts";
import { deepFrozen, inStatus } from "./states.ts";
import { EVENTS } from "./table.ts";

/** An event whose token is yet to be chosen: that of the live lease, of the lease before, or of none that ever was. */
interface Step {
  readonly event: TaskEvent;
  readonly lease: "live" | "ended" | "unknown";
  readonly waitedMs: number;
  readonly random: number;
}

const span = fc.nat(20_000);
const instant = fc.nat(2_000_000);
const plain = (types: readonly TaskEvent["type"][]) => fc.constantFrom(...types).map((type) => EVENTS[type](0));
const anyEvent: fc.Arbitrary<TaskEvent> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant("claim"), token: fc.constant(0), autoStart: fc.boolean() }) },
  { weight: 8, arbitrary: plain(["succeed", "abort", "release", "progress", "cancel"]) },
  { weight: 12, arbitrary: plain(["start", "timeout"]) },
  plain(["delete"]),
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("fail"),
      token: fc.constant(0),
      error: fc.string(),
      retryAfterMs: fc.option(span, { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("snooze"), token: fc.constant(0), delayMs: span }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("extend"), token: fc.constant(0), timeoutMs: span }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("orphan"),
      error: fc.string(),
      strike: fc.boolean(),
      reason: fc.constantFrom("orphaned", "superseded"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("reschedule"), runAt: instant }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("resume"), abandoned: fc.boolean() }) },
  fc.record({ type: fc.constant("vacuum"), doneBy: fc.nat(3_000_000) }),
  fc.record({
    type: fc.constant("update"),
    patch: fc.record(
      { runAt: instant, maxAttempts: fc.integer({ min: 1, max: 6 }), timeoutMs: fc.option(span) },
      { requiredKeys: [] },
    ),
  }),
);
const stepsOf = (event: fc.Arbitrary<TaskEvent>) =>
  fc.record({
    event,
    lease: fc.oneof({ weight: 6, arbitrary: fc.constant("live") }, fc.constantFrom("ended", "unknown")),
    waitedMs: span,
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  }) satisfies fc.Arbitrary<Step>;

/** Claims that end in the death of the worker, over and over. */
const deadly: fc.Arbitrary<TaskEvent> = fc.constantFrom(
  { type: "claim", token: 0, autoStart: false },
  { type: "orphan", error: "abandoned", strike: true, reason: "orphaned" },
);
const anyLife: fc.Arbitrary<Step[]> = fc.oneof(
  { weight: 4, arbitrary: fc.array(stepsOf(anyEvent), { maxLength: 120, size: "max" }) },
  fc.array(stepsOf(fc.oneof({ weight: 30, arbitrary: deadly }, anyEvent)), { maxLength: 120, size: "max" }),
);

/** What came of one step: `transition` is absent where the event was refused. */
interface Change {
  readonly before: TaskState;
  readonly event: TaskEvent;
  readonly moment: Moment;
  readonly transition: Transition | undefined;
  readonly after: TaskState;
}

const UNKNOWN = 999_999;

/** Leads a pushed task through the steps until its row is gone, and shows each change. */
function live(life: readonly Step[], see: (change: Change) => void): void {
  let before = inStatus("Pending", { attempt: 0, strikes: 0 });
  let now = 1_000_000;
  let minted = 0;
  let ended = UNKNOWN;
  for (const { event: drawn, lease, waitedMs, random } of life) {
    now += waitedMs;
    const tokens = { live: before.token ?? ended, ended, unknown: UNKNOWN };
    const token = drawn.type === "claim" ? ++minted : tokens[lease];
    const event = deepFrozen("token" in drawn ? { ...drawn, token } : drawn);
    const moment = deepFrozen({ now, random });
    const outcome = transition(before, event, moment);
    const after = outcome.ok ? deepFrozen(outcome.value.next) : before;
    see({ before, event, moment, transition: outcome.ok ? outcome.value : undefined, after });
    if (outcome.ok && outcome.value.gone) return;
    if (before.token !== null && after.token !== before.token) ended = before.token;
    before = after;
  }
}

const always = (see: (change: Change) => void) =>
  fc.assert(
    fc.property(anyLife, (life) => live(life, see)),
    { numRuns: 300 },
  );

describe("in every life of a task", () => {
  test("every event is taken now and then, and every end of an execution comes about", () => {
    const taken = new Set<string>();
    const outcomes = new Set<string>();
    let burned = 0;
    always(({ before, event, transition: done, after }) => {
      if (done?.changed) taken.add(event.type);
      if (done?.run) outcomes.add(done.run.outcome);
      if (event.type === "orphan" && !done?.run && after.attempt > before.attempt) burned++;
    });
    expect(taken).toEqual(new Set(Object.keys(EVENTS)));
    expect(outcomes.size).toBe(9);
    expect(burned).toBeGreaterThan(0);
  });

  test("the state is one that can be", () => {
    always(({ after: task }) => {
      expect(task.attempt).toBeGreaterThanOrEqual(0);
      expect(task.attempt).toBeLessThanOrEqual(task.maxAttempts);
      // Whoever waits for an execution has one left.
      if (!isTerminal(task.status) && task.status !== "Running") expect(task.attempt).toBeLessThan(task.maxAttempts);
      expect(task.token !== null).toBe(isLeased(task.status));
      expect(task.lockAt !== null).toBe(isLeased(task.status));
      expect(task.startedAt !== null).toBe(task.status === "Running");
      if (task.status !== "Running") expect(task.deadline).toBeNull();
      expect(task.doneAt !== null).toBe(isTerminal(task.status));
      if (isLeased(task.status)) expect(task.past).toBeNull();
      expect(task.strikes).toBeLessThan(MAX_STRIKES);
      if (task.status !== "Pending" && task.status !== "Queued") expect(task.strikes).toBe(0);
    });
  });

  test("the answer is the status, and what is refused or unchanged is untouched", () => {
    always(({ before, transition: done, after }) => {
      if (done?.changed) expect(done.answer).toBe(after.status);
      else expect(after).toBe(before);
    });
  });

  test("a terminal task leaves its state only by resume, reschedule of a killed one, vacuum or delete", () => {
    always(({ before, event, transition: done, after }) => {
      if (!isTerminal(before.status)) return;
      if (done?.gone) expect(["vacuum", "delete"]).toContain(event.type);
      else if (after.status !== before.status) {
        expect(before.status).toBe("Killed");
        expect(["resume", "reschedule"]).toContain(event.type);
      }
    });
  });

  test("a lease that is not the live one changes nothing", () => {
    always(({ before, event, transition: done }) => {
      if (event.type !== "claim" && "token" in event && event.token !== before.token) {
        expect(done?.changed ?? false).toBe(false);
      }
    });
  });

  test("a lease that is gone never comes back, and its holder is told unless it ended it", () => {
    const HOLDERS = new Set(["succeed", "fail", "abort", "snooze", "release"]);
    always(({ before, event, transition: done, after }) => {
      if (after.token !== before.token && after.token !== null) expect(event).toMatchObject({ type: "claim" });
      const isOver = before.token !== null && after.token === null;
      expect(done?.lost !== undefined).toBe(isOver && !HOLDERS.has(event.type));
      if (isOver && HOLDERS.has(event.type)) expect(after.past).toMatchObject({ token: before.token });
    });
  });

  test("nothing runs before its time, nor is timed out before its deadline", () => {
    always(({ before, event, moment, transition: done }) => {
      if (event.type === "claim" && done) expect(before.runAt).toBeLessThanOrEqual(moment.now);
      if (event.type === "timeout" && done) expect(before.deadline ?? Infinity).toBeLessThanOrEqual(moment.now);
    });
  });
});

test("in every life, each execution is closed once, and the attempts are those begun, less those given back", () => {
  const GIVEN_BACK = new Set(["snoozed", "released", "rescheduled"]);
  fc.assert(
    fc.property(anyLife, (life) => {
      let begun = 0;
      let closed = 0;
      let counted = 0;
      live(life, ({ before, event, transition: done, after }) => {
        if (!done?.changed) return;
        const acked = before.status === "Queued" && ["succeed", "fail", "abort"].includes(event.type);
        const starts = acked || (before.status !== "Running" && after.status === "Running");
        if (starts) begun++;
        if (starts) counted++;
        if (done.run) {
          closed++;
          // The run has the number that the execution had when it began.
          expect(done.run.attempt).toBe(acked ? before.attempt + 1 : before.attempt);
          expect(done.run.startedAt).toBe(acked ? before.lockAt : before.startedAt);
          if (GIVEN_BACK.has(done.run.outcome)) counted--;
        }
        // Five dead workers in a row burn an attempt that was no execution.
        if (event.type === "orphan" && before.status === "Queued" && before.strikes === MAX_STRIKES - 1 && event.strike)
          counted++;
        if (event.type === "resume" || (event.type === "reschedule" && before.status === "Killed")) counted = 0;
        expect(closed).toBe(begun - (after.status === "Running" ? 1 : 0));
        expect(after.attempt).toBe(counted);
      });
    }),
    { numRuns: 300 },
  );
});
