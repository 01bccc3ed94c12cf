// The consumer's side of a call: a batch in, a result for each task out.
import { describe, expect, test } from "vitest";
import { type ConsumerContext, run } from "../../../src/consumer/run.ts";
import type { ConsumerTask } from "../../../src/outbound/consumer-call.ts";
import { AbortError, RetryAfterError } from "../../../src/task/errors.ts";

const taskOf = (id: string, args: unknown, more: Partial<ConsumerTask> = {}): ConsumerTask => ({
  ...{ id, args, attempt: 1, maxAttempts: 5, createdAt: 0, priority: 0, meta: {} },
  ...more,
});

type Handler = (args: unknown, context: ConsumerContext<string>) => unknown;

/** The result of one task. */
async function resultOf(handler: Handler, task = taskOf("1", null)) {
  const { results } = await run({ emails: handler }, { queue: "emails", deadline: 0, tasks: [task] }, "env");
  return results[0];
}

const throwing = (error: unknown) => () => {
  throw error;
};

describe("a handler", () => {
  test("is given args, and what it may know of the task", async () => {
    const task = taskOf("7", { to: "a" }, { attempt: 3 });
    const handler: Handler = (args, { id, queue, attempt, env, task: { maxAttempts }, signal }) => [
      ...[args, id, queue, attempt, env, maxAttempts, signal.aborted],
    ];
    expect(await resultOf(handler, task)).toEqual({ id: "7", ok: [{ to: "a" }, "7", "emails", 3, "env", 5, false] });
  });

  test.each<[string, Handler, object]>([
    ["that returns nothing has null as its result", () => undefined, { ok: null }],
    ["that returns a function has null as its result", () => () => 1, { ok: null }],
    ["that returns a Date has it as JSON", () => new Date(0), { ok: "1970-01-01T00:00:00.000Z" }],
    ["that returns what is no JSON has failed", () => 1n, { err: expect.stringContaining("BigInt") }],
    ["that throws has failed", throwing(new Error("busy")), { err: "busy" }],
    [
      "that throws a RetryAfterError says when",
      throwing(new RetryAfterError(90, "soon")),
      { err: "soon", retryAfterMs: 90 },
    ],
    [
      "that says when in no number says at once",
      throwing(new RetryAfterError(Number.NaN, "soon")),
      { err: "soon", retryAfterMs: 0 },
    ],
    ["that throws an AbortError kills its task", throwing(new AbortError("never")), { err: "never", abort: true }],
    ["that snoozes is run again later", (_, { snooze }) => snooze("9s"), { snoozeMs: 9_000 }],
    [
      "that snoozes for what is no duration has failed",
      (_, { snooze }) => snooze(-1),
      { err: expect.stringContaining("snooze") },
    ],
  ])("%s", async (_, handler, result) => {
    expect(await resultOf(handler)).toEqual({ id: "1", ...result });
  });

  test("is found by a prefix, and a queue without one is told which there are", async () => {
    const batch = { queue: "mail-eu", deadline: 0, tasks: [taskOf("1", 2)] };
    expect(await run({ "mail-*": (args) => args }, batch, null)).toEqual({ results: [{ id: "1", ok: 2 }] });
    const { results } = await run({ emails: () => 1, sms: () => 1 }, batch, null);
    expect(results).toEqual([
      { id: "1", err: expect.stringMatching(/no handler for the queue "mail-eu".*emails, sms/) },
    ]);
  });

  test("runs beside the others of its batch: none waits for another, and each has its own result", async () => {
    const both = Promise.withResolvers<void>();
    let begun = 0;
    const handler = async (args: unknown) => {
      if (++begun === 2) both.resolve();
      await both.promise;
      if (args === "bad") throw new Error("no");
      return args;
    };
    const tasks = [taskOf("1", "bad"), taskOf("2", "good")];
    const { results } = await run({ emails: handler }, { queue: "emails", deadline: 0, tasks }, null);
    expect(results).toEqual([
      { id: "1", err: "no" },
      { id: "2", ok: "good" },
    ]);
  });
});

describe("its signal", () => {
  const untilAborted: Handler = (_, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

  test.each([
    ["when the queue gives the call up", () => Promise.resolve()],
    ["when the queue's object ended", () => Promise.reject(new Error("gone"))],
  ])("fires %s", async (_, aborted) => {
    const batch = { queue: "emails", deadline: 0, tasks: [taskOf("1", 1)], aborted };
    const { results } = await run({ emails: untilAborted }, batch, "env");
    expect(results).toEqual([{ id: "1", err: "The queue does not wait for this task any more." }]);
  });

  test("fires for the one task that ran for longer than it may", async () => {
    expect(await resultOf(untilAborted, taskOf("1", 1, { timeoutMs: 1 }))).toEqual({
      id: "1",
      err: "The task was not done within 1 ms.",
    });
  });

  test("is silent once the batch is done", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let signal: AbortSignal | undefined;
    const keep: Handler = (_, context) => {
      signal = context.signal;
    };
    const batch = { queue: "emails", deadline: 0, tasks: [taskOf("1", 1)], aborted: () => promise };
    await run({ emails: keep }, batch, "env");
    resolve();
    await promise;
    expect(signal?.aborted).toBe(false);
  });
});
