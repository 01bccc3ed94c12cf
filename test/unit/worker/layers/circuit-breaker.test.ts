import { describe, expect, test } from "vitest";
import { leaseLost } from "../../../../src/backend/ack.ts";
import {
  AbortError,
  type CircuitBreakerOptions,
  circuitBreaker,
  RetryAfterError,
} from "../../../../src/worker/index.ts";
import { around } from "./around.ts";

const layered = (options: Partial<CircuitBreakerOptions> = {}) => {
  const made = around((clock) => circuitBreaker({ failures: 2, cooldown: "10s", clock, ...options }));
  /** Executes one, and ends it; nothing when it was not let through. */
  const one = async (error?: unknown) => {
    const before = made.inside.length;
    const execution = made.execute();
    await made.settle();
    const [inside] = made.inside.slice(before);
    if (error === undefined) inside?.finish();
    else inside?.fail(error);
    await made.settle();
    return { ...execution, isTried: inside !== undefined };
  };
  const open = async () => {
    await one(boom);
    await one(boom);
  };
  return { ...made, one, open };
};

const boom = new Error("boom");

test("so many failures in a row open it: nothing is tried, and tasks are retried after the cooldown", async () => {
  const { one, open, settle } = layered();
  await open();
  await settle(4_000);
  const { isTried, ended, reports } = await one();
  expect(isTried).toBe(false);
  await expect(ended).rejects.toBeInstanceOf(RetryAfterError);
  expect(reports).toMatchObject([
    { type: "ack", result: { retryAfterMs: 6_000, err: expect.stringContaining("open") } },
  ]);
});

test("or are snoozed, when no attempt is to be burned", async () => {
  const { one, open } = layered({ snooze: true });
  await open();
  const { isTried, reports } = await one();
  expect(isTried).toBe(false);
  expect(reports).toEqual([{ type: "snooze", id: "t3", lease: "l3", delayMs: 10_000 }]);
});

test("failures that are not in a row do not", async () => {
  const { one } = layered();
  await one(boom);
  await one();
  await one(boom);
  expect((await one()).isTried).toBe(true);
});

test.each<[string, unknown]>([
  ["AbortError, which is about the task", new AbortError("bad")],
  ["errors that are said not to be failures", new TypeError("bad")],
])("nor do %s", async (_, error) => {
  const { one } = layered({ isFailure: (thrown) => !(thrown instanceof TypeError) });
  await one(boom);
  await one(error);
  await one(error);
  expect((await one()).isTried).toBe(true);
});

test("nor does a lease that is lost", async () => {
  const { inside, execute, one, settle } = layered({ failures: 1 });
  const { abort } = execute();
  await settle();
  abort(leaseLost("t1", "cancelled"));
  inside[0]?.fail(boom);
  await settle();
  expect((await one()).isTried).toBe(true);
});

describe("after the cooldown", () => {
  test("one is let through, and closes it when it is done", async () => {
    const { inside, execute, one, open, settle } = layered();
    await open();
    await settle(10_000);
    execute();
    await settle();
    expect(inside).toHaveLength(3);
    // Others wait for what becomes of it.
    expect((await one()).isTried).toBe(false);
    inside[2]?.finish();
    await settle();
    expect((await one()).isTried).toBe(true);
    await one(boom);
    expect((await one()).isTried).toBe(true);
  });

  test("or opens it again when it fails", async () => {
    const { one, open, settle } = layered();
    await open();
    await settle(10_000);
    expect((await one(boom)).isTried).toBe(true);
    await settle(9_999);
    expect((await one()).isTried).toBe(false);
    await settle(1);
    expect((await one()).isTried).toBe(true);
  });

  test("one that says neither makes way for another", async () => {
    const { one, open, settle } = layered();
    await open();
    await settle(10_000);
    await one(new AbortError("bad"));
    expect((await one()).isTried).toBe(true);
    expect((await one()).isTried).toBe(true);
  });

  test("several are let through when so told, and all must be done", async () => {
    const { inside, execute, one, open, settle } = layered({ halfOpen: 2 });
    await open();
    await settle(10_000);
    execute();
    execute();
    await settle();
    expect(inside).toHaveLength(4);
    expect((await one()).isTried).toBe(false);
    inside[2]?.finish();
    await settle();
    expect((await one()).isTried).toBe(false);
    inside[3]?.finish();
    await settle();
    expect((await one()).isTried).toBe(true);
  });
});

test("what began before it opened says nothing when it ends", async () => {
  const { inside, execute, one, open, settle } = layered();
  execute();
  await settle();
  await open();
  await settle(10_000);
  await one();
  inside[0]?.fail(boom);
  await settle();
  await one(boom);
  expect((await one()).isTried).toBe(true);
});

test("a clock that is set back does not keep it open for longer", async () => {
  const { clock, one, open, settle } = layered();
  await open();
  clock.jump(-3_600_000);
  expect((await one()).isTried).toBe(false);
  await settle(10_000);
  expect((await one()).isTried).toBe(true);
});

test.each([[{ failures: 0 }], [{ halfOpen: 0 }]])("%j is refused", (options) => {
  expect(() => layered(options)).toThrow(expect.objectContaining({ code: "bad_request" }));
});
