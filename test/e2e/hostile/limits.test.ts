/** Both sides of every limit that a client can reach. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as limits from "../../../src/limits.ts";
import type { Problem } from "../../../src/protocol/answers.ts";
import { ROOT } from "../../support/processes.ts";
import { ack, event, Queue, serverForFile } from "../contract/queue.ts";
import type { Sent } from "./limits/side.ts";
import { TABLE } from "./limits/table.ts";

const server = serverForFile();
const queue = () => new Queue(server(), crypto.randomUUID());

test("every constant of limits.ts has both of its sides tested, or a reason why not", () => {
  expect(Object.keys(TABLE).sort()).toEqual(Object.keys(limits).sort());
});

const rows = Object.entries(TABLE);
const send = ([line, body]: Sent) => {
  const [method = "", path = ""] = line.split(" ");
  return queue().call<Problem>(method, path, body, body === undefined ? {} : { "content-type": "application/json" });
};

test.each(rows.flatMap(([name, limit]) => (limit.type === "sides" ? [[name, limit] as const] : [])))(
  "%s: what is at it is taken, what is past it is refused by name",
  async (_, { at, past, refusal }) => {
    const taken = await fetchText(at);
    expect(taken.status, taken.text.slice(0, 200)).toBeLessThan(300);
    const { status, body } = await send(past);
    expect([body.code, body.path].join(" ")).toBe(refusal);
    expect(status).toBe(refusal.startsWith("bad_request") ? 400 : 413);
  },
);

/** What is taken need not be answered by JSON: a wait is lines. */
async function fetchText([line, body]: Sent): Promise<{ status: number; text: string }> {
  const [method = "", path = ""] = line.split(" ");
  const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(queue().url + path, { method, headers, ...sent });
  return { status: response.status, text: await response.text() };
}

test.each(rows.flatMap(([name, limit]) => (limit.type === "elsewhere" ? [[name, limit] as const] : [])))(
  "%s is tested where the table says",
  (_, { file, title }) => {
    expect(readFileSync(`${ROOT}test/${file}`, "utf8")).toContain(title);
  },
);

test("a result and progress end at their limits, which spoils that event alone", async () => {
  const used = queue();
  const task = await used.leased();
  const text = (size: number) => "x".repeat(size - 2);
  const progress = (size: number) => event("progress", task, { progress: text(size) });
  const refused = { error: { code: "payload_too_large" } };
  expect(await used.event(progress(limits.MAX_PROGRESS_BYTES + 1))).toMatchObject(refused);
  expect(await used.event(progress(limits.MAX_PROGRESS_BYTES))).toMatchObject({ status: "Running" });
  expect(await used.event(ack(task, { ok: text(limits.MAX_RESULT_BYTES + 1) }))).toMatchObject(refused);
  expect(await used.event(ack(task, { ok: text(limits.MAX_RESULT_BYTES) }))).toMatchObject({ status: "Done" });
});

test("an error is cut at its limits, and not before", async () => {
  const used = queue();
  for (const size of [limits.MAX_RUN_ERROR_BYTES, limits.MAX_ERROR_BYTES, limits.MAX_ERROR_BYTES + 1]) {
    const task = await used.leased();
    await used.event(ack(task, { err: "x".repeat(size), abort: true }));
    const { lastResult, runs } = await used.task(task.id);
    expect(lastResult).toEqual({ err: "x".repeat(Math.min(size, limits.MAX_ERROR_BYTES)) });
    expect(runs[0]?.error).toBe("x".repeat(limits.MAX_RUN_ERROR_BYTES));
  }
});

test("a cursor is looked at up to its limit, and not beyond", async () => {
  const refusal = async (size: number) => (await send([`GET /tasks?cursor=${"c".repeat(size)}`])).body.detail;
  const long = /must be a string of 1 to 1024 bytes/;
  expect(await refusal(limits.MAX_CURSOR_BYTES)).not.toMatch(long);
  expect(await refusal(limits.MAX_CURSOR_BYTES + 1)).toMatch(long);
});
