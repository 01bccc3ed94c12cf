/** Requests that are refused, each with its code, its status and the path of what was wrong. */

import { describe, expect, it, vi } from "vitest";
import { MAX_BODY_BYTES, MAX_DRAINED_BYTES } from "../../../src/limits.ts";
import { fail } from "../../../src/task/result.ts";
import { world } from "./fakes.ts";

const PUSH = "/v1/queues/q/tasks";

async function refusal(response: Response) {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const body = (await response.json()) as Record<string, unknown>;
  expect(body.status).toBe(response.status);
  expect(Object.keys(body)).toEqual(expect.arrayContaining(["type", "title", "status", "detail", "code"]));
  return { status: response.status, code: body.code, path: body.path };
}

describe("routing", () => {
  it.each(["/v1/nothing", "/", "/v2/queues", "/v1/queues/q/tasks/i/explode", "/v1/", "/v1/queues/q/"])(
    "knows no route %s",
    async (path) => {
      const response = await world().send("GET", path);
      expect(await refusal(response)).toEqual({ status: 404, code: "not_found", path: undefined });
    },
  );

  it.each([
    ["POST", "/v1", "HEAD, GET"],
    ["PUT", "/v1/queues/q/tasks", "HEAD, POST, GET"],
    ["GET", "/v1/queues/q/poll", "POST"],
    ["POST", "/v1/queues/q/tasks/i", "HEAD, GET, PATCH, DELETE"],
    ["PUT", "/v1/queues/q/tasks/resume", "HEAD, POST, GET, PATCH, DELETE"],
    ["OPTIONS", "/v1/queues/q/config", "HEAD, GET, PATCH"],
    ["POST", "/v1/queues/q", "HEAD, GET, DELETE"],
  ])("tells %s %s that it has other methods", async (method, path, allow) => {
    const response = await world().send(method, path);
    expect(response.headers.get("allow")?.split(", ").sort()).toEqual(allow.split(", ").sort());
    expect(await refusal(response)).toMatchObject({ status: 405, code: "method_not_allowed" });
  });

  it("takes resume for a verb in POST and for an id in GET", async () => {
    const { send, calls } = world({ bulk: { matched: 0, changed: 0, more: false }, task: "{}" });
    await send("POST", "/v1/queues/q/tasks/resume", { ids: ["i"] });
    await send("GET", "/v1/queues/q/tasks/resume");
    expect(calls.map(({ method, args }) => [method, args[0]])).toEqual([
      ["bulk", { verb: "resume", ids: ["i"], dryRun: false }],
      ["task", "resume"],
    ]);
  });
});

describe("bodies", () => {
  it.each([
    ["text/plain;charset=UTF-8"],
    ["application/x-www-form-urlencoded"],
    ["application/json; charset=latin1"],
    ["application/x-ndjsonx"],
  ])("of type %s are refused", async (type) => {
    const { send, calls } = world();
    const response = await send("POST", PUSH, { args: 1 }, { "content-type": type });
    expect(await refusal(response)).toMatchObject({ status: 415, code: "unsupported_media_type" });
    expect(calls).toEqual([]);
  });

  it("that are compressed are refused", async () => {
    const response = await world().send("POST", PUSH, { args: 1 }, { "content-encoding": "gzip" });
    expect(await refusal(response)).toMatchObject({ status: 415 });
  });

  it("are refused as NDJSON where no stream is read", async () => {
    const response = await world().send("POST", "/v1/queues/q/poll", "{}", { "content-type": "application/x-ndjson" });
    expect(await refusal(response)).toMatchObject({ status: 415 });
  });

  it.each([
    ["POST", PUSH, "{", "body"],
    ["POST", PUSH, undefined, "args"],
    ["POST", PUSH, { args: 1, colour: "red" }, "colour"],
    ["POST", PUSH, { args: 1, priority: "high" }, "priority"],
    ["POST", PUSH, [{ args: 1 }, { args: 1, runAt: 1, delayMs: 1 }], "1.delayMs"],
    ["POST", PUSH, [], "body"],
    ["POST", "/v1/queues/q/poll", {}, "worker"],
    ["POST", "/v1/queues/q/poll", { worker: "w", waitMs: 25_001 }, "waitMs"],
    ["POST", "/v1/queues/q/events", { events: [{ type: "start", id: "i" }] }, "events.0.lease"],
    ["POST", "/v1/queues/q/tasks/i/reschedule", {}, "delayMs"],
    ["POST", "/v1/queues/q/tasks/resume", { ids: ["i"], filter: {} }, "filter"],
    ["POST", "/v1/queues/q/tasks/i/cancel", { force: true }, "force"],
    ["POST", "/v1/queues/q/purge", { sure: true }, "sure"],
    ["DELETE", "/v1/queues/q/tasks/i", { sure: true }, "sure"],
    ["PATCH", "/v1/queues/q/config", { retention: { forMs: 1 } }, "retention.forMs"],
    ["POST", "/v1/queues/q/wait", { ids: [] }, "ids"],
  ])("%s %s %j is wrong at %s", async (method, path, body, at) => {
    const { send, calls } = world();
    const response = await send(method, path, body);
    expect(await refusal(response)).toEqual({ status: 400, code: "bad_request", path: at });
    expect(calls).toEqual([]);
  });

  it("that are no UTF-8 are refused", async () => {
    const body = new Uint8Array([0x7b, 0xff, 0x7d]);
    const response = await world().fetch(new Request(`http://localhost${PUSH}`, { method: "POST", body }));
    expect(await refusal(response)).toEqual({ status: 400, code: "bad_request", path: "body" });
  });

  it("are counted as they come, and one without an end is cut off", async () => {
    let pulled = 0;
    const piece = new Uint8Array(1024 * 1024).fill(0x20);
    const body = new ReadableStream({
      pull: (controller) => {
        pulled += piece.byteLength;
        controller.enqueue(piece);
      },
    });
    const request = new Request(`http://localhost${PUSH}`, { method: "POST", body, duplex: "half" } as RequestInit);
    const response = await world().fetch(request);
    expect(await refusal(response)).toEqual({ status: 413, code: "payload_too_large", path: "body" });
    expect(pulled).toBeLessThan(MAX_BODY_BYTES + MAX_DRAINED_BYTES + 4 * piece.byteLength);
  });

  it("that are a little too large are read to their end, or their sender would see no refusal", async () => {
    let pieces = 9;
    const body = new ReadableStream({
      pull: (controller) => (pieces-- > 0 ? controller.enqueue(new Uint8Array(1024 * 1024)) : controller.close()),
    });
    const request = new Request(`http://localhost${PUSH}`, { method: "POST", body, duplex: "half" } as RequestInit);
    expect((await world().fetch(request)).status).toBe(413);
    expect(pieces).toBe(-1);
  });

  it.each([
    [PUSH, {}, 400, "bad_request", "body"],
    ["/v1/nothing", {}, 404, "not_found", undefined],
    [PUSH, { origin: "https://evil.example" }, 403, "forbidden", undefined],
  ])("that break off are no fault of ours: %s %j", async (path, headers, status, code, at) => {
    const logged = vi.spyOn(console, "error").mockReturnValue();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"args":')),
      pull: (controller) => controller.error(new Error("the length was a lie")),
    });
    const init = { method: "POST", body, headers, duplex: "half" } as RequestInit;
    const response = await world().fetch(new Request(`http://localhost${path}`, init));
    expect(await refusal(response)).toEqual({ status, code, path: at });
    expect(logged).not.toHaveBeenCalled();
    logged.mockRestore();
  });

  it("of exactly the limit are read", async () => {
    const { send, calls } = world({ push: [{ id: "i", status: "Pending", created: true }] });
    const task = '{"args":1}';
    expect((await send("POST", PUSH, task.padEnd(MAX_BODY_BYTES, " "))).status).toBe(201);
    expect((await send("POST", PUSH, task.padEnd(MAX_BODY_BYTES + 1, " "))).status).toBe(413);
    expect(calls).toHaveLength(1);
  });
});

