import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { MAX_BODY_BYTES } from "../../../src/limits.ts";
import { byKey, eitherOf, notBoth } from "../../../src/protocol/alternatives.ts";
import { check, decodeBody } from "../../../src/protocol/validate.ts";
import * as word from "../../../src/protocol/vocabulary.ts";
import { accepted, refused, verdict } from "./outcome.ts";

const one = (schema: v.GenericSchema) => (value: unknown) => check(word.object({ field: schema }), { field: value });
const detail = (schema: v.GenericSchema, value: unknown) => refused(one(schema)(value)).detail;

describe("a refusal says in words what was wrong, where, and what came instead", () => {
  test.each([
    [word.integer(-5, 5), "high", '`field` must be an integer from -5 to 5, got "high".'],
    [word.integer(0, 5), 6, "`field` must be an integer from 0 to 5, got 6."],
    [word.integer(0, 5), 1.5, "`field` must be an integer from 0 to 5, got 1.5."],
    [word.integer(0, 5), null, "`field` must be an integer from 0 to 5, got null."],
    [word.decimal(1), Number.POSITIVE_INFINITY, "`field` must be a number of at least 1, got Infinity."],
    [word.decimal(0, 1), 2, "`field` must be a number from 0 to 1, got 2."],
    [word.flag, "yes", '`field` must be true or false, got "yes".'],
    [word.oneOf(["a", "b"]), "c", '`field` must be one of "a", "b", got "c".'],
    [word.text(1, 3), "", '`field` must be a string of 1 to 3 bytes of UTF-8, got "".'],
    [word.text(1, 3), ["x"], "`field` must be a string of 1 to 3 bytes of UTF-8, got a list of 1."],
    [word.list(word.flag, 1, 2), {}, "`field` must be a list of 1 to 2, got an object."],
    [word.object({}), [], "`field` must be an object, got a list of 0."],
    [word.jsonObject(100), null, "`field` must be an object, got null."],
  ])("%#", (schema, value, words) => {
    expect(detail(schema, value)).toBe(words);
  });

  test("of a missing field, and of one that is not known", () => {
    expect(refused(check(word.object({ a: word.flag }), {})).detail).toBe("`a` is missing.");
    expect(refused(check(word.object({ a: word.flag }), { a: true, b: 1 })).detail).toBe(
      "`b` is not a field here; there are a.",
    );
  });

  test("of a long value shows the beginning only", () => {
    expect(detail(word.flag, "x".repeat(1000))).toBe(
      `\`field\` must be true or false, got "${"x".repeat(80)}" and 920 more characters.`,
    );
  });
});

describe("an object", () => {
  const schema = word.object({ a: v.exactOptional(word.object({ b: v.exactOptional(word.flag) })) });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "A", "", "a.b"])(
    "refuses the unknown field %j",
    (key) => {
      expect(refused(decodeBody(schema, `{${JSON.stringify(key)}: {"b": true}}`))).toMatchObject({
        code: "bad_request",
        path: key,
      });
      expect(refused(decodeBody(schema, `{"a": {${JSON.stringify(key)}: 1}}`)).path).toBe(`a.${key}`);
    },
  );

  test.each(["[]", "[1]", "null", "1", '"x"', "true"])("is not %s", (text) => {
    expect(refused(decodeBody(schema, text)).path).toBe("body");
    expect(refused(decodeBody(schema, `{"a": ${text}}`)).path).toBe("a");
  });

  test("does not inherit a field from its prototype", () => {
    expect(accepted(decodeBody(schema, "{}"))).toEqual({});
    expect(verdict(decodeBody(word.object({ toString: word.flag }), "{}"))).not.toBe("ok");
  });
});

