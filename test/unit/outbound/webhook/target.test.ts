// A webhook's target against a receiver on this machine, which verifies each request as receivers do.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MOST_LENIENT } from "../../../../src/outbound/webhook/address.ts";
import { REAL_WORLD, type WebhookPorts, webhookTarget } from "../../../../src/outbound/webhook/target.ts";
import { delivery, leased, newSecret } from "./samples.ts";

interface Received {
  readonly url: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const received: Received[] = [];
let reply: (response: ServerResponse) => void;
let base = "";

const server = createServer(async (request, response) => {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  received.push({ url: request.url ?? "", method: request.method ?? "", headers: request.headers, body });
  reply(response);
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  received.length = 0;
  reply = (response) => response.writeHead(204).end();
});

const json = (status: number, body: string) => (response: ServerResponse) =>
  response.writeHead(status, { "content-type": "application/json" }).end(body);

const secret = newSecret();

function target(more: Partial<WebhookPorts> = {}, { url = `${base}/hook?key=hidden`, batchSize = 1 } = {}) {
  const options = { url, batchSize, batchWaitMs: 0, concurrency: 1, perSecond: undefined, timeoutMs: 1_000 };
  return webhookTarget(options, {
    ...REAL_WORLD,
    rules: MOST_LENIENT,
    secrets: () => ({ secret, previousSecret: undefined }),
    ...more,
  });
}

const verified = ({ body, headers }: Received, by = secret) =>
  new Webhook(by).verify(body, headers as Record<string, string>);

describe("a request", () => {
  test("is a signed POST of the task, with the task's id", async () => {
    const task = leased("task_1", { attempt: 2, idempotencyKey: "k", groupKey: "g", meta: { traceparent: "00" } });
    await target().deliver(delivery([task]));
    const [request] = received;
    expect(received).toHaveLength(1);
    expect(request).toMatchObject({ method: "POST", url: "/hook?key=hidden" });
    expect(request?.headers).toMatchObject({ "content-type": "application/json", "webhook-id": "task_1" });
    expect(verified(request as Received)).toEqual({
      type: "prinia.task",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      data: {
        id: "task_1",
        queue: "emails",
        args: { to: "task_1" },
        attempt: 2,
        maxAttempts: 5,
        createdAt: 1_700_000_000_000,
        priority: 0,
        idempotencyKey: "k",
        groupKey: "g",
        meta: { traceparent: "00" },
      },
    });
    // The lease is the right to end the task: it is nobody's but the queue's.
    expect(request?.body).not.toContain("lease");
  });

  test("of a batch is of its tasks, even of one, and its id is the same for the same tasks", async () => {
    const hook = target({}, { batchSize: 10 });
    await hook.deliver(delivery([leased("a"), leased("b", { codec: "msgpack", args: "gaFhAQ==" })]));
    await hook.deliver(delivery([leased("b"), leased("a")]));
    await hook.deliver(delivery([leased("a")]));
    expect(verified(received[0] as Received)).toMatchObject({
      type: "prinia.tasks",
      data: { queue: "emails", tasks: [{ id: "a" }, { id: "b", codec: "msgpack", args: "gaFhAQ==" }] },
    });
    expect(verified(received[2] as Received)).toMatchObject({ type: "prinia.tasks", data: { tasks: [{ id: "a" }] } });
    const [first, again, other] = received.map(({ headers }) => headers["webhook-id"]);
    expect(first).toMatch(/^batch_[0-9a-f]{32}$/);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test("is signed by both keys while they change", async () => {
    const before = newSecret();
    await target({ secrets: () => ({ secret, previousSecret: before }) }).deliver(delivery([leased("a")]));
    for (const by of [secret, before])
      expect(verified(received[0] as Received, by)).toMatchObject({ type: "prinia.task" });
    expect(() => verified(received[0] as Received, newSecret())).toThrow("No matching signature");
  });
});

describe("an answer", () => {
  const deliver = () => target().deliver(delivery([leased("a")]));

  test("of 200 with JSON is the result", async () => {
    reply = json(200, '{"sent": true}');
    expect(await deliver()).toMatchObject({ events: [{ type: "ack", result: { ok: '{"sent":true}' } }] });
    reply = (response) =>
      response.writeHead(200, { "content-type": "application/problem+json; charset=utf-8" }).end("1");
    expect(await deliver()).toMatchObject({ events: [{ result: { ok: "1" } }] });
  });

  test("of 200 with text is no result", async () => {
    reply = (response) => response.writeHead(200, { "content-type": "text/plain" }).end("1");
    expect(await deliver()).toMatchObject({ events: [{ result: { ok: "null" } }] });
  });

  test("that never ends is read up to a bound, and its task is done", async () => {
    const gone = new Promise<void>((resolve) => {
      reply = (response) => {
        response.writeHead(200, { "content-type": "application/json" });
        const more = () => {
          while (!response.destroyed && response.write("1".repeat(65_536)));
        };
        response.on("drain", more).on("close", resolve);
        more();
      };
    });
    expect(await deliver()).toMatchObject({
      events: [{ result: { ok: "null" }, logs: [expect.stringContaining("longer than 262144 bytes")] }],
    });
    await gone;
  });

  test("of a batch is read up to 1 MiB, and longer ones are no end of a task", async () => {
    const body = (size: number) => `${'{"results":[{"id":"a","ok":1}]}'.padEnd(size)}`;
    const ask = () => target({}, { batchSize: 10 }).deliver(delivery([leased("a")]));
    reply = json(200, body(1_048_576));
    expect(await ask()).toMatchObject({ events: [{ result: { ok: "1" } }] });
    reply = json(200, body(1_048_577));
    expect(await ask()).toMatchObject({
      events: [{ result: { err: expect.stringContaining("longer than is read") } }],
    });
  });

  test("that leads elsewhere is not followed", async () => {
    reply = (response) => response.writeHead(302, { location: `${base}/elsewhere` }).end();
    expect(await deliver()).toMatchObject({
      events: [{ result: { err: expect.stringContaining("302, a redirect") } }],
    });
    expect(received).toHaveLength(1);
  });

  test("of 429 rests for as long as it says", async () => {
    reply = (response) => response.writeHead(429, { "retry-after": "5" }).end();
    expect(await deliver()).toEqual({
      restMs: 5_000,
      events: [{ type: "snooze", id: "a", lease: "lease-a", delayMs: 5_000 }],
    });
  });

  test("of 500 shows at most 512 bytes of what it says", async () => {
    reply = (response) => response.writeHead(500).end("x".repeat(10_000));
    expect(await deliver()).toMatchObject({
      events: [{ result: { err: `The webhook answered 500: ${"x".repeat(512)}` } }],
    });
  });
});

describe("nothing that is secret gets into an error", () => {
  test("where no server listens", async () => {
    const unused = "http://127.0.0.1:1/hook?key=hidden";
    await expect(target({}, { url: unused }).deliver(delivery([leased("a")]))).rejects.toThrow(
      /^The webhook at 127\.0\.0\.1:1 could not be reached: [^?]*$/,
    );
  });

  test("where the runtime's own message has the URL", async () => {
    const fetch = async (url: string): Promise<Response> => {
      throw new TypeError(`cannot fetch ${url}, that is /hook?key=hidden.`);
    };
    await expect(target({ fetch }).deliver(delivery([leased("a")]))).rejects.toThrow(
      `The webhook at ${new URL(base).host} could not be reached: cannot fetch …, that is ….`,
    );
  });

  test("where nothing comes in time", async () => {
    const calls = new AbortController();
    reply = () => calls.abort();
    await expect(target().deliver(delivery([leased("a")], calls.signal))).rejects.toThrow(
      "could not be reached: nothing came in 1000 ms.",
    );
  });

  test("where the connection breaks", async () => {
    reply = (response) => response.destroy();
    await expect(target().deliver(delivery([leased("a")]))).rejects.toThrow(/could not be reached: [^?]*$/);
  });
});

describe("nothing is sent", () => {
  test.each([
    ["http to another host", "http://example.com/?key=hidden"],
    ["a private address", "https://10.0.0.1/?key=hidden"],
    ["a name of a local network", "https://metadata.google.internal/?key=hidden"],
  ])("to %s", async (_, url) => {
    const fetch = () => Promise.reject(new Error("fetch was called"));
    const error = await target({ fetch }, { url })
      .deliver(delivery([leased("a")]))
      .catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/^Error: Nothing was sent: the URL of the webhook /);
    expect(String(error)).not.toContain("hidden");
  });

  test("to this machine, where that is not allowed", async () => {
    const rules = { hosts: null, local: false };
    await expect(target({ rules }).deliver(delivery([leased("a")]))).rejects.toThrow("must begin with https://");
    expect(received).toEqual([]);
  });

  test("without a secret, or with one that is not well formed", async () => {
    for (const secrets of [
      { previousSecret: undefined, secret: undefined },
      { secret: "hunter2", previousSecret: "" },
      { secret, previousSecret: "hunter2" },
    ]) {
      const error = await target({ secrets: () => secrets })
        .deliver(delivery([leased("a")]))
        .catch((reason: unknown) => reason);
      expect(String(error)).toMatch(
        /^Error: Nothing was sent: the webhook's `(?:previousS|s)ecret` (?:is not set|must begin)/,
      );
      expect(String(error)).not.toContain("hunter2");
    }
    expect(received).toEqual([]);
  });
});
