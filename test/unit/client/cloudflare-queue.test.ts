import { expect, test } from "vitest";
import { asQueue, type QueueContentType } from "../../../src/client/cloudflare-queue.ts";

function bench(status = 201) {
  const sent: { url: string; body: unknown }[] = [];
  const fetch = async (url: string, { body = "" }: { body?: string }) => {
    const pushed = JSON.parse(body);
    sent.push({ url, body: pushed });
    const answer = Array.isArray(pushed) ? { tasks: pushed.map((_, n) => ({ id: String(n) })) } : { id: "1" };
    return Response.json(status < 300 ? answer : { code: "forbidden", detail: "no" }, { status });
  };
  return { sent, queue: asQueue({ fetch }, "a/b") };
}

test("a message is a push, by its content type and its delay", async () => {
  const { queue, sent } = bench();
  await queue.send({ n: 1 });
  await queue.send({ n: 2 }, { delaySeconds: 1.5 });
  await queue.send("text", { contentType: "text" });
  await queue.send(new Uint8Array([1, 2, 3]).buffer, { contentType: "bytes" });
  await queue.send(new Uint8Array([0, 1, 2, 3]).subarray(1), { contentType: "bytes" });
  await queue.send(undefined);
  expect(new Set(sent.map(({ url }) => url))).toEqual(new Set(["https://prinia/v1/queues/a%2Fb/tasks"]));
  expect(sent.map(({ body }) => body)).toEqual([
    { args: { n: 1 } },
    { args: { n: 2 }, delayMs: 1_500 },
    { args: "text" },
    { args: "AQID", codec: "bytes" },
    { args: "AQID", codec: "bytes" },
    { args: null },
  ]);
});

test("a batch is one push, with a delay for all that have none of their own", async () => {
  const { queue, sent } = bench();
  await queue.sendBatch([{ body: 1 }, { body: "x", contentType: "text", delaySeconds: 2 }], { delaySeconds: 9 });
  await queue.sendBatch([]);
  expect(sent.map(({ body }) => body)).toEqual([
    [
      { args: 1, delayMs: 9_000 },
      { args: "x", delayMs: 2_000 },
    ],
  ]);
});

test.each<[unknown, QueueContentType, RegExp]>([
  [{}, "v8", /"v8" is not taken/],
  [1, "text", /must be a string, got number/],
  ["x", "bytes", /must be an ArrayBuffer/],
])("%j as %s is refused in words, and nothing is sent", async (body, contentType, words) => {
  const { queue, sent } = bench();
  await expect(queue.send(body, { contentType })).rejects.toThrow(words);
  await expect(queue.sendBatch([{ body: 1 }, { body, contentType }])).rejects.toThrow(words);
  expect(sent).toEqual([]);
});

test("more than a thousand are refused, and nothing is sent", async () => {
  const { queue, sent } = bench();
  await expect(queue.sendBatch(Array.from({ length: 1_001 }, () => ({ body: 1 })))).rejects.toThrow(
    "1000 messages at most",
  );
  expect(sent).toEqual([]);
});

test("a refusal is thrown", async () => {
  await expect(bench(403).queue.send(1)).rejects.toMatchObject({ code: "forbidden" });
});
