import { describe, expect, test } from "vitest";
import { leaseLost } from "../../../../src/backend/ack.ts";
import { AbortError, RetryAfterError, type RetryOptions, retry } from "../../../../src/worker/index.ts";
import { around } from "./around.ts";

const layered = (options: Partial<RetryOptions> = {}) =>
  around((clock) => retry({ times: 2, clock, random: () => 0.5, ...options }));

const boom = new Error("boom");

test("what fails is tried again, after longer and longer waits, until it is done", async () => {
  const { inside, execute, settle } = layered();
  const { ended, reports, logs } = execute();
  inside[0]?.fail(boom);
  await settle(99);
  expect(inside).toHaveLength(1);
  await settle(1);
  expect(inside).toHaveLength(2);
  inside[1]?.fail(boom);
  await settle(199);
  expect(inside).toHaveLength(2);
  await settle(1);
  inside[2]?.finish("value");
  expect(await ended).toBe("value");
  expect(reports).toMatchObject([{ type: "ack", result: { ok: '"value"' } }]);
  expect(logs).toEqual([
    'WARN tries again {"tries":1,"ms":100,"error":"boom"}',
    'WARN tries again {"tries":2,"ms":200,"error":"boom"}',
  ]);
});

test("what fails each time fails with its last error", async () => {
  const { inside, execute, settle } = layered({ times: 1 });
  const { ended } = execute();
  inside[0]?.fail(new Error("first"));
  await settle(1_000);
  inside[1]?.fail(boom);
  await expect(ended).rejects.toBe(boom);
  await settle(10_000);
  expect(inside).toHaveLength(2);
});

test("the waits can be told", async () => {
  const { inside, execute, settle } = layered({ times: 3, backoff: { type: "fixed", base: "5s" } });
  execute();
  inside[0]?.fail(boom);
  await settle(5_000);
  inside[1]?.fail(boom);
  await settle(4_999);
  expect(inside).toHaveLength(2);
  await settle(1);
  expect(inside).toHaveLength(3);
});

describe("nothing is tried again", () => {
  test.each<[string, unknown]>([
    ["AbortError", new AbortError("never")],
    ["RetryAfterError", new RetryAfterError(5_000)],
  ])("after %s", async (_, error) => {
    const { inside, execute, settle } = layered();
    const { ended } = execute();
    inside[0]?.fail(error);
    await expect(ended).rejects.toBe(error);
    await settle(10_000);
    expect(inside).toHaveLength(1);
  });

  test("after a snooze", async () => {
    const { inside, execute, settle } = layered();
    const { reports } = execute();
    try {
      inside[0]?.context.snooze("1m");
    } catch (snoozes) {
      inside[0]?.fail(snoozes);
    }
    await settle(10_000);
    expect(inside).toHaveLength(1);
    expect(reports).toEqual([{ type: "snooze", id: "t1", lease: "l1", delayMs: 60_000 }]);
  });

  test("once the lease is lost", async () => {
    const { inside, execute, settle } = layered();
    const { ended, logs, abort } = execute();
    abort(leaseLost("t1", "cancelled"));
    inside[0]?.fail(boom);
    await expect(ended).rejects.toBe(boom);
    expect(logs).toEqual([]);
    await settle(10_000);
    expect(inside).toHaveLength(1);
  });

  test("when it is lost during the wait, which ends then", async () => {
    const { clock, inside, execute, settle } = layered();
    const { ended, abort } = execute();
    inside[0]?.fail(boom);
    await settle(50);
    abort(leaseLost("t1", "cancelled"));
    await expect(ended).rejects.toBe(boom);
    expect(clock.timers).toBe(0);
    expect(inside).toHaveLength(1);
  });
});

test.each([[-1], [1.5], [Number.NaN]])("%d times are refused", (times) => {
  expect(() => retry({ times })).toThrow(expect.objectContaining({ path: "times" }));
});
