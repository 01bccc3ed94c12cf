// A handler of Cloudflare Queues as it stands: what it finds in a batch, and what becomes of what it says.
import { describe, expect, test } from "vitest";
import { type QueueBatch, type QueueHandler, runQueueHandler } from "../../../src/consumer/queue-handler.ts";
import type { ConsumerTask } from "../../../src/outbound/consumer-call.ts";

const taskOf = (id: string, more: Partial<ConsumerTask> = {}): ConsumerTask => ({
  ...{ id, args: { n: id }, attempt: 1, maxAttempts: 4, createdAt: 1_750_000_000_000, priority: 0, meta: {} },
  ...more,
});

async function resultsOf(handler: QueueHandler, tasks = ["a", "b", "c"].map((id) => taskOf(id))) {
  const { results } = await runQueueHandler(handler, { queue: "emails", tasks }, "env", "ctx");
  return Object.fromEntries(results.map(({ id, ...result }) => [id, result]));
}

const DONE = { ok: null };
const AGAIN = { err: "The consumer asked for another try." };
const messages = ({ messages: all }: QueueBatch) =>
  all as QueueBatch["messages"] & Record<0 | 1 | 2, QueueBatch["messages"][0]>;

test("it is given queue, id, timestamp, attempts and body of each message, the bindings and the context", async () => {
  const seen: unknown[] = [];
  await resultsOf(
    (batch: QueueBatch, env, ctx) => {
      const [{ id, timestamp, attempts, body }] = messages(batch);
      seen.push(batch.queue, batch.messages.length, id, timestamp, attempts, body, env, ctx);
    },
    [taskOf("a", { attempt: 3 })],
  );
  expect(seen).toEqual(["emails", 1, "a", new Date(1_750_000_000_000), 3, { n: "a" }, "env", "ctx"]);
});

test("a body is what was sent: JSON as its value, text as a string, bytes as a buffer", async () => {
  const bodies: unknown[] = [];
  await resultsOf(
    (batch: QueueBatch) => {
      for (const { body } of batch.messages)
        bodies.push(body instanceof ArrayBuffer ? [...new Uint8Array(body)] : body);
    },
    [taskOf("a", { args: [1] }), taskOf("b", { args: "text" }), taskOf("c", { args: "AQID", codec: "bytes" })],
  );
  expect(bodies).toEqual([[1], "text", [1, 2, 3]]);
});

describe("what it says", () => {
  test.each<[string, (batch: QueueBatch) => unknown, object]>([
    ["nothing, and returns: all are done", () => undefined, { a: DONE, b: DONE, c: DONE }],
    ["ack of one, and returns", (batch) => messages(batch)[0].ack(), { a: DONE, b: DONE, c: DONE }],
    ["retry of one", (batch) => messages(batch)[1].retry(), { a: DONE, b: AGAIN, c: DONE }],
    [
      "retry of one with a delay",
      (batch) => messages(batch)[1].retry({ delaySeconds: 90 }),
      { a: DONE, b: { ...AGAIN, retryAfterMs: 90_000 }, c: DONE },
    ],
    ["ackAll", (batch) => batch.ackAll(), { a: DONE, b: DONE, c: DONE }],
    ["retryAll", (batch) => batch.retryAll(), { a: AGAIN, b: AGAIN, c: AGAIN }],
    [
      "ack of one, then retryAll with a delay",
      (batch) => {
        messages(batch)[0].ack();
        batch.retryAll({ delaySeconds: 5 });
      },
      { a: DONE, b: { ...AGAIN, retryAfterMs: 5_000 }, c: { ...AGAIN, retryAfterMs: 5_000 } },
    ],
    [
      "a delay of its own, then retryAll: its own holds",
      (batch) => {
        messages(batch)[0].retry({ delaySeconds: 1 });
        batch.retryAll({ delaySeconds: 5 });
      },
      {
        a: { ...AGAIN, retryAfterMs: 1_000 },
        b: { ...AGAIN, retryAfterMs: 5_000 },
        c: { ...AGAIN, retryAfterMs: 5_000 },
      },
    ],
    [
      "ack, then retry: the first holds",
      (batch) => {
        messages(batch)[0].ack();
        messages(batch)[0].retry();
      },
      { a: DONE, b: DONE, c: DONE },
    ],
    [
      "retry, then ack: the first holds",
      (batch) => {
        messages(batch)[0].retry();
        messages(batch)[0].ack();
      },
      { a: AGAIN, b: DONE, c: DONE },
    ],
    [
      "ackAll, then retryAll and retry: the first holds",
      (batch) => {
        batch.ackAll();
        batch.retryAll();
        messages(batch)[0].retry();
      },
      { a: DONE, b: DONE, c: DONE },
    ],
    [
      "retryAll, then ackAll and ack: the first holds",
      (batch) => {
        batch.retryAll();
        batch.ackAll();
        messages(batch)[0].ack();
      },
      { a: AGAIN, b: AGAIN, c: AGAIN },
    ],
  ])("%s", async (_, handler, results) => {
    expect(await resultsOf(async (batch) => handler(batch))).toEqual(results);
  });

  test("what it had acknowledged stays so when it throws; all else is tried again", async () => {
    const results = await resultsOf(async (batch: QueueBatch) => {
      messages(batch)[0].ack();
      messages(batch)[1].retry({ delaySeconds: 2 });
      throw new Error("the disk is full");
    });
    expect(results).toEqual({
      a: DONE,
      b: { err: "the disk is full", retryAfterMs: 2_000 },
      c: { err: "the disk is full" },
    });
  });

  test("a delay that is none throws in the handler, in words", async () => {
    expect(await resultsOf((batch: QueueBatch) => messages(batch)[0].retry({ delaySeconds: -1 }))).toMatchObject({
      a: { err: "delaySeconds must be a number of seconds from 0, got -1." },
    });
  });
});
