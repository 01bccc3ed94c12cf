import { describe, expect, test } from "vitest";
import { decodeConfigPatch } from "../../../src/protocol/config.ts";
import { decodeFrame } from "../../../src/protocol/frames.ts";
import { decodePatch } from "../../../src/protocol/new-task.ts";
import { decodeQuery } from "../../../src/protocol/query.ts";
import {
  bulkRescheduleSchema,
  bulkSchema,
  listQuerySchema,
  rescheduleSchema,
  statusBodySchema,
  vacuumSchema,
} from "../../../src/protocol/selection.ts";
import { decodeBody } from "../../../src/protocol/validate.ts";
import { PriniaError } from "../../../src/task/errors.ts";
import type { Result } from "../../../src/task/result.ts";
import { Bench } from "./bench.ts";

/** What was refused, as a program sees it. */
async function refusal(call: Promise<unknown>): Promise<object> {
  const error: unknown = await call.then(
    () => "nothing was refused",
    (reason: unknown) => reason,
  );
  if (!(error instanceof PriniaError)) throw new Error(`not refused, but ${String(error)}`);
  const { code, detail, path } = error;
  return { code, detail, path };
}

/** The same, as the wire's decoder says it. */
function wire(result: Result<unknown>): object {
  if (result.ok) throw new Error("the wire takes it");
  const { code, detail, path } = result.error;
  return { code, detail, path };
}

const body = (value: object) => JSON.stringify(value);

