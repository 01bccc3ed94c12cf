/** Chance: steps, each kind as often as it is worth. */

import fc from "fast-check";
import { change, filter, key, optional, patch, pick, say, span, stall, task, vacuum, worker } from "./chance.ts";
import type { Choice, Step } from "./steps.ts";

/**
 * Each kind of step as often as it is named.
 *
 * @param burst of how many tasks a burst is; 0 is a life without what takes long
 */
export function stepArbitraries(burst: number): fc.Arbitrary<Step>[] {
  const push = fc.record({ do: fc.constant("push" as const), tasks: fc.array(task, { minLength: 1, maxLength: 4 }) });
  const poll = fc.record({
    do: fc.constant("poll" as const),
    worker,
    session: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, pick),
    max: fc.integer({ min: 1, max: 4 }),
    autoStart: fc.boolean(),
    say: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(say, { maxLength: 2 })),
  });
  const events = fc.record({
    do: fc.constant("events" as const),
    sender: fc.constantFrom(
      "nobody" as const,
      "nobody" as const,
      "worker" as const,
      "owner" as const,
      "other" as const,
    ),
    say: fc.array(say, { minLength: 1, maxLength: 3 }),
  });
  const pass = fc.record({ do: fc.constant("pass" as const), ms: span });
  const alarm = fc.constant<Step>({ do: "alarm" });
  return [
    ...times(push, 5),
    ...times(poll, 6),
    ...times(events, 9),
    ...times(pass, 3),
    ...times(alarm, 2),
    ...times(together(push, poll, events), 2),
    ...byTask,
    ...byQueue,
    ...(burst > 0 ? [...times(bursting(burst), 3), wearing, wearing] : []),
  ];
}

const times = (step: fc.Arbitrary<Step>, count: number): fc.Arbitrary<Step>[] => Array(count).fill(step);

/** Those that are a transaction each, and each read what the one before wrote. */
const together = (...often: fc.Arbitrary<Step>[]): fc.Arbitrary<Step> =>
  fc.record({
    do: fc.constant("together" as const),
    steps: fc.array(fc.oneof(...often, ...often, ...oneByOne), { minLength: 2, maxLength: 3 }),
  });

const bursting = (count: number): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant("burst" as const), count: fc.constant(count), delayMs: fc.constantFrom(0, 500) });

/** More executions than a task remembers. */
const wearing: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("wear" as const),
  worker,
  times: fc.constantFrom(3, 21),
});

const oneByOne: fc.Arbitrary<Step>[] = [
  fc.record({ do: fc.constantFrom("delete" as const, "cancel" as const), task: pick }),
  fc.record({ do: fc.constant("resume" as const), task: pick }),
  fc.record({ do: fc.constant("register" as const), worker }),
  fc.record({ do: fc.constantFrom("heartbeat" as const, "heartbeat" as const, "goodbye" as const), session: pick }),
  fc.record({ do: fc.constant("reschedule" as const), task: pick, inMs: span, absolute: fc.boolean() }),
  fc.record({
    do: fc.constant("update" as const),
    task: pick,
    patch: fc.tuple(patch, optional(span)).map(([one, inMs]) => (inMs === undefined ? one : { ...one, runAt: inMs })),
    revision: fc.constantFrom("none" as const, "none" as const, "right" as const, "wrong" as const),
  }),
];

const byTask: fc.Arbitrary<Step>[] = [
  ...oneByOne,
  fc.record({ do: fc.constant("fetch" as const), task: pick }),
  fc.record({
    do: fc.constant("bulk" as const),
    of: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom("resume" as const, "cancel" as const, "reschedule" as const) },
      fc.constant("delete" as const),
    ),
    tasks: fc.option<Choice[]>(fc.array(pick, { minLength: 1, maxLength: 3 })),
    filter,
    limit: fc.option<number>(fc.integer({ min: 1, max: 3 })),
    dryRun: fc.nat(3).map((n) => n === 0),
    delayMs: span,
  }),
];

const byQueue: fc.Arbitrary<Step>[] = [
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Step>({ do: "resumeAbandoned" }) },
    { weight: 3, arbitrary: vacuum },
    fc.constantFrom<Step>({ do: "purge" }, { do: "drop", force: false }, { do: "drop", force: true }),
  ),
  fc.constant<Step>({ do: "restart" }),
  fc.record({ do: fc.constant("configure" as const), change }),
  fc.record({
    do: fc.constant("list" as const),
    filter: fc.oneof(
      filter,
      key.map((idempotencyKey) => ({ idempotencyKey })),
    ),
    order: fc.constantFrom("newest" as const, "oldest" as const),
    limit: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ do: fc.constant("status" as const), tasks: fc.array(pick, { minLength: 1, maxLength: 3 }) }),
  // Five in a row burn an attempt: chance alone would seldom come to that.
  fc.record({ do: fc.constant("stall" as const), worker, ways: fc.array(stall, { minLength: 1, maxLength: 6 }) }),
];
