/** A push as a stream: its lines, its chunks, and how they fail. */

import { describe, expect, it } from "vitest";
import { MAX_LINE_BYTES, STREAM_CHUNK } from "../../../src/limits.ts";
import { fail, ok, type Result } from "../../../src/task/result.ts";
import type { NewTask, Pushed } from "../../../src/task/task.ts";
import { platformError, settle, world } from "./fakes.ts";

const PATH = "http://localhost/v1/queues/q/tasks";

/** A body that comes in pieces of so many bytes. */
function streamed(text: string | Uint8Array, size: number = Number.MAX_SAFE_INTEGER): ReadableStream<Uint8Array> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  let at = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.byteLength) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

const request = (body: ReadableStream<Uint8Array> | null) =>
  new Request(PATH, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    ...(body === null ? {} : { body, duplex: "half" }),
  } as RequestInit);

/** A queue that gives ids in order, and a record of the batches that it was pushed. */
function numbering(refuse: (batch: readonly NewTask[]) => Result<Pushed[]> | null = () => null) {
  const batches: NewTask[][] = [];
  let count = 0;
  const push = (tasks: NewTask[]) => {
    const refused = refuse(tasks);
    if (refused !== null) return refused;
    batches.push(tasks);
    return ok(tasks.map(() => ({ id: `t${++count}`, status: "Pending", created: true })));
  };
  return { batches, push };
}

