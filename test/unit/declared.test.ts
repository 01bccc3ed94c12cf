// What code says of queues: what is taken in, and what is refused before a server starts.
import { describe, expect, test } from "vitest";
import { declaredConfig, declaredConsumer, declareQueues, type QueueOptions } from "../../src/declared.ts";

type Options = QueueOptions<unknown>;

const consumer = () => ({ consume: async () => ({ results: [] }) });

describe("a consumer", () => {
  test("has its defaults, and is found by the queue's name, else by the longest prefix", () => {
    declareQueues({
      "d-*": { consumer, batchSize: 2 },
      "d-mail-*": { consumer, max_batch_size: 3, max_batch_timeout: 4 },
    });
    expect(declaredConsumer("d-sms")).toMatchObject({
      batchSize: 2,
      batchWaitMs: 0,
      concurrency: 10,
      timeoutMs: 60_000,
    });
    expect(declaredConsumer("d-mail-eu")).toMatchObject({ batchSize: 3, batchWaitMs: 4_000 });
    expect(declaredConsumer("other")).toBeUndefined();
  });

  test("is gone when the last app that names its queue has none; an app without queues changes nothing", () => {
    declareQueues({ gone: { consumer } });
    declareQueues({});
    expect(declaredConsumer("gone")).toBeDefined();
    declareQueues({ gone: { config: { paused: true } } });
    expect(declaredConsumer("gone")).toBeUndefined();
    expect(declaredConfig("gone")).toEqual({ paused: true });
  });
});

describe("options are refused with what is wrong and where", () => {
  test.each<[string, object, RegExp]>([
    ["an unknown one", { consumer, batchsize: 1 }, /"q": there is no option `batchsize`/],
    ["a consumer that is no function", { consumer: {} }, /`consumer` must be a function of the bindings/],
    [
      "a number out of range",
      { consumer, batchSize: 1_001 },
      /`batchSize` must be a whole number from 1 to 1000, got 1001/,
    ],
    ["a wait that is too long", { consumer, batchWaitMs: 60_001 }, /`batchWaitMs`.*from 0 to 60000/],
    ["too many calls", { consumer, concurrency: 251 }, /`concurrency`.*from 1 to 250/],
    ["a call that is too long", { consumer, timeoutMs: 900_001 }, /`timeoutMs`.*from 1 to 900000/],
    ["a part of a call", { consumer, timeoutMs: 1.5 }, /got 1.5/],
    ["the same twice", { consumer, batchSize: 1, max_batch_size: 1 }, /say the same: give one of them/],
    ["numbers without a consumer", { batchSize: 1 }, /`batchSize` is of a consumer, and there is none/],
    ["dead letters without a consumer", { dead_letter_queue: "dead" }, /`dead_letter_queue` is of a consumer/],
    ["dead letters that come back", { consumer, dead_letter_queue: "q" }, /would be given as well/],
    ["settings that PATCH would refuse", { config: { orphanAfterMs: -1 } }, /in `config`, `?orphanAfterMs/],
  ])("%s", (_, options, message) => {
    expect(() => declareQueues({ fine: { consumer }, q: options as Options })).toThrow(message);
    expect(declaredConsumer("fine")).toBeUndefined();
  });
});
