// What code says of a queue's webhook: taken with its defaults, or refused in words when the app is made.
import { describe, expect, test } from "vitest";
import { declaredConsumer, declaredWebhook, declareQueues, type QueueOptions } from "../../../../src/declared.ts";

const hook = { url: "https://hooks.example.com/tasks", secret: () => "whsec_" };
const consumer = () => ({ consume: async () => null });

describe("a webhook in code", () => {
  test("has defaults", () => {
    declareQueues({ plain: { webhook: hook } });
    expect(declaredWebhook("plain")).toEqual({
      ...hook,
      previousSecret: undefined,
      batchSize: 1,
      batchWaitMs: 0,
      concurrency: 10,
      perSecond: undefined,
      timeoutMs: 30_000,
    });
    expect(declaredWebhook("other")).toBeUndefined();
  });

  test("keeps what it is given", () => {
    const given = { batchSize: 1000, batchWaitMs: 60_000, concurrency: 250, perSecond: 1_000, timeoutMs: 900_000 };
    declareQueues({ full: { webhook: { ...hook, ...given, previousSecret: hook.secret } } });
    expect(declaredWebhook("full")).toEqual({ ...hook, ...given, previousSecret: hook.secret });
  });

  test("may be of a prefix, from which a more precise name differs in either way", () => {
    declareQueues<unknown>({
      "hooked-*": { webhook: hook },
      "hooked-not": { consumer },
      "consumed-*": { consumer },
      "consumed-not": { webhook: hook },
    });
    const has = (queue: string) => [declaredConsumer(queue) !== undefined, declaredWebhook(queue) !== undefined];
    expect(["hooked-a", "hooked-not", "consumed-a", "consumed-not"].map(has)).toEqual([
      [false, true],
      [true, false],
      [true, false],
      [false, true],
    ]);
  });

  test("goes when code no longer has it", () => {
    declareQueues({ going: { webhook: hook } });
    declareQueues({ going: {} });
    expect(declaredWebhook("going")).toBeUndefined();
  });
});

describe("createApp refuses", () => {
  const refused: readonly (readonly [string, QueueOptions<never>])[] = [
    ["it has a `consumer` and a `webhook`", { webhook: hook, consumer }],
    ["`batchSize` is of a consumer", { webhook: hook, batchSize: 3 }],
    ["`webhook.url` has the host 10.0.0.1", { webhook: { ...hook, url: "https://10.0.0.1/" } }],
    ["`webhook.url` must begin with https://", { webhook: { ...hook, url: "http://hooks.example.com/" } }],
    ["`webhook.url` must be a URL", { webhook: { ...hook, url: undefined as never } }],
    ["`webhook.secret` must be a function", { webhook: { ...hook, secret: "whsec_hunter2" as never } }],
    ["`webhook.previousSecret` must be a function", { webhook: { ...hook, previousSecret: "whsec_hunter2" as never } }],
    ["there is no option `webhook.headers`", { webhook: { ...hook, headers: {} } as never }],
    ["`webhook` must be an object", { webhook: null as never }],
    ["`webhook.batchSize` must be a whole number from 1 to 1000", { webhook: { ...hook, batchSize: 1_001 } }],
    ["`webhook.batchWaitMs` must be a whole number from 0 to 60000", { webhook: { ...hook, batchWaitMs: 60_001 } }],
    ["`webhook.concurrency` must be a whole number from 1 to 250", { webhook: { ...hook, concurrency: 251 } }],
    ["`webhook.perSecond` must be a whole number from 1 to 1000", { webhook: { ...hook, perSecond: 0 } }],
    ["`webhook.timeoutMs` must be a whole number from 1 to 900000", { webhook: { ...hook, timeoutMs: 900_001 } }],
  ];

  test.each(refused)("in words: %s", (words, options) => {
    const declare = () => declareQueues<never>({ refused: options });
    expect(declare).toThrow(`createApp: in \`queues\`, "refused": ${words}`);
    expect(declare).not.toThrow("hunter2");
    expect(declaredWebhook("refused")).toBeUndefined();
  });
});
