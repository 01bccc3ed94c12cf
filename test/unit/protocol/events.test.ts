import { describe, expect, test } from "vitest";
import { MAX_DURATION_MS, MAX_PROGRESS_BYTES, MAX_RESULT_BYTES } from "../../../src/limits.ts";
import { decodeEvents, decodePoll } from "../../../src/protocol/events.ts";
import { accepted, refused, verdict } from "./outcome.ts";

const held = { id: "T", lease: "L" };
const one = (event: object) => decodeEvents(JSON.stringify({ events: [event] }));
const ack = (fields: object) => one({ type: "ack", ...held, ...fields });

describe("an event", () => {
  test.each([
    { type: "start" },
    { type: "release" },
    { type: "snooze", delayMs: 0 },
    { type: "snooze", delayMs: MAX_DURATION_MS },
    { type: "extend", timeoutMs: 1 },
    { type: "ack", result: { err: "no" } },
    { type: "ack", result: { err: "", retryAfterMs: 0, abort: true }, logs: ["a", ""] },
  ])("%j is taken as it is", (fields) => {
    expect(accepted(one({ ...held, ...fields }))).toEqual({ events: [{ ...held, ...fields }] });
  });

  test.each([
    [{ type: "start", id: 1 }, "id"],
    [{ type: "start", id: "" }, "id"],
    [{ type: "start", id: "x".repeat(65) }, "id"],
    [{ type: "start", lease: "" }, "lease"],
    [{ type: "start", lease: "x".repeat(65) }, "lease"],
    [{ type: "start", lease: null }, "lease"],
    [{ type: "start", delayMs: 1 }, "delayMs"],
    [{ type: "snooze" }, "delayMs"],
    [{ type: "snooze", delayMs: -1 }, "delayMs"],
    [{ type: "snooze", delayMs: MAX_DURATION_MS + 1 }, "delayMs"],
    [{ type: "extend" }, "timeoutMs"],
    [{ type: "extend", timeoutMs: 0 }, "timeoutMs"],
    [{ type: "progress" }, "progress"],
    [{ type: "ack" }, "result"],
    [{ type: "ack", result: null }, "result"],
    [{ type: "ack", result: {} }, "result"],
    [{ type: "ack", result: [] }, "result"],
    [{ type: "ack", result: { ok: 1, err: "x" } }, "result.err"],
    [{ type: "ack", result: { ok: 1, retryAfterMs: 1 } }, "result.retryAfterMs"],
    [{ type: "ack", result: { err: 1 } }, "result.err"],
    [{ type: "ack", result: { err: null } }, "result.err"],
    [{ type: "ack", result: { err: "x", abort: false } }, "result.abort"],
    [{ type: "ack", result: { err: "x", retryAfterMs: -1 } }, "result.retryAfterMs"],
    [{ type: "ack", result: { err: "x", why: 1 } }, "result.why"],
    [{ type: "finish" }, "type"],
    [{}, "type"],
    [{ type: null }, "type"],
    [{ type: "toString" }, "type"],
  ])("%j is refused at %s", (fields, path) => {
    expect(verdict(one({ ...held, ...fields }))).toBe(`bad_request events.0.${path}`);
  });

  test.each(["1", "null", '"start"'])("is not %s", (event) => {
    expect(verdict(decodeEvents(`{"events":[${event}]}`))).toBe("bad_request events.0");
  });

  test("of an unknown type is told which there are", () => {
    expect(refused(one({ type: "finish", ...held })).detail).toBe(
      '`events.0.type` must be one of "start", "ack", "snooze", "release", "extend", "progress", got "finish".',
    );
  });
});