describe("bounds", () => {
  const ok = (schema: v.GenericSchema, value: unknown) => one(schema)(value).ok;

  test("include both ends", () => {
    expect([-6, -5, 5, 6].map((value) => ok(word.integer(-5, 5), value))).toEqual([false, true, true, false]);
    expect([-0.1, 0, 1, 1.1].map((value) => ok(word.decimal(0, 1), value))).toEqual([false, true, true, false]);
    expect([0, 1, 2, 3].map((length) => ok(word.list(word.flag, 1, 2), Array(length).fill(true)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test("of text are bytes, of characters are characters", () => {
    expect(["é", "éa", "éé", "😀"].map((value) => ok(word.text(1, 3), value))).toEqual([true, true, false, false]);
    expect(["", "ééé", "😀😀😀", "éééé", "😀😀😀😀"].map((value) => ok(word.characters(1, 3), value))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  test("a list that is too long is refused before its elements are looked at", () => {
    expect(detail(word.list(word.flag, 1, 2), [1, 2, 3])).toBe("`field` must be a list of 1 to 2, got a list of 3.");
  });

  test("half a surrogate pair is refused in names, and mended in what people wrote", () => {
    expect(ok(word.text(1, 9), "a\ud800")).toBe(false);
    expect(ok(word.characters(1, 9), "\udc00")).toBe(false);
    expect(accepted(one(word.message())("a\ud800b"))).toEqual({ field: "a\ufffdb" });
  });
});

describe("sizes of JSON", () => {
  test("are of the encoded value, and too much of it is payload_too_large", () => {
    const schema = word.object({ field: word.jsonObject(9) });
    expect(verdict(decodeBody(schema, '{"field": { "a" : "b" }}'))).toBe("ok");
    expect(verdict(decodeBody(schema, '{"field": {"a":"\\u0062"}}'))).toBe("ok");
    expect(verdict(decodeBody(schema, '{"field": {"a":"bc"}}'))).toBe("payload_too_large field");
    expect(detail(word.jsonObject(9), { a: "bc" })).toBe("`field` is 10 bytes of JSON, but at most 9 are taken.");
  });

  test("of JSON kept as text leave out spaces and needless escapes, but only when it would not fit", () => {
    const schema = word.object({ field: word.rawJson(8, "refuse") });
    const shape = { fields: new Map([["field", "raw"]] as const) };
    expect(accepted(decodeBody(schema, '{"field":[ 1 , 2 ]}', shape))).toEqual({ field: "[1,2]" });
    expect(accepted(decodeBody(schema, '{"field":[ 1,2]}', shape))).toEqual({ field: "[ 1,2]" });
    expect(accepted(decodeBody(schema, '{"field":"\\u0061bcdef"}', shape))).toEqual({ field: '"abcdef"' });
    expect(verdict(decodeBody(schema, '{"field":"\\u0061bcdefg"}', shape))).toBe("payload_too_large field");
  });

  test("a body ends at its limit", () => {
    const body = (bytes: number) => `{"a":"${"x".repeat(bytes - 8)}"}`;
    const schema = word.object({ a: word.message() });
    expect(verdict(decodeBody(schema, body(MAX_BODY_BYTES)))).toBe("ok");
    expect(verdict(decodeBody(schema, body(MAX_BODY_BYTES + 1)))).toBe("payload_too_large body");
  });

  test("odd keys inside free JSON stay as they are", () => {
    const value = accepted(decodeBody(word.object({ field: word.jsonObject(100) }), '{"field":{"__proto__":{"x":1}}}'));
    expect(JSON.stringify(value)).toBe('{"field":{"__proto__":{"x":1}}}');
  });
});

describe("alternatives", () => {
  const optional = { a: v.exactOptional(word.flag), b: v.exactOptional(word.flag) };
  const cases = [{}, { a: true }, { b: true }, { a: true, b: true }];

  test("at most one", () => {
    const schema = v.pipe(word.object(optional), notBoth("a", "b"));
    expect(cases.map((value) => verdict(check(schema, value)))).toEqual(["ok", "ok", "ok", "bad_request b"]);
  });

  test("exactly one", () => {
    const schema = v.pipe(word.object(optional), eitherOf("a", "b"));
    expect(cases.map((value) => verdict(check(schema, value)))).toEqual(["bad_request a", "ok", "ok", "bad_request b"]);
    expect(refused(check(schema, {})).detail).toBe("`a` is missing, and so is `b`: give one of them.");
  });

  test("told apart by a key, whatever its value", () => {
    const schema = byKey("a", word.object({ a: v.unknown() }), "b", word.object({ b: word.flag }));
    const values = [{ a: null }, { b: true }, { a: 1, b: 1 }, {}, [], null, { b: 1 }, { a: 1, c: 1 }];
    expect(values.map((value) => verdict(check(schema, value)))).toEqual([
      "ok",
      "ok",
      "bad_request b",
      "bad_request body",
      "bad_request body",
      "bad_request body",
      "bad_request b",
      "bad_request c",
    ]);
  });
});

test("no text at all means an empty object", () => {
  expect(accepted(decodeBody(word.object({}), ""))).toEqual({});
});
