import { describe, expect, test } from "vitest";
import { MAX_INFO_BYTES } from "../../../src/limits.ts";
import { decodeCaller, encodeCaller } from "../../../src/protocol/caller.ts";
import { decodeBody } from "../../../src/protocol/validate.ts";
import { registerSchema, sessionSchema } from "../../../src/protocol/workers.ts";
import { accepted, verdict } from "./outcome.ts";

const register = (fields: object) => decodeBody(registerSchema, JSON.stringify({ worker: "w", ...fields }));

describe("a worker that registers", () => {
  test("gives a name, and may tell of itself", () => {
    const full = { layers: ["timeout", "retry"], info: { version: "1" } };
    expect(accepted(register({}))).toEqual({ worker: "w" });
    expect(accepted(register(full))).toEqual({ worker: "w", ...full });
    for (const info of ["text", 0, false, []]) expect(accepted(register({ info }))).toEqual({ worker: "w", info });
  });

  test.each([
    [{ worker: "" }, "bad_request worker"],
    [{ worker: ".." }, "bad_request worker"],
    [{ worker: "x".repeat(256) }, "bad_request worker"],
    [{ layers: "retry" }, "bad_request layers"],
    [{ layers: [""] }, "bad_request layers.0"],
    [{ layers: ["x".repeat(256)] }, "bad_request layers.0"],
    [{ layers: Array(40).fill("x".repeat(255)) }, "bad_request layers"],
    [{ layers: null }, "bad_request layers"],
    [{ info: null }, "bad_request info"],
    [{ info: "x".repeat(MAX_INFO_BYTES - 2) }, "ok"],
    [{ info: "x".repeat(MAX_INFO_BYTES - 1) }, "payload_too_large info"],
    [{ session: "s" }, "bad_request session"],
  ])("%j: %s", (fields, expected) => {
    expect(verdict(register(fields))).toBe(expected);
  });
});

test("a heartbeat and a goodbye name their session", () => {
  const values = [{ session: "s" }, {}, { session: "" }, { session: "x".repeat(65) }, { session: "s", worker: "w" }];
  expect(values.map((value) => verdict(decodeBody(sessionSchema, JSON.stringify(value))))).toEqual([
    "ok",
    "bad_request session",
    "bad_request session",
    "bad_request session",
    "bad_request worker",
  ]);
});

describe("a caller in a header", () => {
  test("comes through whole, whatever the names of its queues", () => {
    const caller = { scopes: ["push", "work"], queues: ["é/😀*", '"\\'], exp: 1_700_000_000_000 } as const;
    const header = encodeCaller({ ...caller, scopes: [...caller.scopes], queues: [...caller.queues] });
    expect(header).toMatch(/^[\x20-\x7e]+$/);
    expect(accepted(decodeCaller(header))).toEqual(caller);
  });

  test("may be the Worker itself", () => {
    const caller = { scopes: ["admin" as const], queues: null, exp: null, internal: true as const };
    expect(accepted(decodeCaller(encodeCaller(caller)))).toEqual(caller);
  });

  test.each(["", "{}", '{"scopes":["root"],"queues":null,"exp":null}', '{"scopes":[],"queues":null,"exp":"x"}'])(
    "is not %j",
    (header) => {
      expect(decodeCaller(header).ok).toBe(false);
    },
  );
});
