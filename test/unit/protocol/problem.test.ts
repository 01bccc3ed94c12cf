import { describe, expect, test } from "vitest";
import { problemSchema } from "../../../src/protocol/answers.ts";
import { problemOf } from "../../../src/protocol/problem.ts";
import { check } from "../../../src/protocol/validate.ts";
import { ERROR_CODES, type ErrorCode, type Failure } from "../../../src/task/result.ts";
import { accepted } from "./outcome.ts";

const headers = (failure: Partial<Failure> & { code: ErrorCode }) => problemOf({ detail: "d", ...failure }).headers;

describe("a problem", () => {
  test.each<[number, ErrorCode[]]>([
    [400, ["bad_request"]],
    [401, ["unauthorized"]],
    [403, ["forbidden"]],
    [404, ["task_not_found", "queue_not_found", "worker_not_found", "not_found"]],
    [405, ["method_not_allowed"]],
    [409, ["lease_lost", "revision_conflict", "wrong_status", "superseded", "wrong_partition"]],
    [413, ["payload_too_large"]],
    [415, ["unsupported_media_type"]],
    [429, ["too_many_requests"]],
    [500, ["internal"]],
    [503, ["overloaded", "not_configured"]],
  ])("has the status %i for %j", (status, codes) => {
    for (const code of codes) {
      const problem = problemOf({ code, detail: "d" });
      expect([problem.status, problem.body.status]).toEqual([status, status]);
    }
  });

  test("is what its schema says, for every code", () => {
    const types = ERROR_CODES.map((code) => {
      const { body, headers } = problemOf({ code, detail: "d", path: "a.b", taskStatus: "Done" });
      expect(accepted(check(problemSchema, body))).toEqual(body);
      expect(body).toMatchObject({
        type: `urn:prinia:error:${code}`,
        detail: "d",
        code,
        path: "a.b",
        taskStatus: "Done",
      });
      expect(headers["content-type"]).toBe("application/problem+json");
      return body.title;
    });
    expect(new Set(types).size).toBe(ERROR_CODES.length);
  });

  test("leaves out what there is not", () => {
    expect(Object.keys(problemOf({ code: "internal", detail: "d" }).body)).toEqual([
      "type",
      "title",
      "status",
      "detail",
      "code",
    ]);
  });

  test("says when to come back in whole seconds, rounded up", () => {
    const wait = (retryAfterMs: number) => headers({ code: "too_many_requests", retryAfterMs })["retry-after"];
    expect([0, 1, 1000, 1001, 2500].map(wait)).toEqual(["1", "1", "1", "2", "3"]);
    expect(headers({ code: "too_many_requests" })["retry-after"]).toBe("1");
    expect(headers({ code: "overloaded" })["retry-after"]).toBe("1");
    expect(headers({ code: "not_configured" })["retry-after"]).toBeUndefined();
    expect(headers({ code: "bad_request" })["retry-after"]).toBeUndefined();
  });

  test("names the methods that the route has, and how to authenticate", () => {
    expect(headers({ code: "method_not_allowed", allow: ["GET", "POST"] }).allow).toBe("GET, POST");
    expect(headers({ code: "bad_request" }).allow).toBeUndefined();
    expect(headers({ code: "unauthorized" })["www-authenticate"]).toBe("Bearer");
  });
});