describe("an ack", () => {
  test("may be of null, and keeps the text of its result", () => {
    for (const raw of ["null", "false", "12345678901234567890", '{ "ok": 1 }', '{"err":"x"}']) {
      const body = `{"events":[{"type":"ack","id":"T","lease":"L","result":{"ok":${raw}}}]}`;
      expect(accepted(decodeEvents(body)).events).toEqual([{ type: "ack", ...held, result: { ok: raw } }]);
    }
  });

  test("with a result that is too large is not refused here, since the others of its batch must stand", () => {
    const large = "x".repeat(MAX_RESULT_BYTES);
    expect(accepted(ack({ result: { ok: large } })).events).toEqual([
      { type: "ack", ...held, result: { ok: JSON.stringify(large) } },
    ]);
  });

  test("has its result compacted when only its spelling is too large", () => {
    const spelled = `[${" ".repeat(MAX_RESULT_BYTES)}"\\u0061"]`;
    const body = `{"events":[{"type":"ack","id":"T","lease":"L","result":{"ok":${spelled}}}]}`;
    expect(accepted(decodeEvents(body)).events).toEqual([{ type: "ack", ...held, result: { ok: '["a"]' } }]);
  });

  test("takes any error text, mended where it is broken", () => {
    const long = "x".repeat(200_000);
    expect(accepted(ack({ result: { err: long } })).events).toMatchObject([{ result: { err: long } }]);
    expect(accepted(ack({ result: { err: "a\ud800" } })).events).toMatchObject([{ result: { err: "a\ufffd" } }]);
  });

  test("takes up to 50 log lines of 1 KiB", () => {
    const logs = (count: number, size: number) => ack({ result: { ok: 1 }, logs: Array(count).fill("x".repeat(size)) });
    expect(verdict(logs(0, 0))).toBe("ok");
    expect(verdict(logs(50, 1024))).toBe("ok");
    expect(verdict(logs(51, 1))).toBe("bad_request events.0.logs");
    expect(verdict(logs(1, 1025))).toBe("bad_request events.0.logs.0");
    expect(verdict(ack({ result: { ok: 1 }, logs: [1] }))).toBe("bad_request events.0.logs.0");
    expect(verdict(ack({ result: { ok: 1 }, logs: null }))).toBe("bad_request events.0.logs");
  });
});

test("progress keeps its text, and is not refused for its size here", () => {
  const body = (raw: string) => `{"events":[{"type":"progress","progress":${raw},"id":"T","lease":"L"}]}`;
  expect(accepted(decodeEvents(body("0.10"))).events).toEqual([{ type: "progress", ...held, progress: "0.10" }]);
  expect(accepted(decodeEvents(body("null"))).events).toEqual([{ type: "progress", ...held, progress: "null" }]);
  expect(verdict(decodeEvents(body(`"${"x".repeat(MAX_PROGRESS_BYTES)}"`)))).toBe("ok");
});

describe("a list of events", () => {
  const start = { type: "start", ...held };
  const many = (count: number) => Array(count).fill(start);

  test("has 1 to 1000; with a poll it may be empty", () => {
    const counts = [0, 1, 1000, 1001];
    const events = (count: number) => verdict(decodeEvents(JSON.stringify({ events: many(count) })));
    const poll = (count: number) => verdict(decodePoll(JSON.stringify({ worker: "w", events: many(count) })));
    expect(counts.map(events)).toEqual(["bad_request events", "ok", "ok", "bad_request events"]);
    expect(counts.map(poll)).toEqual(["ok", "ok", "ok", "bad_request events"]);
  });

  test("is refused whole with the path of what is wrong", () => {
    const body = JSON.stringify({ events: [start, start, { ...start, lease: 5 }] });
    expect(verdict(decodeEvents(body))).toBe("bad_request events.2.lease");
  });

  test("may come with a worker and its session", () => {
    expect(accepted(decodeEvents(JSON.stringify({ worker: "w", session: "s", events: [start] })))).toEqual({
      worker: "w",
      session: "s",
      events: [start],
    });
    expect(verdict(decodeEvents(JSON.stringify({ worker: null, events: [start] })))).toBe("bad_request worker");
  });
});

describe("a poll", () => {
  const poll = (fields: object) => decodePoll(JSON.stringify({ worker: "w", ...fields }));

  test("has its defaults filled in", () => {
    expect(accepted(poll({}))).toEqual({ worker: "w", max: 1, waitMs: 0, autoStart: true, events: [] });
  });

  test.each<[string, unknown[], unknown[]]>([
    ["max", [1, 1000], [0, 1001, 1.5, "1", null]],
    ["waitMs", [0, 25000], [-1, 25001, null]],
    ["autoStart", [true, false], [1, "true", null]],
    ["session", ["s", "x".repeat(64)], ["", "x".repeat(65), null]],
    ["worker", ["a/b", "x".repeat(255)], ["", ".", "x".repeat(256), null]],
  ])("%s within its limits", (field, good, bad) => {
    for (const value of good) expect(accepted(poll({ [field]: value }))).toMatchObject({ [field]: value });
    for (const value of bad) expect(verdict(poll({ [field]: value }))).toBe(`bad_request ${field}`);
  });

  test("needs a worker, and no field that it does not have", () => {
    expect(verdict(decodePoll(""))).toBe("bad_request worker");
    expect(verdict(poll({ limit: 1 }))).toBe("bad_request limit");
  });
});
