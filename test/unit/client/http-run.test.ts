// `run` over HTTP: one request where the result comes in time.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RunTimeoutError, TaskFailedError, task } from "../../../src/client/index.ts";
import { broken, done, lines, outcomeOf, problem, pushed, queueOf } from "./fake-fetch.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

const ended = (id = "t1", ok: unknown = "value") => Response.json({ ...done(id, ok), created: true }, { status: 201 });

/** Answers as any push, once the time that is asked for has passed. */
const late = async () => {
  await new Promise((resolve) => setTimeout(resolve, 25_000));
  return pushed("t1");
};

describe("a run over HTTP", () => {
  test("is one request when the result comes in time", async () => {
    const { sent, queue } = queueOf(() => ended());
    expect(await outcomeOf(queue.run({ n: 1 }))).toEqual({ value: "value" });
    expect(sent.map(({ method, url, body }) => [method, url, body])).toEqual([
      ["POST", "http://queue.test/prefix/v1/queues/a%2Fb/tasks?waitMs=25000", { args: { n: 1 } }],
    ]);
  });

  test("goes on by waits when it may take longer than one request", async () => {
    const { sent, queue } = queueOf(late, () => lines(done("t1", "at last")));
    expect(await outcomeOf(queue.run({ n: 1 }, { timeout: "1m" }))).toEqual({ value: "at last" });
    expect(sent.map(({ url }) => url.replace(/.*b\//, ""))).toEqual(["tasks?waitMs=25000", "wait"]);
  });

  test("ends with its time, and says which task goes on", async () => {
    const { sent, queue } = queueOf(late);
    const outcome = await outcomeOf(queue.run({ n: 1 }));
    expect(outcome).toEqual({ error: expect.any(RunTimeoutError) });
    expect(String((outcome as { error: unknown }).error)).toMatch(/t1 of "a\/b" had not ended after 25000 ms/);
    expect(sent).toHaveLength(1);
  });

  test("throws what the task was killed with", async () => {
    const { queue } = queueOf(() =>
      Response.json({ id: "t1", status: "Killed", attempt: 5, result: { err: "no" }, created: true }, { status: 201 }),
    );
    const outcome = await outcomeOf(queue.run({ n: 1 }));
    expect(outcome).toEqual({ error: expect.any(TaskFailedError) });
    expect((outcome as { error: unknown }).error).toMatchObject({ id: "t1", attempt: 5, message: "no" });
  });

  test("asks for the result by itself when the answer lacks it", async () => {
    const { sent, queue } = queueOf(
      () => Response.json({ id: "t1", status: "Done", created: false }),
      () => lines(done("t1", 1)),
    );
    expect(await outcomeOf(queue.runTask(task({ n: 1 }).idempotencyKey("k")))).toEqual({ value: 1 });
    expect(sent).toHaveLength(2);
  });

  test("whose answer is lost is sent again only with a key, and then waits for what is left", async () => {
    const once = queueOf(broken, () => ended());
    const outcome = await outcomeOf(once.queue.run({ n: 1 }));
    expect(outcome).toMatchObject({ error: { code: "unreachable", detail: expect.stringContaining("unknown") } });
    expect(once.sent).toHaveLength(1);
    const again = queueOf(
      broken,
      () => problem(503),
      () => ended(),
    );
    expect(await outcomeOf(again.queue.run({ n: 1 }, { retry: true, timeout: "10s" }))).toEqual({ value: "value" });
    const waits = again.sent.map(({ url }) => Number(/waitMs=(\d+)/.exec(url)?.[1]));
    expect(waits).toHaveLength(3);
    expect(waits[0]).toBe(10_000);
    expect(waits[2]).toBeLessThan(10_000);
  });

  test("that wants to hear of progress pushes, and then waits", async () => {
    const { sent, queue } = queueOf(
      () => pushed("t1"),
      () => lines({ id: "t1", progress: 0.5 }, done("t1", 1)),
    );
    const told: unknown[] = [];
    expect(await outcomeOf(queue.run({ n: 1 }, { onProgress: (_, progress) => told.push(progress) }))).toEqual({
      value: 1,
    });
    expect(told).toEqual([0.5]);
    expect(sent.map(({ body }) => body)).toEqual([{ args: { n: 1 } }, { ids: ["t1"], waitMs: 25_000, progress: true }]);
  });
});
