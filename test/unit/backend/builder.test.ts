import { expect, test } from "vitest";
import { task } from "../../../src/backend/builder.ts";

test("builds what is pushed, in whole milliseconds", () => {
  const built = task({ to: "a" })
    .runIn("10m")
    .priority(5)
    .maxAttempts(3)
    .timeout("30s")
    .backoff({ type: "fixed", base: "1s", max: "1m", jitter: 0 })
    .idempotencyKey("k", "terminal")
    .groupKey("g")
    .meta({ a: 1 })
    .meta({ b: 2 })
    .build();
  expect(built).toEqual({
    args: { to: "a" },
    delayMs: 600_000,
    priority: 5,
    maxAttempts: 3,
    timeoutMs: 30_000,
    backoff: { type: "fixed", baseMs: 1_000, maxMs: 60_000, jitter: 0 },
    idempotencyKey: "k",
    idempotencyUntil: "terminal",
    groupKey: "g",
    meta: { a: 1, b: 2 },
  });
});

test("each word gives a new task, and leaves the one before as it was", () => {
  const plain = task(1).priority(1);
  const urgent = plain.priority(9);
  expect(plain.build().priority).toBe(1);
  expect(urgent.build().priority).toBe(9);
});

test("of runIn and runAt the last one counts", () => {
  const first = task(1).runIn("1s").runAt(new Date(7)).build();
  expect(JSON.parse(JSON.stringify(first))).toEqual({ args: 1, runAt: 7 });
  const second = task(1).runAt(7).runIn("1s").build();
  expect(JSON.parse(JSON.stringify(second))).toEqual({ args: 1, delayMs: 1_000 });
});
