import { describe, expect, test } from "vitest";
import { task } from "../../../src/backend/builder.ts";
import { custom } from "../../../src/backend/custom.ts";
import type { FetchedTask } from "../../../src/backend/fetched.ts";
import { pipe } from "../../../src/backend/pipe.ts";
import { interval } from "../../../src/backend/poll-strategy.ts";
import { PushStreamError } from "../../../src/backend/sink.ts";
import type { NewTask } from "../../../src/backend/task.ts";
import { MemoryStorage } from "../../../src/local/memory/storage.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import type { PriniaError } from "../../../src/task/errors.ts";
import { Worker } from "../../../src/worker/index.ts";
import { piping, refusal, slowSink, source, stopped } from "./pipe-bench.ts";

describe("pushing", () => {
  test("gives each task a key, and keeps one that it has", async () => {
    const { clock, bring, pushes, worker } = await piping({
      task: (n: number) => (n === 2 ? task(n).idempotencyKey("mine").priority(7) : { args: n }),
    });
    bring(1, 2);
    await clock.advance(1);
    expect(pushes[0]?.tasks).toEqual([
      { args: 1, idempotencyKey: expect.stringMatching(/^\w{20,}$/), idempotencyUntil: "gone" },
      { args: 2, idempotencyKey: "mine", idempotencyUntil: "gone", priority: 7 },
    ]);
    expect(pushes[0]?.options).toEqual({ retry: true });
    pushes[0]?.done();
    await stopped(clock, worker);
  });

  test.each([
    ["no answer", refusal("unreachable")],
    ["an overloaded queue", refusal("overloaded")],
    ["what is no refusal", new Error("the disk is full")],
  ])("is tried again after %s, with the same keys, and told", async (_, error) => {
    const { clock, bring, pushes, worker, events } = await piping();
    bring(1, 2);
    await clock.advance(1);
    pushes[0]?.fail(error);
    await clock.advance(100);
    expect(events.at(-1)).toMatchObject({ type: "break", reason: error.message });
    expect(pushes[1]?.tasks).toEqual(pushes[0]?.tasks);
    pushes[1]?.done();
    await stopped(clock, worker);
  });

  test("is not tried again of what was pushed before the break", async () => {
    const clock = new VirtualClock();
    const pushed: number[] = [];
    const sink = {
      ...slowSink(clock).backend,
      pushAll: async (tasks: Iterable<NewTask<number>>) => {
        const [first, ...others] = tasks;
        pushed.push(first?.args ?? 0);
        const done = [{ id: "t", status: "Pending" as const, created: true }];
        if (others.length === 0) return done;
        throw new PushStreamError({ code: "overloaded", detail: "later" }, done, 1, refusal("overloaded"));
      },
    };
    const piped = pipe([1, 2, 3], sink as ReturnType<typeof slowSink>["backend"], { clock });
    const worker = new Worker("w", piped, () => undefined, { clock });
    await clock.advance(1_000);
    expect(pushed).toEqual([1, 2, 3]);
    expect(await piped.piped).toBe(3);
    await stopped(clock, worker);
  });

  test("is not tried again when that might make a second task", async () => {
    const { clock, bring, pushes, piped, worker } = await piping({
      task: (n: number) => task(n).idempotencyKey("k", "terminal"),
    });
    bring(1);
    await clock.advance(1);
    pushes[0]?.fail(refusal("unreachable"));
    await expect(piped.piped).rejects.toMatchObject({ code: "unreachable" });
    await stopped(clock, worker);
    expect(pushes).toHaveLength(1);
  });

  test("loses none and doubles none over a queue that breaks now and then", async () => {
    const clock = new VirtualClock();
    const storage = new MemoryStorage<number, number>("numbers", { clock });
    let calls = 0;
    const shaky = custom({
      ...{ clock, strategy: interval("1h") },
      fetcher: async (): Promise<FetchedTask<number>[]> => [],
      sink: async (tasks: readonly NewTask<number>[]) => {
        const lost = calls++ % 3;
        if (lost === 1) throw refusal("unreachable");
        const pushed = await storage.pushAll(tasks);
        if (lost === 2) throw refusal("unreachable");
        return pushed;
      },
    });
    const { stream, bring, finish } = source<number>();
    const piped = pipe(stream, shaky, { clock });
    const worker = new Worker("w", piped, () => undefined, { clock });
    for (let n = 0; n < 20; n++) {
      bring(n);
      await clock.advance(60);
    }
    finish();
    await clock.advance(60_000);
    expect(await piped.piped).toBe(20);
    const { tasks } = await storage.listTasks({ order: "oldest" });
    expect(tasks.map(({ args }) => args)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    await stopped(clock, worker);
  });

  test("passes over what is refused, and tells who wants to know", async () => {
    const refused: unknown[] = [];
    const { clock, bring, pushes, args, worker, piped, finish } = await piping({
      onRefused: (item: number, error: unknown) => refused.push([item, (error as PriniaError).code]),
    });
    bring(1, 2, 3);
    await clock.advance(1);
    pushes[0]?.fail(refusal("bad_request"));
    await clock.advance(1);
    pushes[1]?.done();
    await clock.advance(1);
    pushes[2]?.fail(refusal("bad_request"));
    await clock.advance(1);
    pushes[3]?.done();
    finish();
    await clock.advance(1);
    expect(args()).toEqual([[1, 2, 3], [1], [2], [3]]);
    expect(refused).toEqual([[2, "bad_request"]]);
    expect(await piped.piped).toBe(2);
    await stopped(clock, worker);
  });

  test("passes over what no task can be made of, too", async () => {
    const refused: unknown[] = [];
    const { clock, bring, pushes, args, worker } = await piping({
      task: (n: number) => {
        if (n === 2) throw new Error("not that one");
        return { args: n };
      },
      onRefused: (item: number) => refused.push(item),
    });
    bring(1, 2, 3);
    await clock.advance(1);
    expect(args()).toEqual([[1, 3]]);
    expect(refused).toEqual([2]);
    pushes[0]?.done();
    await stopped(clock, worker);
  });

  test("ends, whoever wants to know, when it is the pusher who is refused", async () => {
    const { clock, bring, pushes, piped, worker } = await piping({ onRefused: () => undefined });
    bring(1);
    await clock.advance(1);
    pushes[0]?.fail(refusal("forbidden"));
    await expect(piped.piped).rejects.toMatchObject({ code: "forbidden" });
    await stopped(clock, worker);
  });
});
