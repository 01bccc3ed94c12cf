/** Chance: what steps are made of. */

import fc from "fast-check";
import { STATUSES } from "../../src/task/status.ts";
import type { AckResult, Filter, Patch, Settings, TaskToPush } from "./port.ts";
import type { Choice, EventDraft, Say, Stall, Step } from "./steps.ts";

export const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
/** A record whose fields may be left out. */
const loose = <T extends object>(fields: { [F in keyof T]: fc.Arbitrary<T[F]> }) =>
  fc.record(fields, { requiredKeys: [] }) as unknown as fc.Arbitrary<Partial<T>>;

export const pick: fc.Arbitrary<Choice> = fc.record({
  of: fc.oneof(
    { weight: 12, arbitrary: fc.constant("fit" as const) },
    fc.constantFrom("recent", "recent", "any", "nothing"),
  ),
  n: fc.nat(1_000),
});

/** Around the deadlines that the runs have: 5 s until a worker is dead, 20 and 40 s until a task may go. */
export const span = fc.oneof(
  fc.constantFrom(0, 1, 999, 1_000, 1_001, 1_666, 1_667, 2_500, 4_999, 5_000, 5_001, 20_000, 44_000),
  fc.nat(3_000),
);
export const worker = fc.constantFrom("a", "b", "c");
export const key = fc.constantFrom("k", "l", "");
const group = fc.constantFrom("g", "h");
const backoff = fc.constantFrom(
  { jitter: 0 },
  { type: "fixed" as const, baseMs: 700 },
  { baseMs: 0 },
  { baseMs: 1_000, factor: 3, maxMs: 2_000, jitter: 0.5 },
);
const meta = fc.constantFrom({}, { trace: "t" }, { a: [1, { b: null }] });

export const task: fc.Arbitrary<TaskToPush> = loose<TaskToPush>({
  args: fc.constantFrom(null, 1, "x", { a: [1] }),
  priority: fc.integer({ min: -2, max: 2 }),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
  backoff,
  timeoutMs: fc.constantFrom(1, 2_000, 5_000, 9_000),
  groupKey: group,
  meta,
}).chain((rest) =>
  fc
    .tuple(optional(span), optional(fc.tuple(key, fc.constantFrom("gone" as const, "terminal" as const, undefined))))
    .map(([delayMs, keyed]) => ({
      args: null,
      ...rest,
      ...(delayMs === undefined || delayMs > 2_000 ? {} : { delayMs }),
      ...(keyed === undefined ? {} : { idempotencyKey: keyed[0] }),
      ...(keyed?.[1] === undefined ? {} : { idempotencyUntil: keyed[1] }),
    })),
);

const result: fc.Arbitrary<AckResult> = fc.oneof(
  fc.constantFrom<AckResult>(
    { ok: null },
    { ok: { n: 1 } },
    { err: "no" },
    { err: "no" },
    { err: "never", abort: true },
  ),
  span.map((retryAfterMs) => ({ err: "later", retryAfterMs })),
);

const event: fc.Arbitrary<EventDraft> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<EventDraft>({ type: "start" }) },
  { weight: 5, arbitrary: result.map((one): EventDraft => ({ type: "ack", result: one })) },
  fc.constant<EventDraft>({ type: "ack", result: { ok: 1 }, logs: ["a line"] }),
  fc.constantFrom<EventDraft>({ type: "release" }, { type: "progress" }),
  span.map((delayMs): EventDraft => ({ type: "snooze", delayMs })),
  fc.constantFrom(1, 3_000, 8_000).map((timeoutMs): EventDraft => ({ type: "extend", timeoutMs })),
);
export const say: fc.Arbitrary<Say> = fc.record({ lease: pick, own: fc.nat(15).map((n) => n > 0), event });

export const filter: fc.Arbitrary<Filter> = fc.oneof(
  fc.constant({}),
  fc.constantFrom(...STATUSES).map((status) => ({ status })),
  loose<Filter & object>({ status: fc.constantFrom(...STATUSES), groupKey: group } as never),
);

export const change: fc.Arbitrary<Settings> = fc.constantFrom<Settings>(
  { paused: true },
  { paused: false },
  { paused: false },
  { orphanAfterMs: 1_000 },
  { orphanAfterMs: 5_000 },
  { orphanAfterMs: 20_000 },
  { retention: { doneMs: 0 } },
  { retention: { doneMs: 20_000, killedMs: null } },
  { retention: { doneMs: null, killedMs: 3_000 } },
  { defaults: { maxAttempts: 2, timeoutMs: 3_000 } },
  { defaults: { timeoutMs: null, priority: 1 } },
  { defaults: { backoff: { baseMs: 500, jitter: 0 } } },
  { defaults: { backoff: null } },
);

export const patch: fc.Arbitrary<Patch> = loose<Patch>({
  args: fc.constantFrom(2, "y"),
  priority: fc.integer({ min: -2, max: 2 }),
  maxAttempts: fc.integer({ min: 1, max: 4 }),
  timeoutMs: fc.constantFrom(null, 4_000),
  backoff: fc.oneof(fc.constant(null), backoff),
  meta: fc.oneof(fc.constant(null), meta),
} as never);

export const vacuum = loose<object>({
  olderThanMs: fc.constantFrom(0, 1_000, 5_000),
  status: fc.constantFrom("Done", "Killed"),
  limit: fc.integer({ min: 1, max: 2 }),
} as never).map((order): Step => ({ do: "vacuum", ...order }));

export const stall = fc.constantFrom<Stall>("superseded", "superseded", "silent", "slow");
