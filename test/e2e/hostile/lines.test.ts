/** Hostile lines of NDJSON: each is answered by a line with its code, and pushes nothing. */

import { expect, test } from "vitest";
import { linesOf, Queue, serverForFile } from "../contract/queue.ts";
import { nested } from "./corpus/request.ts";
import { exchange, requestBytes } from "./wire.ts";

const server = serverForFile();
const queue = () => new Queue(server(), "hostile lines");

const MIB = 1024 * 1024;
const TASK = '{"args":1}';
const NDJSON = "content-type: application/x-ndjson";

const send = (body: Uint8Array) => {
  const { path } = queue();
  return exchange(server().port, requestBytes("POST", `${path}/tasks`, [NDJSON], body));
};

test.each<[string, string | Uint8Array, string, number?]>([
  ["no JSON", "{", "bad_request"],
  ["a list", "[]", "bad_request"],
  ["a list of tasks", `[${TASK}]`, "bad_request"],
  ["null", "null", "bad_request"],
  ["two tasks on a line", TASK + TASK, "bad_request"],
  ["a task over two lines", '{"args":\n1}', "bad_request"],
  ["lines of another system", `${TASK}\r${TASK}`, "bad_request"],
  ["no args", '{"priority":1}', "bad_request"],
  ["an unknown field", '{"args":1,"x":1}', "bad_request"],
  ["a prototype", '{"args":1,"__proto__":{}}', "bad_request"],
  ["a null character", `${TASK}\0`, "bad_request"],
  ["a mark in the middle", `${TASK}\n\ufeff\ufeff${TASK}`, "bad_request", 2],
  ["args that nest too deep", `{"args":${nested(501)}}`, "bad_request"],
  [
    "a sequence cut short",
    new Uint8Array([...Buffer.from('{"args":"'), 0xe2, 0x82, ...Buffer.from('"}')]),
    "bad_request",
  ],
  ["a line over 1 MiB", `{"args":"${"x".repeat(MIB)}"}`, "payload_too_large"],
  ["a line over 1 MiB that does not end", "x".repeat(3 * MIB), "payload_too_large"],
  ["a bad line behind a good one", `${TASK}\n${TASK}\n{"args":1,"priority":"x"}`, "bad_request", 3],
])("%s", async (_, body, code, line = 1) => {
  const reply = await send(typeof body === "string" ? Buffer.from(body) : body);
  const answers = linesOf(reply?.text ?? "");
  expect(reply?.status).toBe(200);
  expect(answers.length).toBeGreaterThan(0);
  for (const answer of answers) expect(answer).toEqual({ error: { code, detail: expect.any(String), line } });
  expect((await queue().get("")).status).toBe(404);
});

test("a stream that breaks off pushes no part of a chunk, and the queue goes on", async () => {
  const { path } = queue();
  const head = requestBytes("POST", `${path}/tasks`, [NDJSON, "content-length: 1000"], Buffer.from(`${TASK}\n${TASK}`));
  await exchange(server().port, head, true);
  expect((await queue().get("")).status).toBe(404);
  await queue().push();
  expect(await queue().counts()).toMatchObject({ Pending: 1 });
});
