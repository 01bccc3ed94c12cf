import type * as v from "valibot";
import { describe, expect, test } from "vitest";
import { MAX_INSTANT_MS } from "../../../src/limits.ts";
import { decodeQuery } from "../../../src/protocol/query.ts";
import * as selection from "../../../src/protocol/selection.ts";
import { decodeBody } from "../../../src/protocol/validate.ts";
import { accepted, refused, verdict } from "./outcome.ts";

const body = (schema: v.GenericSchema, value: unknown) => decodeBody(schema, JSON.stringify(value));
const ids = (count: number) => Array.from({ length: count }, (_, i) => `id${i}`);

describe("ids", () => {
  test.each([selection.statusBodySchema, selection.waitBodySchema, selection.bulkSchema])(
    "are 1 to 1000 (%#)",
    (schema) => {
      expect([0, 1, 1000, 1001].map((count) => verdict(body(schema, { ids: ids(count) })))).toEqual([
        "bad_request ids",
        "ok",
        "ok",
        "bad_request ids",
      ]);
    },
  );

  test("are strings of 1 to 64 characters, well-formed or not", () => {
    expect(verdict(body(selection.statusBodySchema, { ids: ["nonsense", "x".repeat(64)] }))).toBe("ok");
    expect(verdict(body(selection.statusBodySchema, { ids: ["a", ""] }))).toBe("bad_request ids.1");
    expect(verdict(body(selection.statusBodySchema, { ids: ["x".repeat(65)] }))).toBe("bad_request ids.0");
    expect(verdict(body(selection.statusBodySchema, { ids: [1] }))).toBe("bad_request ids.0");
    expect(verdict(body(selection.statusBodySchema, {}))).toBe("bad_request ids");
  });
});

describe("a bulk verb", () => {
  test("names ids or a filter, not both and not neither", () => {
    expect(accepted(body(selection.bulkSchema, { ids: ["a"] }))).toEqual({ ids: ["a"], dryRun: false });
    expect(verdict(body(selection.bulkSchema, { filter: {} }))).toBe("ok");
    expect(verdict(body(selection.bulkSchema, { ids: ["a"], filter: {} }))).toBe("bad_request filter");
    expect(verdict(body(selection.bulkSchema, {}))).toBe("bad_request ids");
  });

  test("filters by status, group and creation", () => {
    const filter = { status: "Failed", groupKey: "g", after: 0, before: MAX_INSTANT_MS };
    expect(accepted(body(selection.bulkSchema, { filter, limit: 10_000, dryRun: true }))).toEqual({
      filter,
      limit: 10_000,
      dryRun: true,
    });
    for (const [field, value] of [
      ["status", "failed"],
      ["status", ["Failed"]],
      ["groupKey", 1],
      ["after", -1],
      ["before", MAX_INSTANT_MS + 1],
      ["idempotencyKey", "k"],
      ["status", null],
    ]) {
      expect(verdict(body(selection.bulkSchema, { filter: { [String(field)]: value } }))).toBe(
        `bad_request filter.${field}`,
      );
    }
  });

  test("changes 1 to 10000 tasks", () => {
    const limit = (value: unknown) => verdict(body(selection.bulkSchema, { filter: {}, limit: value }));
    expect([0, 1, 10_000, 10_001, null].map(limit)).toEqual([
      "bad_request limit",
      "ok",
      "ok",
      "bad_request limit",
      "bad_request limit",
    ]);
    expect(verdict(body(selection.bulkSchema, { filter: {}, dryRun: "yes" }))).toBe("bad_request dryRun");
  });

  test("has a time with reschedule, and only there", () => {
    const schema = selection.bulkRescheduleSchema;
    expect(verdict(body(selection.bulkSchema, { ids: ["a"], delayMs: 1 }))).toBe("bad_request delayMs");
    expect(accepted(body(schema, { ids: ["a"], runAt: 5 }))).toEqual({ ids: ["a"], dryRun: false, runAt: 5 });
    expect(verdict(body(schema, { ids: ["a"] }))).toBe("bad_request delayMs");
    expect(verdict(body(schema, { ids: ["a"], delayMs: 0, runAt: 0 }))).toBe("bad_request runAt");
    expect(verdict(body(schema, { delayMs: 0 }))).toBe("bad_request ids");
  });
});

test("reschedule has exactly one time", () => {
  const values = [{ delayMs: 0 }, { runAt: 0 }, {}, { delayMs: 0, runAt: 0 }, { delayMs: null }, { delay: 1 }];
  expect(values.map((value) => verdict(body(selection.rescheduleSchema, value)))).toEqual([
    "ok",
    "ok",
    "bad_request delayMs",
    "bad_request runAt",
    "bad_request delayMs",
    "bad_request delay",
  ]);
});

test("vacuum may be limited by age, status and count", () => {
  const schema = selection.vacuumSchema;
  expect(accepted(body(schema, {}))).toEqual({});
  for (const good of [
    { olderThanMs: 0 },
    { status: "Done" },
    { status: "Killed" },
    { limit: 1 },
    { limit: 1_000_000 },
  ]) {
    expect(accepted(body(schema, good))).toEqual(good);
  }
  for (const [field, value] of [
    ["olderThanMs", -1],
    ["olderThanMs", null],
    ["status", "Failed"],
    ["limit", 0],
    ["olderThan", 1],
  ]) {
    expect(verdict(body(schema, { [String(field)]: value }))).toBe(`bad_request ${field}`);
  }
});

