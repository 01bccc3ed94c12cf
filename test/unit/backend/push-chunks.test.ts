import { expect, test } from "vitest";
import { PushStreamError, pushChunks } from "../../../src/backend/sink.ts";

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

test("a chunk whose push is broken off on its way was not refused: it may be there", async () => {
  const reason = new DOMException("too slow", "TimeoutError");
  const error = await failure(pushChunks([1], { ready: (one) => one, push: () => Promise.reject(reason) }));
  expect(error).toBeInstanceOf(PushStreamError);
  expect(error).toMatchObject({ code: "unreachable", detail: expect.stringContaining("too slow"), cause: reason });
});

test("a task that cannot be made ready is the caller's mistake, and was not pushed", async () => {
  const ready = () => {
    throw new Error("no JSON");
  };
  const error = await failure(pushChunks([1], { ready, push: async () => [] }));
  expect(error).toMatchObject({ code: "bad_request", detail: expect.stringContaining("no JSON") });
});
