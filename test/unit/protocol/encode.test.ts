import { describe, expect, test } from "vitest";
import { leasedTaskSchema, taskResultSchema, taskSchema } from "../../../src/protocol/answers.ts";
import { leasedTaskTemplate, listText, objectText, resultText, taskText } from "../../../src/protocol/encode.ts";
import { serverFrameText } from "../../../src/protocol/server-frames.ts";
import { check } from "../../../src/protocol/validate.ts";
import { DEFAULT_BACKOFF } from "../../../src/task/task.ts";
import type { LeasedTaskView, TaskView } from "../../../src/task/view.ts";
import { accepted } from "./outcome.ts";

const fresh: TaskView = {
  id: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
  queue: 'a/"b"',
  args: "12345678901234567890",
  status: "Pending",
  priority: -3,
  attempt: 0,
  maxAttempts: 5,
  runAt: 2,
  createdAt: 1,
  runs: [],
  backoff: DEFAULT_BACKOFF,
  idempotencyUntil: "gone",
  codec: "json",
  meta: {},
  revision: 1,
};

/** By a template of its own. */
const leasedText = (task: LeasedTaskView) => leasedTaskTemplate(task)(task);

const full: TaskView = {
  ...fresh,
  status: "Done",
  lockAt: 3,
  lockBy: "w\n",
  doneAt: 0,
  lastResult: { ok: '{ "n": 1.0 }' },
  runs: [{ attempt: 1, worker: "w", startedAt: 1, endedAt: 2, outcome: "done", logs: ["x"] }],
  timeoutMs: 1,
  idempotencyKey: "",
  groupKey: "",
  progress: "0.50",
  meta: { trace: "é" },
};

describe("a task as text", () => {
  test("leaves out what is absent, and has every default", () => {
    expect(taskText(fresh)).toBe(
      '{"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","queue":"a/\\"b\\"","args":12345678901234567890,"status":"Pending","priority":-3,' +
        '"attempt":0,"maxAttempts":5,"runAt":2,"createdAt":1,"runs":[],"backoff":{"type":"exponential","baseMs":1000,' +
        '"factor":2,"maxMs":3600000,"jitter":0.1},"idempotencyUntil":"gone","codec":"json","meta":{},"revision":1}',
    );
  });

  test("has its fields in the order of the contract, empty ones included", () => {
    expect(Object.keys(JSON.parse(taskText(full)))).toEqual([
      "id",
      "queue",
      "args",
      "status",
      "priority",
      "attempt",
      "maxAttempts",
      "runAt",
      "createdAt",
      "lockAt",
      "lockBy",
      "doneAt",
      "lastResult",
      "runs",
      "backoff",
      "timeoutMs",
      "idempotencyKey",
      "idempotencyUntil",
      "codec",
      "progress",
      "groupKey",
      "meta",
      "revision",
    ]);
  });

  test("is what the schema of answers says", () => {
    for (const view of [fresh, full]) {
      const parsed: unknown = JSON.parse(taskText(view));
      expect(accepted(check(taskSchema, parsed))).toEqual(parsed);
      const leased: unknown = JSON.parse(leasedText({ ...view, lease: "L" }));
      expect(accepted(check(leasedTaskSchema, leased))).toEqual(leased);
    }
  });

  test("keeps results and progress as they came", () => {
    expect(taskText(full)).toContain('"lastResult":{"ok":{ "n": 1.0 }},');
    expect(taskText(full)).toContain('"progress":0.50,');
    expect(taskText({ ...full, lastResult: { ok: "null" } })).toContain('"lastResult":{"ok":null}');
    expect(taskText({ ...full, lastResult: { err: 'no "x"' } })).toContain('"lastResult":{"err":"no \\"x\\""}');
  });

  test("others that are alike differ by their names alone", () => {
    const encode = leasedTaskTemplate({ ...full, lease: "L" });
    const other = { id: "01BX5ZZKBKACTAV9WEVGEMMVRZ", args: '"$& $1"', runAt: 7, createdAt: 6, lease: "M" };
    expect(encode(other)).toBe(leasedText({ ...full, ...other }));
  });

  test("ends with the lease when it has one", () => {
    expect(leasedText({ ...fresh, lease: "L" })).toMatch(/"revision":1,"lease":"L"}$/);
  });
});

test("a result is there once there is one", () => {
  const none = { id: "T", status: "Running", attempt: 1 } as const;
  expect(resultText(none)).toBe('{"id":"T","status":"Running","attempt":1}');
  const some = resultText({ ...none, status: "Done", result: { ok: "1.0" } });
  expect(some).toBe('{"id":"T","status":"Done","attempt":1,"result":{"ok":1.0}}');
  expect(accepted(check(taskResultSchema, JSON.parse(some)))).toEqual(JSON.parse(some));
  expect(resultText({ ...none, status: "Killed", result: { err: "e" } })).toContain('"result":{"err":"e"}');
});

test("objects and lists are joined from text", () => {
  expect(objectText({ a: "1.0", b: undefined, 'c"': listText(["[]", "2"]) })).toBe('{"a":1.0,"c\\"":[[],2]}');
  expect(objectText({})).toBe("{}");
  expect(listText([])).toBe("[]");
});

describe("a frame of the server", () => {
  test("carries text where tasks, results and progress are", () => {
    expect(serverFrameText({ type: "tasks", tasks: ['{"id":"T","args":1.0}'] })).toBe(
      '{"type":"tasks","tasks":[{"id":"T","args":1.0}]}',
    );
    expect(serverFrameText({ type: "tasks", tasks: [] })).toBe('{"type":"tasks","tasks":[]}');
    expect(serverFrameText({ type: "result", ref: "r", results: ['{"id":"T"}'] })).toBe(
      '{"type":"result","ref":"r","results":[{"id":"T"}]}',
    );
    expect(serverFrameText({ type: "progress", ref: "r", id: "T", progress: "0.50" })).toBe(
      '{"type":"progress","ref":"r","id":"T","progress":0.50}',
    );
  });

  test("is plain JSON otherwise", () => {
    expect(serverFrameText({ type: "idle" })).toBe('{"type":"idle"}');
    expect(serverFrameText({ type: "error", ref: "r", code: "bad_request", detail: "d", path: "p" })).toBe(
      '{"type":"error","ref":"r","code":"bad_request","detail":"d","path":"p"}',
    );
  });
});
