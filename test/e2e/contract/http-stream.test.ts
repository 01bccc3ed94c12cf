/** A push as a stream of lines. */

import { expect, test } from "vitest";
import { type Body, linesOf, Queue, serverForFile, ULID } from "./queue.ts";

const server = serverForFile();
const NDJSON = "application/x-ndjson";
const MIB = 1024 * 1024;

async function stream(queue: Queue, body: string | Uint8Array<ArrayBuffer>, type = NDJSON): Promise<Body[]> {
  const response = await fetch(`${queue.url}/tasks`, { method: "POST", body, headers: { "content-type": type } });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^application\/x-ndjson/);
  return linesOf(await response.text());
}

const created = { id: expect.stringMatching(ULID), status: "Pending", created: true };
const line = (args: unknown) => JSON.stringify({ args });
const refusal = (code: string, at: number) => ({ error: { code, detail: expect.any(String), line: at } });

test("each line is answered by a line", async () => {
  const queue = new Queue(server());
  const answers = await stream(queue, `${line(1)}\n${line(2)}\n${line(3)}\n`);
  expect(answers).toStrictEqual([created, created, created]);
  const tasks = await Promise.all(answers.map(({ id }) => queue.task(String(id))));
  expect(tasks.map(({ args }) => args)).toEqual([1, 2, 3]);
});

test("the content type may have parameters and capitals", async () => {
  expect(await stream(new Queue(server()), line(1), "Application/X-NDJSON; charset=UTF-8")).toEqual([created]);
});

test("blank lines are skipped, CRLF ends a line, and the last one needs no end", async () => {
  const answers = await stream(new Queue(server()), `\n\r\n  \t\n${line(1)}\r\n\n${line(2)}`);
  expect(answers).toEqual([created, created]);
});

test("nothing is answered by nothing", async () => {
  expect(await stream(new Queue(server()), "")).toEqual([]);
  expect(await stream(new Queue(server()), "\n\n")).toEqual([]);
});

test("a stream is atomic per chunk of 500 lines, and goes on after a failed one", async () => {
  const queue = new Queue(server());
  const lines = Array.from({ length: 1_001 }, (_, at) => line(at));
  lines[699] = '{"args":1,"priority":"high"}';
  const answers = await stream(queue, lines.join("\n"));
  expect(answers).toHaveLength(1_001);
  expect(answers.slice(0, 500)).toEqual(Array(500).fill(created));
  expect(answers.slice(500, 1_000)).toEqual(Array(500).fill(refusal("bad_request", 700)));
  expect(new Set(answers.slice(500, 1_000).map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[1_000]).toEqual(created);
  expect(await queue.counts()).toMatchObject({ Pending: 501 });
});

test("lines are counted from 1, blank ones included", async () => {
  const answers = await stream(new Queue(server()), `\n${line(1)}\n\n{"args":\n${line(2)}\n`);
  expect(answers).toEqual(Array(3).fill(refusal("bad_request", 4)));
});

test.each([
  ["no JSON", "nonsense"],
  ["a list", "[]"],
  ["null", "null"],
  ["no args", "{}"],
  ["an unknown field", '{"args":1,"x":1}'],
  ["both of two alternatives", '{"args":1,"runAt":1,"delayMs":1}'],
  ["null for an optional field", '{"args":1,"groupKey":null}'],
])("a line that is %s is refused", async (_what, bad) => {
  expect(await stream(new Queue(server()), `${line(1)}\n${bad}\n`)).toEqual(Array(2).fill(refusal("bad_request", 2)));
});

test("a line that is no UTF-8 is refused", async () => {
  const bytes = new Uint8Array([...new TextEncoder().encode('{"args":"'), 0xff, ...new TextEncoder().encode('"}\n')]);
  expect(await stream(new Queue(server()), bytes)).toEqual([refusal("bad_request", 1)]);
});

test("a line ends at 1 MiB", async () => {
  const queue = new Queue(server());
  const full = line("a".repeat(MIB - line("").length));
  expect(full).toHaveLength(MIB);
  expect(await stream(queue, full)).toEqual([created]);
  expect(await stream(queue, `${full}\r\n`)).toEqual([created]);
  const over = line("a".repeat(MIB - line("").length + 1));
  expect(await stream(queue, `${line(1)}\n${over}\n${line(2)}\n`)).toEqual(
    Array(3).fill(refusal("payload_too_large", 2)),
  );
  expect(await stream(queue, `${line(1)}\n${"x".repeat(3 * MIB)}\n`)).toEqual(
    Array(2).fill(refusal("payload_too_large", 2)),
  );
});

test("a stream may be longer than a body", async () => {
  const queue = new Queue(server());
  const one = `${line("a".repeat(MIB / 2))}\n`;
  expect(await stream(queue, one.repeat(24))).toEqual(Array(24).fill(created));
  expect(await queue.counts()).toMatchObject({ Pending: 24 });
});

test("keys count within a stream, across its chunks and with what was there", async () => {
  const queue = new Queue(server());
  const known = await queue.push({ idempotencyKey: "known" });
  const keyed = (key: string) => JSON.stringify({ args: 1, idempotencyKey: key });
  const lines = [keyed("known"), keyed("a"), keyed("a"), ...Array(500).fill(line(1)), keyed("a")];
  const answers = await stream(queue, lines.join("\n"));
  expect(answers[0]).toEqual({ id: known, status: "Pending", created: false });
  expect(answers[1]).toEqual(created);
  expect(answers[2]).toEqual({ ...answers[1], created: false });
  expect(answers.at(-1)).toEqual({ ...answers[1], created: false });
});

test("a failed chunk takes no key", async () => {
  const queue = new Queue(server());
  await stream(queue, '{"args":1,"idempotencyKey":"k"}\n{"args":1,"priority":null}\n');
  expect((await queue.post("/tasks", { args: 1, idempotencyKey: "k" })).body).toEqual(created);
});

test("answers come while the stream is still being sent", async () => {
  const queue = new Queue(server());
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const send = (text: string) => writer.write(new TextEncoder().encode(text));
  // `duplex` is demanded by fetch for a body that is a stream, and unknown to its types.
  const init: RequestInit & { duplex: "half" } = {
    method: "POST",
    body: readable,
    headers: { "content-type": NDJSON },
    duplex: "half",
  };
  const response = fetch(`${queue.url}/tasks`, init);
  await send(`${line(1)}\n`.repeat(500));
  const body = (await response).body?.pipeThrough(new TextDecoderStream()).getReader();
  let early = "";
  while (linesOf(early.slice(0, early.lastIndexOf("\n") + 1)).length < 500) early += (await body?.read())?.value ?? "";
  expect(linesOf(early)).toEqual(Array(500).fill(created));
  await send(line(2));
  await writer.close();
  expect(linesOf((await body?.read())?.value ?? "")).toEqual([created]);
});

test("a bad name is refused before anything is read", async () => {
  const response = await fetch(`${server().url}/v1/queues/%zz/tasks`, {
    method: "POST",
    body: line(1),
    headers: { "content-type": NDJSON },
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: "bad_request", path: "queue" });
});

test("a stream that is refused is told so before it ends", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const init: RequestInit & { duplex: "half" } = {
    method: "POST",
    body: readable,
    headers: { "content-type": NDJSON },
    duplex: "half",
  };
  const response = fetch(`${server().url}/v1/queues/%zz/tasks`, init);
  await writer.write(new TextEncoder().encode(`${line(1)}\n`));
  expect((await response).status).toBe(400);
  await writer.close().catch(() => undefined);
});
