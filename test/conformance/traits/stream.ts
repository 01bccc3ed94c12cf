/** Cases of streams that are pushed: a chunk at a time, each whole or not at all. */

import { expect } from "vitest";
import { task } from "../../../src/backend/builder.ts";
import { PushStreamError } from "../../../src/backend/sink.ts";
import type { NewTask } from "../../../src/backend/task.ts";
import { look } from "./arrange.ts";
import { type Bench, type Case, check } from "./bench.ts";
import { thrown } from "./expecting.ts";

const SINK = ["TaskSink"] as const;
/** Items that go together. */
const CHUNK = 500;

const pending = async ({ store }: Pick<Bench, "store">): Promise<number> => (await store.fetchByQueue()).counts.Pending;

async function* numbers(count: number): AsyncGenerator<number> {
  for (let n = 0; n < count; n++) yield n;
}

async function streamError(promise: Promise<unknown>): Promise<PushStreamError> {
  const error = await thrown(promise);
  expect(error).toBeInstanceOf(PushStreamError);
  return error as PushStreamError;
}

export const streamCases: readonly Case[] = [
  check("T.TaskSink.pushStream", SINK, "all that a stream brings is pushed, in order, and answered", async (bench) => {
    const pushed = await bench.backend.pushStream(numbers(1_100));
    expect(new Set(pushed.map(({ id }) => id)).size).toBe(1_100);
    expect(pushed.every(({ created, status }) => created && status === "Pending")).toBe(true);
    for (const at of [0, 499, 500, 1_099]) expect((await look(bench, pushed[at]?.id ?? "")).args).toBe(at);
    expect(await pending(bench)).toBe(1_100);
  }),

  check(
    "T.TaskSink.pushStream.list",
    SINK,
    "a list is a stream as well, and an empty one pushes nothing",
    async (bench) => {
      expect(await bench.backend.pushStream(["a", "b"])).toHaveLength(2);
      expect(await bench.backend.pushStream(numbers(0))).toEqual([]);
      expect(await pending(bench)).toBe(2);
    },
  ),

  check(
    "T.TaskSink.pushStream.broken",
    SINK,
    "a stream that breaks off tells what was pushed before, and pushes nothing of its chunk",
    async (bench) => {
      const cause = new Error("the source is gone");
      async function* broken(): AsyncGenerator<number> {
        yield* numbers(CHUNK + 100);
        throw cause;
      }
      const error = await streamError(bench.backend.pushStream(broken()));
      expect(error.cause).toBe(cause);
      expect(error.pushed).toHaveLength(CHUNK);
      expect(error.at).toBe(CHUNK);
      expect(await pending(bench)).toBe(CHUNK);
      expect((await look(bench, error.pushed[499]?.id ?? "")).args).toBe(499);
    },
  ),

  check(
    "T.TaskSink.pushStream.unwritable",
    SINK,
    "an item that cannot be written ends the stream at its chunk",
    async (bench) => {
      async function* mixed(): AsyncGenerator<unknown> {
        yield* numbers(CHUNK + 10);
        yield undefined;
        yield "after";
      }
      const error = await streamError(bench.backend.pushStream(mixed()));
      expect(error.cause).toMatchObject({ name: "CodecError" });
      expect(error.pushed).toHaveLength(CHUNK);
      expect(error.at).toBeGreaterThanOrEqual(CHUNK);
      expect(error.at).toBeLessThanOrEqual(CHUNK + 10);
      expect(await pending(bench)).toBe(CHUNK);
    },
  ),

  check("T.TaskSink.pushStream.eager", SINK, "a stream is read no faster than it is pushed", async (bench) => {
    let read = 0;
    let most = 0;
    async function* counted(): AsyncGenerator<number> {
      for (; read < 3 * CHUNK; read++) {
        if (read % CHUNK === CHUNK - 1) most = Math.max(most, read - (await pending(bench)));
        yield read;
      }
    }
    await bench.backend.pushStream(counted());
    // When the last item of a chunk is read, all chunks before it are there.
    expect(most).toBeLessThanOrEqual(CHUNK);
    expect(await pending(bench)).toBe(3 * CHUNK);
  }),

  check(
    "T.TaskSink.pushAll",
    SINK,
    "a stream of tasks that were built is pushed with all that they say",
    async (bench) => {
      async function* built() {
        yield task("a").priority(3);
        yield { args: "b", maxAttempts: 2 };
        yield task("c").runIn("1h");
      }
      const pushed = await bench.backend.pushAll(built());
      const tasks = await Promise.all(pushed.map(({ id }) => look(bench, id)));
      expect(tasks).toMatchObject([
        { args: "a", priority: 3 },
        { args: "b", maxAttempts: 2 },
        { args: "c", status: "Pending" },
      ]);
      expect((tasks[2]?.runAt ?? 0) - (tasks[2]?.createdAt ?? 0)).toBe(3_600_000);
    },
  ),

  check("R7.stream", SINK, "a stream is atomic per chunk, and says which item failed", async (bench) => {
    const tasks = Array.from(
      { length: CHUNK + 60 },
      (_, n): NewTask => (n === CHUNK + 50 ? { args: n, priority: 1.5 } : { args: n }),
    );
    const error = await streamError(bench.backend.pushAll(tasks));
    expect(error).toMatchObject({ code: "bad_request", at: CHUNK + 50 });
    expect(error.pushed).toHaveLength(CHUNK);
    expect(await pending(bench)).toBe(CHUNK);
  }),

  check("R7.first-chunk", SINK, "when the first chunk fails nothing is there", async (bench) => {
    const error = await streamError(bench.backend.pushAll([{ args: 1 }, { args: 2, maxAttempts: 0 }]));
    expect(error).toMatchObject({ code: "bad_request", at: 1, pushed: [] });
    expect(await pending(bench)).toBe(0);
  }),

  check("R7.keys", SINK, "a stream answers known keys as they are known", async (bench) => {
    const pushed = await bench.backend.pushAll([
      { args: 1, idempotencyKey: "k" },
      { args: 2 },
      { args: 3, idempotencyKey: "k" },
    ]);
    expect(pushed.map(({ created }) => created)).toEqual([true, true, false]);
    expect(pushed[2]?.id).toBe(pushed[0]?.id);
  }),
];