async function pushLines(body: ReadableStream<Uint8Array> | null, queue: { push: unknown }) {
  const response = await world(queue).fetch(request(body));
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
  const text = await response.text();
  expect(text === "" || text.endsWith("\n")).toBe(true);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

const lines = (count: number, from = 1) => Array.from({ length: count }, (_, place) => `{"args":${from + place}}`);

describe("the lines of a stream", () => {
  it.each([1, 2, 3, 7, 1_000])("are the same whether they come in pieces of %i bytes or at once", async (size) => {
    const text = '{"args":"ä€😀"}\n\n{"args":2}\r\n   \t\r\n{"args":3}';
    const { batches, push } = numbering();
    const answers = await pushLines(streamed(text, size), { push });
    expect(answers.map(({ id }) => id)).toEqual(["t1", "t2", "t3"]);
    expect(batches).toEqual([[{ args: '"ä€😀"' }, { args: "2" }, { args: "3" }]]);
  });

  it.each(["", "\n", "\n\n \r\n"])("may be none: %j", async (text) => {
    const { batches, push } = numbering();
    expect(await pushLines(streamed(text), { push })).toEqual([]);
    expect(batches).toEqual([]);
  });

  it("may be none because there is no body", async () => {
    expect(await pushLines(null, numbering())).toEqual([]);
  });

  it("may be as long as 1 MiB, and not a byte longer, whatever ends them", async () => {
    const padded = (length: number) => '{"args":1}'.padEnd(length, " ");
    const { batches, push } = numbering();
    for (const [end, size] of [
      ["\n", 1 << 16],
      ["\r\n", 1 << 16],
      ["", 1 << 16],
      ["\r\n", MAX_LINE_BYTES + 1],
    ] as const) {
      const fits = await pushLines(streamed(padded(MAX_LINE_BYTES) + end, size), { push });
      const exceeds = await pushLines(streamed(padded(MAX_LINE_BYTES + 1) + end, size), { push });
      expect(fits).toMatchObject([{ created: true }]);
      expect(exceeds).toMatchObject([{ error: { code: "payload_too_large", line: 1 } }]);
    }
    expect(batches).toHaveLength(4);
  });

  it("that are too long fail their chunk and are not kept, and the stream goes on", async () => {
    const first = [...lines(STREAM_CHUNK - 1), `{"args":"${"x".repeat(3 * MAX_LINE_BYTES)}"}`].join("\n");
    const { batches, push } = numbering();
    const answers = await pushLines(streamed(`${first}\n{"args":"after"}\n`, 1 << 16), { push });
    expect(answers).toHaveLength(STREAM_CHUNK + 1);
    expect(answers[0]).toMatchObject({ error: { code: "payload_too_large", line: STREAM_CHUNK } });
    expect(batches).toEqual([[{ args: '"after"' }]]);
  });
});

describe("a chunk", () => {
  it("is 500 lines, and one push", async () => {
    const { batches, push } = numbering();
    const answers = await pushLines(streamed(lines(2 * STREAM_CHUNK + 1).join("\n"), 777), { push });
    expect(answers).toHaveLength(2 * STREAM_CHUNK + 1);
    expect(answers.at(-1)).toEqual({ id: `t${2 * STREAM_CHUNK + 1}`, status: "Pending", created: true });
    expect(batches.map((batch) => batch.length)).toEqual([STREAM_CHUNK, STREAM_CHUNK, 1]);
  });

  it("counts no blank lines, which still count in the numbers of lines", async () => {
    const text = [...lines(STREAM_CHUNK).flatMap((line) => ["", line]), "", "nonsense"].join("\n");
    const { batches, push } = numbering();
    const answers = await pushLines(streamed(text), { push });
    expect(batches.map((batch) => batch.length)).toEqual([STREAM_CHUNK]);
    expect(answers.at(-1)).toMatchObject({ error: { code: "bad_request", line: 2 * STREAM_CHUNK + 2 } });
  });

  it("fails whole, each line with the same code and the first line that failed; the others do not", async () => {
    const all = lines(3 * STREAM_CHUNK);
    all[STREAM_CHUNK + 7] = '{"args":1,"colour":"red"}';
    all[STREAM_CHUNK + 8] = "nonsense";
    const { batches, push } = numbering();
    const answers = await pushLines(streamed(all.join("\n"), 4_096), { push });
    expect(answers).toHaveLength(3 * STREAM_CHUNK);
    const failed = answers.slice(STREAM_CHUNK, 2 * STREAM_CHUNK);
    expect(new Set(failed.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(failed[0]).toEqual({
      error: { code: "bad_request", detail: expect.stringContaining("colour"), line: STREAM_CHUNK + 8 },
    });
    expect(batches.map((batch) => batch[0]?.args)).toEqual(["1", String(2 * STREAM_CHUNK + 1)]);
  });

  it("that is not UTF-8 fails where it is not", async () => {
    const bytes = new Uint8Array([...new TextEncoder().encode('{"args":1}\n{"args":"'), 0xc3, 0x28, 0x22, 0x7d]);
    const answers = await pushLines(streamed(bytes), numbering());
    expect(answers).toMatchObject([{ error: { code: "bad_request", line: 2 } }, { error: { line: 2 } }]);
  });

  it("refused by the queue names the line of the task that was odd", async () => {
    const refuse = (batch: readonly NewTask[]) =>
      batch.length === 3 ? fail("payload_too_large", "too much", { path: "2.args" }) : null;
    const answers = await pushLines(streamed('\n{"args":1}\n\n{"args":2}\n{"args":3}'), numbering(refuse));
    expect(answers).toEqual(Array(3).fill({ error: { code: "payload_too_large", detail: "too much", line: 5 } }));
  });

  it("whose push met an overloaded queue fails, and the next is tried", async () => {
    let times = 0;
    const { batches, push } = numbering();
    const busyOnce = (tasks: NewTask[]) =>
      times++ === 0 ? Promise.reject(platformError({ retryable: true, overloaded: true })) : push(tasks);
    const answers = await pushLines(streamed(lines(STREAM_CHUNK + 1).join("\n")), { push: busyOnce });
    expect(answers[0]).toMatchObject({ error: { code: "overloaded", line: 1 } });
    expect(answers.at(-1)).toMatchObject({ created: true });
    expect(batches).toHaveLength(1);
  });

  it("of tasks without keys whose push broke off is not sent again, and says that the outcome is unknown", async () => {
    let times = 0;
    const push = () => {
      times++;
      return Promise.reject(platformError({ retryable: true }));
    };
    const answers = await pushLines(streamed('{"args":1}'), { push });
    expect(answers).toMatchObject([
      { error: { code: "internal", detail: expect.stringContaining("outcome"), line: 1 } },
    ]);
    expect(times).toBe(1);
  });

  it("ends early where 8 MiB are gathered", async () => {
    const line = `{"args":"${"x".repeat(MAX_LINE_BYTES - 11)}"}`;
    const { batches, push } = numbering();
    const answers = await pushLines(streamed(Array(9).fill(line).join("\n"), 1 << 20), { push });
    expect(answers).toHaveLength(9);
    expect(batches.map((batch) => batch.length)).toEqual([8, 1]);
  });
});

describe("backpressure", () => {
  it("reads no further than the chunk whose answers are awaited", async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent++;
        controller.enqueue(new TextEncoder().encode(`{"args":${sent}}\n`));
      },
    });
    const { batches, push } = numbering();
    const response = await world({ push }).fetch(request(body));
    const reader = response.body?.getReader();
    await settle();
    expect(batches).toEqual([]);
    for (let chunk = 1; chunk <= 3; chunk++) {
      const { value } = (await reader?.read()) ?? {};
      expect(new TextDecoder().decode(value).split("\n")).toHaveLength(STREAM_CHUNK + 1);
      await settle();
      expect(batches).toHaveLength(chunk);
      expect(sent).toBeLessThan((chunk + 1) * STREAM_CHUNK);
    }
    await reader?.cancel();
  });

  it("lets go of the request once the client is gone", async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('{"args":1}\n')),
      cancel: () => {
        cancelled = true;
      },
    });
    const response = await world(numbering()).fetch(request(body));
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await settle();
    expect(cancelled).toBe(true);
  });

  it("fails the answer when the request breaks off, and pushes no part of a chunk", async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"args":1}\n{"args":2}\n')),
      pull: (controller) => controller.error(new Error("the client is gone")),
    });
    const { batches, push } = numbering();
    const response = await world({ push }).fetch(request(body));
    const outcome = await response.text().then(
      () => "whole",
      () => "broken",
    );
    expect([outcome, batches]).toEqual(["broken", []]);
  });
});
