import { describe, expect, test } from "vitest";
import { MAX_BODY_BYTES, MAX_CREDIT, MAX_DEPTH } from "../../../src/limits.ts";
import { decodeFrame, decodeInternalFrame, FRAME_SCOPE } from "../../../src/protocol/frames.ts";
import { accepted, refused, verdict } from "./outcome.ts";

const frame = (value: unknown) => decodeFrame(JSON.stringify(value));
const start = { type: "start", id: "T", lease: "L" };

describe("a frame", () => {
  test.each([
    { type: "events", ref: "r", events: [start] },
    { type: "events", ref: "r", events: [start], credit: 5 },
    { type: "credit", credit: 1 },
    { type: "credit", set: 0 },
    { type: "unwait", ref: "r" },
    { type: "watch", ref: "r", topics: ["tasks", "workers", "stats"] },
    { type: "goodbye" },
    {
      type: "register",
      worker: "w",
      session: "s",
      credit: 0,
      held: ["L"],
      autoStart: true,
      layers: ["a"],
      info: { v: 1 },
    },
    { type: "wait", ref: "x".repeat(64), ids: ["a"], progress: true },
  ])("%j is taken as it is", (value) => {
    expect(accepted(frame(value))).toEqual(value);
  });

  test("has its defaults filled in", () => {
    expect(accepted(frame({ type: "register", worker: "w", credit: MAX_CREDIT }))).toEqual({
      type: "register",
      worker: "w",
      credit: MAX_CREDIT,
      held: [],
      autoStart: false,
    });
    expect(accepted(frame({ type: "wait", ref: "r", ids: ["a"] }))).toMatchObject({ progress: false });
  });

  test.each([
    [{ type: "register", worker: "w" }, "credit"],
    [{ type: "register", worker: "w", credit: -1 }, "credit"],
    [{ type: "register", worker: "w", credit: MAX_CREDIT + 1 }, "credit"],
    [{ type: "register", worker: "", credit: 1 }, "worker"],
    [{ type: "register", worker: "w", credit: 1, session: null }, "session"],
    [{ type: "register", worker: "w", credit: 1, held: [1] }, "held.0"],
    [{ type: "register", worker: "w", credit: 1, held: Array(MAX_CREDIT + 1).fill("L") }, "held"],
    [{ type: "register", worker: "w", credit: 1, ref: "r" }, "ref"],
    [{ type: "events", events: [start] }, "ref"],
    [{ type: "events", ref: "", events: [start] }, "ref"],
    [{ type: "events", ref: "x".repeat(65), events: [start] }, "ref"],
    [{ type: "events", ref: 1, events: [start] }, "ref"],
    [{ type: "events", ref: "r", events: [] }, "events"],
    [{ type: "events", ref: "r", events: [start, { ...start, lease: null }] }, "events.1.lease"],
    [{ type: "events", ref: "r", events: [start], credit: 1.5 }, "credit"],
    [{ type: "credit" }, "credit"],
    [{ type: "credit", credit: 1, set: 1 }, "set"],
    [{ type: "credit", set: -1 }, "set"],
    [{ type: "push", ref: "r", tasks: [] }, "tasks"],
    [{ type: "push", ref: "r", tasks: { args: 1 } }, "tasks"],
    [{ type: "push", ref: "r", tasks: [{ args: 1 }, {}] }, "tasks.1.args"],
    [{ type: "push", ref: "r", tasks: [{ args: 1, priority: "x" }] }, "tasks.0.priority"],
    [{ type: "wait", ref: "r", ids: [] }, "ids"],
    [{ type: "wait", ref: "r", ids: ["a"], waitMs: 5 }, "waitMs"],
    [{ type: "unwait" }, "ref"],
    [{ type: "watch", ref: "r", topics: [] }, "topics"],
    [{ type: "watch", ref: "r", topics: ["all"] }, "topics.0"],
    [{ type: "goodbye", now: true }, "now"],
    [{ type: "hello" }, "type"],
    [{ type: ["goodbye"] }, "type"],
    [{}, "type"],
    [[], "type"],
    [null, "body"],
    ["goodbye", "body"],
    [{ type: "poll", worker: "w", session: "s", max: 1, autoStart: true }, "type"],
    [{ type: "cancel" }, "type"],
  ])("%j is refused at %s", (value, path) => {
    expect(verdict(frame(value))).toBe(`bad_request ${path}`);
  });

  test("keeps the text of args, results and progress", () => {
    const push = '{"tasks":[{"args":1.0},{"args":{"tasks":[{"args":2.0}]}}],"type":"push","ref":"r"}';
    expect(accepted(decodeFrame(push))).toEqual({
      type: "push",
      ref: "r",
      tasks: [{ args: "1.0" }, { args: '{"tasks":[{"args":2.0}]}' }],
    });
    const events =
      '{"type":"events","ref":"r","events":[{"type":"ack","id":"T","lease":"L","result":{"ok":9007199254740993}},{"type":"progress","id":"T","lease":"L","progress":[ 1 ]}]}';
    expect(accepted(decodeFrame(events))).toMatchObject({
      events: [{ result: { ok: "9007199254740993" } }, { progress: "[ 1 ]" }],
    });
  });

  test("needs the scope of its type", () => {
    expect(FRAME_SCOPE).toMatchObject({ register: "work", push: "push", wait: "push", watch: "read" });
  });
});

