import { describe, expect, test } from "vitest";
import { MAX_ARGS_BYTES, MAX_DURATION_MS, MAX_INSTANT_MS, MAX_META_BYTES } from "../../../src/limits.ts";
import { decodeLine, decodePatch, decodePush } from "../../../src/protocol/new-task.ts";
import { accepted, refused, verdict } from "./outcome.ts";

const push = (fields: object) => decodePush(JSON.stringify({ args: 1, ...fields }));

const limits: [string, unknown[], unknown[]][] = [
  ["priority", [-2147483648, 0, 2147483647, 1.0], [-2147483649, 2147483648, 1.5, "1", null, true]],
  ["runAt", [0, MAX_INSTANT_MS], [-1, MAX_INSTANT_MS + 1, 1.5, "2030-01-01", null]],
  ["delayMs", [0, MAX_DURATION_MS], [-1, MAX_DURATION_MS + 1, 0.1, "30s", null]],
  ["maxAttempts", [1, 2147483647], [0, -1, 2147483648, 2.5, null]],
  ["timeoutMs", [1, MAX_DURATION_MS], [0, -1, MAX_DURATION_MS + 1, null]],
  [
    "idempotencyKey",
    ["", "k", "x".repeat(1024), "é".repeat(512)],
    ["x".repeat(1025), "é".repeat(513), "\ud800", 1, null],
  ],
  ["idempotencyUntil", ["gone", "terminal"], ["never", "", null]],
  ["groupKey", ["", "g", "x".repeat(255)], ["x".repeat(256), "é".repeat(128), "\udfff", 1, null]],
  ["meta", [{}, { a: { b: [null] } }], [[], "x", null, 1]],
];

const backoffs: [unknown, string][] = [
  [{}, "ok"],
  [{ type: "fixed" }, "ok"],
  [{ type: "exponential", baseMs: 0, factor: 1, maxMs: 0, jitter: 0 }, "ok"],
  [{ baseMs: 1000, maxMs: 1000, jitter: 1, factor: 1.5 }, "ok"],
  [{ type: "linear" }, "bad_request backoff.type"],
  [{ baseMs: -1 }, "bad_request backoff.baseMs"],
  [{ baseMs: 1.5 }, "bad_request backoff.baseMs"],
  [{ factor: 0.9 }, "bad_request backoff.factor"],
  [{ maxMs: -1 }, "bad_request backoff.maxMs"],
  [{ baseMs: 1000, maxMs: 999 }, "bad_request backoff.maxMs"],
  [{ jitter: 1.1 }, "bad_request backoff.jitter"],
  [{ jitter: -0.1 }, "bad_request backoff.jitter"],
  [{ jitter: null }, "bad_request backoff.jitter"],
  [{ base: 1 }, "bad_request backoff.base"],
  [[], "bad_request backoff"],
  [null, "bad_request backoff"],
  ["fixed", "bad_request backoff"],
];

describe("a pushed task", () => {
  test("needs nothing but args, which may be null", () => {
    expect(accepted(decodePush('{"args":null}'))).toEqual({ tasks: [{ args: "null" }], single: true });
    for (const body of ["", "{}", '{"priority":1}']) expect(verdict(decodePush(body))).toBe("bad_request args");
  });

  test.each(limits)("%s within its limits", (field, good, bad) => {
    for (const value of good) expect(accepted(push({ [field]: value })).tasks).toEqual([{ args: "1", [field]: value }]);
    for (const value of bad) expect(verdict(push({ [field]: value }))).toBe(`bad_request ${field}`);
  });

  test.each(backoffs)("backoff %j: %s", (backoff, expected) => {
    expect(verdict(push({ backoff }))).toBe(expected);
    expect(verdict(decodePatch(JSON.stringify({ backoff })))).toBe(backoff === null ? "ok" : expected);
  });

  test("refuses a factor that no number can hold", () => {
    expect(verdict(decodePush('{"args":1,"backoff":{"factor":1e999}}'))).toBe("bad_request backoff.factor");
  });

  test("has runAt or delayMs, not both", () => {
    expect(refused(push({ delayMs: 1, runAt: 1 }))).toMatchObject({ code: "bad_request", path: "delayMs" });
  });

  test.each(["id", "status", "queue", "__proto__", "constructor", "lease"])("refuses the field %s", (field) => {
    expect(verdict(decodePush(`{"args":1,"${field}":1}`))).toBe(`bad_request ${field}`);
  });

  test("keeps the text of its args", () => {
    for (const raw of ["12345678901234567890", '{"args":{"x":1},"x":1,"x":2}', '"\\u0022"', "[ 1 ]"]) {
      expect(accepted(decodePush(`{"priority":1, "args": ${raw} }`)).tasks[0]?.args).toBe(raw);
    }
  });

  test("has args of at most 1 MiB, encoded", () => {
    const fits = `"${"x".repeat(MAX_ARGS_BYTES - 2)}"`;
    expect(accepted(decodePush(`{"args":${fits}}`)).tasks[0]?.args).toBe(fits);
    expect(verdict(decodePush(`{"args":"${"x".repeat(MAX_ARGS_BYTES - 1)}"}`))).toBe("payload_too_large args");
    expect(verdict(decodePush(`{"args":"${"é".repeat(MAX_ARGS_BYTES / 2)}"}`))).toBe("payload_too_large args");
    expect(verdict(decodePush(`[{"args":1},{"args":"${"x".repeat(MAX_ARGS_BYTES - 1)}"}]`))).toBe(
      "payload_too_large 1.args",
    );
    expect(verdict(decodePush(`{"args":"${"\\u0078".repeat(MAX_ARGS_BYTES - 2)}"}`))).toBe("ok");
    expect(verdict(decodePush(`{"args":[${" ".repeat(MAX_ARGS_BYTES)}]}`))).toBe("ok");
  });

  test("has meta of at most 8 KiB, encoded", () => {
    expect(verdict(push({ meta: { a: "x".repeat(MAX_META_BYTES - 8) } }))).toBe("ok");
    expect(verdict(push({ meta: { a: "x".repeat(MAX_META_BYTES - 7) } }))).toBe("payload_too_large meta");
  });

  test("of another codec has args of base64", () => {
    expect(accepted(push({ codec: "msgpack", args: "gaFhAQ==" })).tasks).toEqual([
      { args: '"gaFhAQ=="', codec: "msgpack" },
    ]);
    for (const args of ["gaFhAQ", "ga-_", "x y=", { a: 1 }, 1, null]) {
      expect(verdict(push({ codec: "msgpack", args }))).toBe("bad_request args");
    }
    expect(verdict(push({ codec: "json", args: { a: 1 } }))).toBe("ok");
    expect(verdict(push({ codec: "x".repeat(64), args: "" }))).toBe("ok");
    for (const codec of ["", "x".repeat(65), "\ud800", null, 1]) {
      expect(verdict(push({ codec, args: "" }))).toBe("bad_request codec");
    }
  });
});

