import { describe, expect, test } from "vitest";
import { decodeQueueName, decodeTaskId, decodeWorkerName, nameSchema } from "../../../src/protocol/names.ts";
import { check } from "../../../src/protocol/validate.ts";
import { accepted, refused, verdict } from "./outcome.ts";

describe("a name", () => {
  test.each([
    "a",
    "a/b",
    "alloc::string::String",
    "...",
    " ",
    "\u0000",
    "é",
    "😀",
    "x".repeat(255),
    "é".repeat(127),
    "%41",
  ])("may be %j", (name) => {
    expect(accepted(check(nameSchema, name))).toBe(name);
    expect(accepted(decodeQueueName(encodeURIComponent(name)))).toBe(name);
    expect(accepted(decodeWorkerName(encodeURIComponent(name)))).toBe(name);
  });

  test.each(["", ".", "..", "x".repeat(256), "é".repeat(128), "a\ud800", null, 1, ["a"]])("may not be %j", (name) => {
    expect(verdict(check(nameSchema, name))).toBe("bad_request body");
  });
});

describe("a segment of a path", () => {
  test.each(["%", "%4", "%zz", "%ff", "%c3", "a%ed%a0%80", "%C0%80"])(
    "refuses the malformed encoding %j",
    (segment) => {
      expect(verdict(decodeQueueName(segment))).toBe("bad_request queue");
      expect(verdict(decodeWorkerName(segment))).toBe("bad_request worker");
      expect(verdict(decodeTaskId(segment))).toBe("bad_request id");
    },
  );

  test("names its part in the refusal", () => {
    expect(refused(decodeQueueName("%2e%2E"))).toEqual({
      code: "bad_request",
      path: "queue",
      detail: "`queue` cannot be `.` or `..`, which no URL path can hold: choose another name.",
    });
    expect(verdict(decodeWorkerName("."))).toBe("bad_request worker");
  });

  test("keeps plus signs", () => {
    expect(accepted(decodeQueueName("a+b%2Bc"))).toBe("a+b+c");
  });

  test("takes any id of 1 to 64 characters: an ill-formed one is merely unknown", () => {
    expect(accepted(decodeTaskId("nonsense"))).toBe("nonsense");
    expect(verdict(decodeTaskId("x".repeat(64)))).toBe("ok");
    expect(verdict(decodeTaskId("x".repeat(65)))).toBe("bad_request id");
    expect(verdict(decodeTaskId(""))).toBe("bad_request id");
  });
});