describe("a refused frame gives back its ref", () => {
  const refOf = (text: string) => {
    const result = decodeFrame(text);
    return result.ok ? "accepted" : result.error.ref;
  };

  test.each([
    ["of a wrong field", '{"type":"push","ref":"r1","tasks":[]}'],
    ["of an unknown type", '{"type":"nope","ref":"r1"}'],
    [
      "that comes last",
      `{"type":"push","tasks":[{"args":${"[".repeat(MAX_DEPTH + 1)}${"]".repeat(MAX_DEPTH + 1)}}],"ref":"r1"}`,
    ],
    ["of broken JSON", '{"ref":"r1","type":"push",]'],
    ["of a frame that is too large", `{"ref":"r1","type":"${"x".repeat(MAX_BODY_BYTES)}"}`],
    ["written with escapes", '{"type":"nope","r\\u0065f":"r\\u0031"}'],
  ])("%s", (_, text) => {
    expect(refOf(text)).toBe("r1");
  });

  test.each([
    "{}",
    '{"type":"push","ref":1}',
    '{"type":"push","ref":""}',
    '{"ref":{"ref":"x"}}',
    "[]",
    "",
    `{"ref":"${"x".repeat(65)}"}`,
  ])("unless it has none: %j", (text) => {
    expect(refOf(text)).toBeUndefined();
  });

  test("and never an ill-formed one", () => {
    expect(refOf('{"type":"push","ref":"\\ud800"}')).toBeUndefined();
  });
});

test("a frame that is too large is payload_too_large", () => {
  expect(refused(decodeFrame(`{"type":"${"x".repeat(MAX_BODY_BYTES)}"}`))).toMatchObject({
    code: "payload_too_large",
    path: "body",
  });
});

describe("an internal frame", () => {
  const internal = (value: unknown) => decodeInternalFrame(JSON.stringify(value));
  const poll = { type: "poll", worker: "w", session: "s", max: 1000, autoStart: false };

  test.each([
    poll,
    { type: "cancel" },
    { type: "wait", ref: "r", ids: ["a"], progress: false },
    { type: "unwait", ref: "r" },
  ])("%j is taken as it is", (value) => {
    expect(accepted(internal(value))).toEqual(value);
  });

  test.each([
    [{ ...poll, max: 0 }, "max"],
    [{ ...poll, max: 1001 }, "max"],
    [{ ...poll, session: undefined }, "session"],
    [{ ...poll, waitMs: 1 }, "waitMs"],
    [{ type: "cancel", ref: "r" }, "ref"],
    [{ type: "register", worker: "w", credit: 1 }, "type"],
  ])("%j is refused at %s", (value, path) => {
    expect(verdict(internal(value))).toBe(`bad_request ${path}`);
  });
});
