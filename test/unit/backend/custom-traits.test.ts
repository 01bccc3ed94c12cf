import { describe, expect, test } from "vitest";
import { task } from "../../../src/backend/builder.ts";
import { custom, type FetcherFunctions } from "../../../src/backend/custom.ts";
import type { FetchedTask } from "../../../src/backend/fetched.ts";
import { interval } from "../../../src/backend/poll-strategy.ts";
import { PushStreamError } from "../../../src/backend/sink.ts";
import type { NewTask, PushOptions } from "../../../src/backend/task.ts";
import { PriniaError } from "../../../src/task/errors.ts";

const strategy = interval(100);

describe("a sink", () => {
  const sunk = () => {
    const chunks: { readonly tasks: readonly NewTask<string>[]; readonly options: PushOptions }[] = [];
    let n = 0;
    const backend = custom({
      strategy,
      fetcher: async (): Promise<FetchedTask<string>[]> => [],
      sink: async (tasks: readonly NewTask<string>[], options) => {
        chunks.push({ tasks, options });
        if (tasks.some(({ args }) => args === "bad"))
          throw new PriniaError({ code: "bad_request", detail: "no", path: `tasks.${tasks.length - 1}.args` });
        return tasks.map(() => ({ id: `t${n++}`, status: "Pending" as const, created: true }));
      },
    });
    return { backend, chunks };
  };
  const ids = (pushed: readonly { readonly id: string }[]) => pushed.map(({ id }) => id);

  test("makes every way to push of one function", async () => {
    const { backend, chunks } = sunk();
    expect(await backend.push("a")).toEqual({ id: "t0", status: "Pending", created: true });
    expect((await backend.pushTask(task("b").priority(3))).id).toBe("t1");
    expect(ids(await backend.pushBulk(["c", "d"]))).toEqual(["t2", "t3"]);
    expect(ids(await backend.pushAll([task("e"), { args: "f", delayMs: 5 }]))).toEqual(["t4", "t5"]);
    expect(ids(await backend.pushStream(["g"]))).toEqual(["t6"]);
    expect(await backend.pushBulk([])).toEqual([]);
    expect(chunks.map(({ tasks }) => tasks)).toEqual([
      [{ args: "a" }],
      [{ args: "b", priority: 3 }],
      [{ args: "c" }, { args: "d" }],
      [{ args: "e" }, { args: "f", delayMs: 5 }],
      [{ args: "g" }],
    ]);
  });

  test("is given a stream a chunk at a time, and says how far it came", async () => {
    const { backend, chunks } = sunk();
    const all = [...Array.from({ length: 600 }, (_, n) => String(n)), "bad"];
    const error = await backend.pushStream(all).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PushStreamError);
    expect(error).toMatchObject({ code: "bad_request", at: 600, pushed: { length: 500 } });
    expect(chunks.map(({ tasks }) => tasks.length)).toEqual([500, 101]);
  });

  test("gets a key for each task that is to be tried again", async () => {
    const { backend, chunks } = sunk();
    await backend.pushBulk(["a", "b"], { retry: true });
    const keys = chunks[0]?.tasks.map(({ idempotencyKey }) => idempotencyKey);
    expect(new Set(keys)).toHaveProperty("size", 2);
    expect(chunks[0]?.options).toEqual({ retry: true });
  });

  test("makes another task of one that was fetched", async () => {
    const { backend, chunks } = sunk();
    const fetched = { ...task("a").priority(2).build(), id: "t9", lease: "l", status: "Done", attempt: 4 };
    await backend.pushTask(fetched);
    expect(chunks[0]?.tasks).toEqual([{ args: "a", priority: 2 }]);
  });

  test("is not asked by who has given up", async () => {
    const { backend, chunks } = sunk();
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(backend.push("a", { signal })).rejects.toThrow("enough");
    await expect(backend.pushBulk(["a"], { signal })).rejects.toThrow("enough");
    await expect(backend.pushStream(["a"], { signal })).rejects.toThrow("enough");
    expect(chunks).toEqual([]);
  });
});

describe("the traits of a custom backend", () => {
  const least = { strategy, fetcher: async (): Promise<FetchedTask<number>[]> => [] };

  test("are those whose functions were given, also at run time", () => {
    expect(Object.keys(custom(least)).sort()).toEqual(["heartbeat", "middleware", "poll"]);
    const more = custom({ ...least, queue: "q", vacuum: async () => 3, waitFor: async function* () {} });
    expect(Object.keys(more).sort()).toEqual([
      ...["codec", "getQueue", "heartbeat", "middleware", "poll", "pollCompact", "vacuum", "waitFor", "waitForSingle"],
    ]);
    expect(more.getQueue()).toBe("q");
    expect(more.codec().name).toBe("json");
  });

  test("are called as the methods of what was given", async () => {
    const mine = {
      ...least,
      count: 7,
      vacuum(): Promise<number> {
        return Promise.resolve(this.count);
      },
    };
    const { count: _, ...known } = mine;
    const given: typeof known = Object.create(mine, Object.getOwnPropertyDescriptors(known));
    expect(await custom(given).vacuum()).toBe(7);
  });

  test("wait for one task by waiting for several", async () => {
    const backend = custom({
      ...least,
      async *waitFor(ids) {
        for (const id of ids) {
          if (id === "gone") yield { id, status: "Unknown" as const, error: "There is no such task." };
          else yield { id: String(id), attempt: 1, status: "Done" as const, value: 5 };
        }
      },
    });
    expect(await backend.waitForSingle("x")).toEqual({ id: "x", attempt: 1, status: "Done", value: 5 });
    await expect(backend.waitForSingle("gone")).rejects.toMatchObject({ code: "task_not_found" });
  });

  test("need something to poll", () => {
    const nothing = { queue: "q" } as unknown as FetcherFunctions;
    expect(() => custom(nothing)).toThrow(expect.objectContaining({ code: "bad_request", path: "fetcher" }));
    expect(() => custom({ ...least, queue: "" })).toThrow(expect.objectContaining({ path: "queue" }));
  });
});