describe("a queue in this process refuses what the server refuses, in its words", () => {
  const tasks = [
    { args: 1, priority: 1.5 },
    { args: 1, runAt: 1, delayMs: 1 },
    { args: 1, maxAttempts: 0 },
    { args: 1, idempotencyKey: "x".repeat(1025) },
    { args: "no base64", codec: "x" },
    { args: 1, color: "red" },
    { args: "x".repeat(1_048_576) },
    { priority: 1 },
  ];
  test.each(tasks)("task %#", async (task) => {
    const bench = new Bench();
    const frame = body({ type: "push", ref: "r", tasks: [{ args: 1 }, task] });
    expect(await refusal(bench.pushed({ args: 1 }, { args: undefined, ...task }))).toEqual(wire(decodeFrame(frame)));
    // All or none.
    expect((await bench.queue.list({})).tasks).toEqual([]);
  });

  test("a task's path says which of the batch it was", async () => {
    expect(await refusal(new Bench().pushed({}, {}, {}, { priority: "high" }))).toMatchObject({
      code: "bad_request",
      path: "tasks.3.priority",
    });
  });

  test("too many tasks at once, and none", async () => {
    const bench = new Bench();
    const many = Array.from({ length: 1001 }, () => ({ args: null }));
    for (const batch of [many, []]) {
      const frame = body({ type: "push", ref: "r", tasks: batch });
      expect(await refusal(bench.pushed(...batch))).toEqual(wire(decodeFrame(frame)));
    }
  });

  test.each([
    { limit: 0 },
    { limit: 1001 },
    { limit: 1.5 },
    { status: "Lost" },
    { after: -1 },
    { order: "random" },
    { cursor: "" },
    { color: "red" },
  ])("list %j", async (filter) => {
    const query = Object.entries(filter).map(([key, value]): [string, string] => [key, String(value)]);
    expect(await refusal(new Bench().queue.list(filter as object))).toEqual(
      wire(decodeQuery(listQuerySchema, new URLSearchParams(query))),
    );
  });

  test("a cursor that is none, or of the other order", async () => {
    const bench = new Bench();
    await bench.push({}, {});
    const { nextCursor = "" } = await bench.queue.list({ limit: 1 });
    for (const filter of [{ cursor: "zz" }, { cursor: nextCursor, order: "oldest" as const }]) {
      expect(await refusal(bench.queue.list(filter))).toMatchObject({ code: "bad_request", path: "cursor" });
    }
  });

  test.each([{ priority: null }, { maxAttempts: 0 }, { revision: 0 }, { status: "Done" }])(
    "update %j",
    async (changes) => {
      const bench = new Bench();
      const id = await bench.pushOne();
      const call = bench.queue.update(id, changes as object);
      expect(await refusal(call)).toEqual(wire(decodePatch(body(changes))));
    },
  );

  test.each([{}, { delayMs: 1, runAt: 1 }, { delayMs: -1 }])("reschedule %j", async (when) => {
    const bench = new Bench();
    const call = bench.queue.reschedule(await bench.pushOne(), when);
    expect(await refusal(call)).toEqual(wire(decodeBody(rescheduleSchema, body(when))));
  });

  test.each([
    [{}],
    [{ ids: [] }],
    [{ ids: ["a"], filter: {} }],
    [{ filter: { color: "red" } }],
    [{ ids: ["a"], limit: 10_001 }],
    [{ ids: ["a"], delayMs: 1 }],
  ])("bulk %j", async (order) => {
    const call = new Bench().queue.bulk("cancel", order as { ids: string[] });
    expect(await refusal(call)).toEqual(wire(decodeBody(bulkSchema, body(order))));
  });

  test("a bulk reschedule without a time", async () => {
    const order = { ids: ["a"] };
    const call = new Bench().queue.bulk("reschedule", order);
    expect(await refusal(call)).toEqual(wire(decodeBody(bulkRescheduleSchema, body(order))));
  });

  test("vacuum, status, settings, ids", async () => {
    const { queue } = new Bench();
    const order = { olderThanMs: -1 };
    expect(await refusal(queue.vacuum(order))).toEqual(wire(decodeBody(vacuumSchema, body(order))));
    const ids = Array.from({ length: 1001 }, String);
    expect(await refusal(queue.status(ids))).toEqual(wire(decodeBody(statusBodySchema, body({ ids }))));
    const change = { orphanAfterMs: 1 };
    expect(await refusal(queue.configure(change))).toEqual(wire(decodeConfigPatch(body(change))));
    expect(await refusal(queue.fetch(""))).toMatchObject({ code: "bad_request", path: "id" });
  });

  test("a worker without a name, and layers that are too many", async () => {
    const { queue } = new Bench();
    expect(await refusal(queue.register({ worker: "" }))).toMatchObject({ code: "bad_request", path: "worker" });
    const layers = Array.from({ length: 1001 }, () => "l");
    expect(await refusal(queue.register({ worker: "w", layers }))).toMatchObject({ path: "layers" });
  });

  test("events that no server would take, of which nothing is applied", async () => {
    const bench = new Bench();
    const id = await bench.pushOne();
    const peer = await bench.worker();
    const [task] = await peer.take();
    const hold = { id, lease: task?.lease ?? "" };
    const deep = `${"[".repeat(501)}${"]".repeat(501)}`;
    const good = { type: "progress", ...hold, progress: "1" } as const;
    for (const [bad, path] of [
      [{ type: "ack", ...hold, result: { ok: deep } }, "events.1.result.ok"],
      [{ type: "snooze", ...hold, delayMs: -1 }, "events.1.delayMs"],
    ] as const) {
      expect(await refusal(peer.port.events({ events: [good, bad] }))).toMatchObject({ code: "bad_request", path });
      expect(await refusal(peer.poll({ events: [good, bad] }))).toMatchObject({ code: "bad_request", path });
    }
    expect(await bench.queue.fetch(id)).not.toHaveProperty("progress");
  });
});

describe("a refusal of the queue", () => {
  test("has the status that it has over HTTP, and that of the task", async () => {
    const bench = new Bench();
    const id = await bench.pushOne();
    await (await bench.worker()).take();
    const failure = bench.queue.remove(id);
    await expect(failure).rejects.toMatchObject({ code: "wrong_status", status: 409, taskStatus: "Running" });
    await expect(bench.queue.fetch("nonsense")).rejects.toMatchObject({ code: "task_not_found", status: 404 });
    await expect(new Bench().queue.info()).rejects.toMatchObject({ code: "queue_not_found", status: 404 });
    await expect(bench.queue.drop(false)).rejects.toMatchObject({ code: "wrong_status", status: 409 });
  });

  test("of a push that was aborted is the signal's reason, and nothing is pushed", async () => {
    const bench = new Bench();
    const signal = AbortSignal.abort(new Error("enough"));
    const call = bench.queue.push([{ text: '{"args":1}', repeatable: false }], { signal });
    await expect(call).rejects.toThrow("enough");
    expect((await bench.queue.list({})).tasks).toEqual([]);
  });
});