test("a wait is held for 25 s unless it says less", () => {
  const wait = (fields: object) => body(selection.waitBodySchema, { ids: ["a"], ...fields });
  expect(accepted(wait({}))).toEqual({ ids: ["a"], waitMs: 25_000, progress: false });
  expect(accepted(wait({ waitMs: 0, progress: true }))).toEqual({ ids: ["a"], waitMs: 0, progress: true });
  expect(verdict(wait({ waitMs: 25_001 }))).toBe("bad_request waitMs");
  expect(verdict(wait({ progress: 1 }))).toBe("bad_request progress");
});

test("routes without a body take an empty one, and nothing in it", () => {
  expect(accepted(decodeBody(selection.emptyBodySchema, ""))).toEqual({});
  expect(accepted(decodeBody(selection.emptyBodySchema, "{}"))).toEqual({});
  expect(verdict(decodeBody(selection.emptyBodySchema, '{"force":true}'))).toBe("bad_request force");
  expect(verdict(decodeBody(selection.emptyBodySchema, "[]"))).toBe("bad_request body");
});

describe("a query", () => {
  const list = (query: string) => decodeQuery(selection.listQuerySchema, query);

  test("has its defaults filled in", () => {
    expect(accepted(list(""))).toEqual({ order: "newest", limit: 50 });
    expect(accepted(list("?"))).toEqual({ order: "newest", limit: 50 });
  });

  test("is read as text and becomes what it means", () => {
    const query =
      "?status=Failed&groupKey=a%2Fb+c&idempotencyKey=&after=0&before=1700000000000&order=oldest&limit=10&cursor=x";
    expect(accepted(list(query))).toEqual({
      status: "Failed",
      groupKey: "a/b c",
      idempotencyKey: "",
      after: 0,
      before: 1_700_000_000_000,
      order: "oldest",
      limit: 10,
      cursor: "x",
    });
    expect(accepted(decodeQuery(selection.listQuerySchema, new URLSearchParams({ groupKey: "é&=+ %" })))).toMatchObject(
      {
        groupKey: "é&=+ %",
      },
    );
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=1e1", "limit"],
    ["limit=", "limit"],
    ["limit", "limit"],
    ["limit=+1", "limit"],
    ["limit=010", "limit"],
    ["limit=%201", "limit"],
    ["limit=1.0", "limit"],
    ["limit=0x10", "limit"],
    ["limit=99999999999999999999", "limit"],
    ["after=-1", "after"],
    ["before=2030-01-01", "before"],
    ["status=failed", "status"],
    ["status=Failed&status=Killed", "status"],
    ["order=up", "order"],
    ["cursor=", "cursor"],
    ["page=0", "page"],
    ["__proto__=1", "__proto__"],
    ["constructor=1", "constructor"],
    ["=1", ""],
    ["groupKey=%zz", "groupKey"],
    ["groupKey=%ff", "groupKey"],
    ["%zz=1", "query"],
    [`groupKey=${"x".repeat(256)}`, "groupKey"],
    ["limit=5&limit=5", "limit"],
  ])("refuses %s", (query, path) => {
    expect(refused(list(query))).toMatchObject({ code: "bad_request", path });
  });

  test("says what it wanted", () => {
    expect(refused(list("limit=ten")).detail).toBe('`limit` must be an integer from 1 to 1000, got "ten".');
    expect(refused(list("page=1")).detail).toContain("there are status, groupKey");
  });

  test("for a wait repeats the id", () => {
    const wait = (query: string) => decodeQuery(selection.waitQuerySchema, query);
    expect(accepted(wait("id=a&id=b&waitMs=5&progress"))).toEqual({ id: ["a", "b"], waitMs: 5, progress: true });
    expect(accepted(wait("id=a"))).toEqual({ id: ["a"], waitMs: 25_000, progress: false });
    expect(verdict(wait(""))).toBe("bad_request id");
    expect(verdict(wait("id="))).toBe("bad_request id.0");
    expect(
      verdict(
        wait(
          ids(1001)
            .map((id) => `id=${id}`)
            .join("&"),
        ),
      ),
    ).toBe("bad_request id");
    expect(verdict(wait("id=a&waitMs=1&waitMs=1"))).toBe("bad_request waitMs");
  });

  test.each([
    ["", false],
    ["force", true],
    ["force=", true],
    ["force=true", true],
    ["force=1", true],
    ["force=false", false],
    ["force=0", false],
  ])("drop?%s", (query, force) => {
    expect(accepted(decodeQuery(selection.dropQuerySchema, query))).toEqual({ force });
  });

  test("force is nothing else", () => {
    for (const query of ["force=yes", "force=TRUE", "force&force"]) {
      expect(verdict(decodeQuery(selection.dropQuerySchema, query))).toBe("bad_request force");
    }
  });

  test("of a socket names a partition, or none", () => {
    const socket = (query: string) => decodeQuery(selection.socketQuerySchema, query);
    expect(accepted(socket(""))).toEqual({});
    expect(accepted(socket("partition=0"))).toEqual({ partition: 0 });
    expect(verdict(socket("partition=1023"))).toBe("ok");
    expect(verdict(socket("partition=1024"))).toBe("bad_request partition");
    expect(verdict(socket("partition="))).toBe("bad_request partition");
  });

  test("of a route that has none is refused", () => {
    expect(accepted(decodeQuery(selection.noQuerySchema, ""))).toEqual({});
    expect(verdict(decodeQuery(selection.noQuerySchema, "x"))).toBe("bad_request x");
  });

  test("pages other lists too", () => {
    expect(accepted(decodeQuery(selection.pageQuerySchema, "limit=1000&cursor=abc"))).toEqual({
      limit: 1000,
      cursor: "abc",
    });
    expect(verdict(decodeQuery(selection.pageQuerySchema, "status=Done"))).toBe("bad_request status");
  });
});