describe("tasks pushed together", () => {
  test("come in order, each with its own text", () => {
    expect(accepted(decodePush(' [{"args":1.0},{"args":[]}]'))).toEqual({
      tasks: [{ args: "1.0" }, { args: "[]" }],
      single: false,
    });
  });

  test("are 1 to 1000", () => {
    const body = (count: number) => `[${Array(count).fill('{"args":1}').join(",")}]`;
    expect([0, 1, 1000, 1001].map((count) => verdict(decodePush(body(count))))).toEqual([
      "bad_request body",
      "ok",
      "ok",
      "bad_request body",
    ]);
  });

  test("are refused with the path of the first that is wrong", () => {
    expect(verdict(decodePush('[{"args":1},{"args":1,"priority":"high"}]'))).toBe("bad_request 1.priority");
    expect(refused(decodePush('[{"args":1},{"args":1,"priority":"high"}]')).detail).toBe(
      '`1.priority` must be an integer from -2147483648 to 2147483647, got "high".',
    );
    expect(verdict(decodePush('[{"args":1},{}]'))).toBe("bad_request 1.args");
    expect(verdict(decodePush('[{"args":1},[{"args":1}]]'))).toBe("bad_request 1");
    expect(verdict(decodePush('[{"args":1},{"args":1,"__proto__":1}]'))).toBe("bad_request 1.__proto__");
  });

  test.each(['"x"', "1", "null", "true"])("are not %s", (body) => {
    expect(verdict(decodePush(body))).toBe("bad_request body");
  });
});

describe("a line of a stream", () => {
  test("is one task", () => {
    expect(accepted(decodeLine('{"args":1.0,"priority":2}'))).toEqual({ args: "1.0", priority: 2 });
    expect(verdict(decodeLine('[{"args":1}]'))).toBe("bad_request body");
    expect(verdict(decodeLine('{"args":1,"priority":"x"}'))).toBe("bad_request priority");
    expect(verdict(decodeLine("{"))).toBe("bad_request body");
  });
});

describe("a patch", () => {
  test("changes what it names, and null clears what can be cleared", () => {
    const cleared = { timeoutMs: null, backoff: null, meta: null };
    expect(accepted(decodePatch(JSON.stringify(cleared)))).toEqual(cleared);
    expect(accepted(decodePatch('{"args":1e400,"priority":-1,"runAt":5,"maxAttempts":2,"revision":1}'))).toEqual({
      args: "1e400",
      priority: -1,
      runAt: 5,
      maxAttempts: 2,
      revision: 1,
    });
    expect(accepted(decodePatch('{"args":null}'))).toEqual({ args: "null" });
  });

  test.each(["priority", "runAt", "maxAttempts", "revision"])("refuses null for %s", (field) => {
    expect(verdict(decodePatch(`{"${field}":null}`))).toBe(`bad_request ${field}`);
  });

  test.each(["delayMs", "codec", "groupKey", "idempotencyKey", "status", "id"])("refuses to change %s", (field) => {
    expect(verdict(decodePatch(`{"${field}":"x"}`))).toBe(`bad_request ${field}`);
  });

  test("has a revision from 1 on", () => {
    expect(verdict(decodePatch('{"revision":0}'))).toBe("bad_request revision");
  });
});