describe("addresses", () => {
  it.each([
    ["GET", "/v1/queues/%zz", "queue"],
    ["GET", "/v1/queues/%ff/tasks", "queue"],
    ["GET", "/v1/queues/q%/config", "queue"],
    ["GET", "/v1/queues/q/tasks/%c3%28", "id"],
    ["DELETE", "/v1/queues/q/workers/%E0%A4%A", "worker"],
    ["GET", `/v1/queues/${"x".repeat(256)}`, "queue"],
    ["GET", "/v1/queues/q/tasks?colour=red", "colour"],
    ["GET", "/v1/queues/q/tasks?limit=0", "limit"],
    ["GET", "/v1/queues/q/tasks?limit=1&limit=2", "limit"],
    ["GET", "/v1/queues/q/tasks?status=done", "status"],
    ["GET", "/v1/queues/q/tasks?groupKey=%zz", "groupKey"],
    ["GET", "/v1/queues/q/config?x=1", "x"],
    ["POST", "/v1/queues/q/purge?__proto__=1", "__proto__"],
    ["DELETE", "/v1/queues/q?force=perhaps", "force"],
    ["GET", "/v1?x", "x"],
    ["GET", "/v1/queues?cursor=!", "cursor"],
    ["GET", "/v1/queues/q/wait?waitMs=1", "id"],
  ])("%s %s is wrong at %s", async (method, path, at) => {
    const { send, calls } = world();
    const response = await send(method, path);
    expect(await refusal(response)).toEqual({ status: 400, code: "bad_request", path: at });
    expect(calls).toEqual([]);
  });
});

describe("an object", () => {
  it.each([
    ["task_not_found", 404],
    ["wrong_status", 409],
    ["too_many_requests", 429],
  ] as const)("that refuses with %s is answered with %i", async (code, status) => {
    const refused = fail(code, "no", { taskStatus: "Running", retryAfterMs: 2_000 });
    const { send } = world({ remove: () => refused });
    const response = await send("DELETE", "/v1/queues/q/tasks/i");
    expect(response.status).toBe(status);
    expect(response.headers.get("retry-after")).toBe("2");
    expect(await response.json()).toMatchObject({ code, detail: "no", taskStatus: "Running" });
  });

  it("that throws is a bug: logged by kind and place, and told to nobody", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { send } = world({ push: () => Promise.reject(new RangeError("cannot store args 4111-1111")) });
    const response = await send("POST", PUSH, { args: "4111-1111", idempotencyKey: "k" });
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ status: 500, code: "internal" });
    const logged = JSON.stringify(log.mock.calls);
    expect(logged).toContain("RangeError");
    expect(logged + text).not.toContain("4111");
    log.mockRestore();
  });

  it("that answers what nobody can read is a bug too", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { send } = world({ list: () => undefined });
    expect(await refusal(await send("GET", PUSH))).toMatchObject({ status: 500, code: "internal" });
    expect(log).toHaveBeenCalledOnce();
    log.mockRestore();
  });
});
