/** The trace of a push: from its headers into the meta of its tasks. */

import { describe, expect, it } from "vitest";
import { MAX_META_BYTES } from "../../../src/limits.ts";
import type { NewTask } from "../../../src/task/task.ts";
import { world } from "./fakes.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const tracestate = "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7";

/** What the object was asked to push. */
async function pushed(body: unknown, headers: Record<string, string>): Promise<NewTask[]> {
  const { send, calls } = world({
    push: (tasks: NewTask[]) => ({ ok: true, value: tasks.map(() => ({ id: "1", created: true })) }),
  });
  const answer = await send("POST", "/v1/queues/q/tasks", body, headers);
  expect(answer.status).toBeLessThan(300);
  await answer.text();
  return calls.flatMap(({ method, args }) => (method === "push" ? (args[0] as NewTask[]) : []));
}

const metaOf = async (body: unknown, headers: Record<string, string>) =>
  (await pushed(body, headers)).map(({ meta }) => meta);

describe("a push with a trace", () => {
  it("keeps it with the task, beside what its meta has", async () => {
    expect(await metaOf({ args: 1 }, { traceparent, tracestate })).toEqual([{ traceparent, tracestate }]);
    expect(await metaOf({ args: 1, meta: { a: 1 } }, { traceparent })).toEqual([{ a: 1, traceparent }]);
  });

  it("keeps it with each task of a list, but for one that brings its own", async () => {
    const own = { traceparent: "00-11111111111111111111111111111111-2222222222222222-00" };
    const list = [{ args: 1 }, { args: 2, meta: own }, { args: 3, meta: { tracestate: "a=b" } }];
    expect(await metaOf(list, { traceparent, tracestate })).toEqual([
      { traceparent, tracestate },
      own,
      { tracestate: "a=b" },
    ]);
  });

  it("keeps it with each task of a stream", async () => {
    const lines = '{"args":1}\n{"args":2}\n';
    const headers = { "content-type": "application/x-ndjson", traceparent };
    expect(await metaOf(lines, headers)).toEqual([{ traceparent }, { traceparent }]);
  });

  it("goes without it where the meta has no room", async () => {
    const room = MAX_META_BYTES - JSON.stringify({ a: "", traceparent }).length;
    expect(await metaOf({ args: 1, meta: { a: "x".repeat(room) } }, { traceparent })).toMatchObject([{ traceparent }]);
    const full = { a: "x".repeat(room + 1) };
    expect(await metaOf({ args: 1, meta: full }, { traceparent })).toEqual([full]);
  });

  it.each([
    ["", "empty"],
    ["nonsense", "nonsense"],
    [traceparent.toUpperCase(), "in capitals"],
    [`${traceparent}-more`, "of version 00 with more"],
    [traceparent.replace(/^00/, "ff"), "of the version that there is not"],
    [traceparent.replace(/-b7ad6b7169203331/, "-0000000000000000"), "without a parent"],
    [`${traceparent}, ${traceparent}`, "there twice"],
  ])("ignores a traceparent %j, which is %s, with its tracestate", async (bad) => {
    expect(await metaOf({ args: 1 }, { traceparent: bad, tracestate })).toEqual([undefined]);
  });

  it("takes a later version", async () => {
    const later = `${traceparent.replace(/^00/, "01")}-more`;
    expect(await metaOf({ args: 1 }, { traceparent: later })).toEqual([{ traceparent: later }]);
  });

  it.each([
    "no equals",
    "a=b,a=c",
    "A=b",
    `a=${"x".repeat(257)}`,
    Array.from({ length: 33 }, (_, at) => `k${at}=1`).join(),
    ["a", "b", "c"].map((key) => `${key}=${"x".repeat(200)}`).join(),
    ",",
  ])("drops the tracestate %j alone", async (bad) => {
    expect(await metaOf({ args: 1 }, { traceparent, tracestate: bad })).toEqual([{ traceparent }]);
  });
});
