import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_BATCH, MAX_DEPTH } from "../../../src/limits.ts";
import { compactJson, decodeUtf8, parseJson } from "../../../src/protocol/json.ts";
import type { Shape } from "../../../src/protocol/scan.ts";
import { accepted, refused, verdict } from "./outcome.ts";

const args: Shape = { fields: new Map([["args", "raw"]]) };
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

describe("JSON that is kept as text", () => {
  test.each([
    ["a number beyond 2^53", "12345678901234567890"],
    ["a number's spelling", "1.50E+2"],
    ["a number that overflows", "1e999"],
    ["a string", '"x"'],
    ["an escaped quote", '"say \\"no\\" \\\\"'],
    ["a quote written as an escape", '"\\u0022,\\u0022"'],
    ["a backslash at the end", '"\\\\"'],
    ["brackets inside strings", '{"a":"}]{[","b":["\\"}"]}'],
    ["a field of its own name", '{"args":{"args":[1]},"x":2}'],
    ["duplicate keys inside", '{"a":1,"a":2}'],
    ["prototype keys inside", '{"__proto__":{"x":1},"constructor":2}'],
    ["spaces inside", '{ "a" :\t[ 1 ,\r\n2 ] }'],
    ["null", "null"],
    ["a literal", "true"],
    ["an empty object", "{}"],
    ["an empty list", "[]"],
    ["half a surrogate pair, escaped", '"\\ud800"'],
  ])("keeps %s", (_, raw) => {
    for (const text of [`{"args":${raw}}`, `{"x":1,"args":${raw},"y":[]}`, ` {\n"args"\t: ${raw} \r} `]) {
      expect(accepted(parseJson(text, args))).toMatchObject({ args: raw });
    }
  });

  test("leaves out the space around a value", () => {
    expect(accepted(parseJson('{"args" :  [ 1 ]  , "x":1}', args))).toEqual({ args: "[ 1 ]", x: 1 });
  });

  test("takes the last of several fields of one name, as JSON.parse does", () => {
    expect(accepted(parseJson('{"args":1,"x":2,"args":"b"}', args))).toEqual({ args: '"b"', x: 2 });
  });

  test("reads keys that are written with escapes", () => {
    expect(accepted(parseJson('{"\\u0061rgs":1.0}', args))).toEqual({ args: "1.0" });
    expect(accepted(parseJson('{"args":1,"\\u0061rgs":2.0}', args))).toEqual({ args: "2.0" });
  });

  test("touches nothing where the shape does not fit", () => {
    const shape: Shape = { fields: new Map([["events", { items: { fields: new Map([["result", args]]) } }]]) };
    expect(accepted(parseJson('{"events":{"args":1},"args":2}', shape))).toEqual({ events: { args: 1 }, args: 2 });
    expect(accepted(parseJson('{"events":[1,{"result":[]},{"result":{"args":3.0}}]}', shape))).toEqual({
      events: [1, { result: [] }, { result: { args: "3.0" } }],
    });
    expect(accepted(parseJson('{"events":[{"result":{"args":1},"result":5}]}', shape))).toEqual({
      events: [{ result: 5 }],
    });
  });

  test("reads what an encoder writes as it reads the same with a blank before it, which is looked at more closely", () => {
    const shape: Shape = {
      fields: new Map<string, Shape>([
        ["args", "raw"],
        ["tasks", { items: args }],
      ]),
    };
    const body = fc.record({
      args: fc.jsonValue(),
      tasks: fc.array(fc.record({ args: fc.jsonValue(), meta: fc.jsonValue() })),
      more: fc.jsonValue(),
    });
    fc.assert(
      fc.property(body, (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(text, shape)).toEqual(parseJson(` ${text}`, shape));
      }),
    );
  });

  test("finds any value in any surroundings, whole and unchanged", () => {
    const text = fc.record({
      before: fc.json(),
      value: fc.json(),
      after: fc.json(),
      pad: fc.constantFrom("", " ", "\n\t"),
    });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), (list) => {
        const body = `[${list.map(({ before, value, after, pad }) => `{"b":${before},${pad}"args"${pad}:${pad}${value}${pad},"a":${after}}`).join(",")}]`;
        const parsed = accepted(parseJson(body, { items: args }));
        expect(parsed).toEqual(
          list.map(({ before, value, after }) => ({ b: JSON.parse(before), args: value, a: JSON.parse(after) })),
        );
      }),
    );
  });
});

describe("text that is no JSON", () => {
  const broken = [
    "",
    " ",
    "{",
    "[",
    '"',
    "{]",
    "[}",
    '{"args"}',
    '{"args":}',
    '{"args":1',
    '{"args" 1}',
    "[1,]",
    '{"a":1,}',
  ];
  const odd = [
    "undefined",
    "NaN",
    "'x'",
    "{args:1}",
    "01",
    "1 2",
    '{"args":"\n"}',
    '"\\x"',
    '{"\\x":1}',
    "\u00a0{}",
    "[,]",
  ];
  test.each([...broken, ...odd])("refuses %j with the path body", (text) => {
    for (const shape of [undefined, args, { items: args }]) {
      expect(refused(parseJson(text, shape))).toMatchObject({ code: "bad_request", path: "body" });
    }
  });

  test("agrees with JSON.parse on every text", () => {
    const noise = fc.string({ unit: fc.constantFrom(...'{}[]",:\\ a1-.e'.split("")), maxLength: 12 });
    const shapes: (Shape | undefined)[] = [undefined, args, { items: args }, "raw"];
    fc.assert(
      fc.property(noise, fc.constantFrom(...shapes), (text, shape) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        expect(parseJson(text, shape).ok).toBe(valid);
      }),
      { numRuns: 2000 },
    );
  });

  test("says where, and never quotes more than the place", () => {
    const { detail } = refused(parseJson('{"token":"s3cret" "x"}'));
    expect(detail).toContain("character 19");
    expect(detail).not.toContain("s3cret");
  });
});

describe("nesting", () => {
  test("is allowed up to the limit, counted from the field", () => {
    expect(verdict(parseJson(`{"args":${nested(MAX_DEPTH)}}`, args))).toBe("ok");
    expect(verdict(parseJson(nested(MAX_DEPTH)))).toBe("ok");
  });

  test("is refused beyond it, with the path of the field", () => {
    const deep = nested(MAX_DEPTH + 1);
    const objects = `${'{"a":'.repeat(MAX_DEPTH + 1)}1${"}".repeat(MAX_DEPTH + 1)}`;
    expect(refused(parseJson(`{"x":[],"args":${deep}}`, args))).toMatchObject({ code: "bad_request", path: "args" });
    expect(refused(parseJson(`{"args":${objects}}`, args)).path).toBe("args");
    expect(refused(parseJson(`{"meta":${deep},"args":1}`, args)).path).toBe("meta");
    expect(refused(parseJson(`[{"args":1},{"args":${deep}}]`, { items: args })).path).toBe("1.args");
    expect(refused(parseJson(deep)).path).toBe("body");
  });

  test("counts no brackets inside strings, and starts anew for each field", () => {
    expect(verdict(parseJson(`{"args":"${"[".repeat(1000)}"}`, args))).toBe("ok");
    expect(verdict(parseJson(`{"args":${nested(400)},"meta":${nested(400)}}`, args))).toBe("ok");
  });

  test("is found in text that is not even JSON, without parsing it", () => {
    expect(refused(parseJson("[".repeat(1_000_000), args)).detail).toContain(`${MAX_DEPTH} levels`);
  });

  test("keeps the path short, whatever the key", () => {
    const { path = "" } = refused(parseJson(`{"${"k".repeat(10_000)}":${nested(MAX_DEPTH + 1)}}`, args));
    expect(path).toBe("k".repeat(300));
  });
});

test("a list of the shape is counted before it is parsed", () => {
  const list = (count: number) => `[${Array(count).fill('{"args":1}').join(",")}]`;
  const shape: Shape = { fields: new Map([["tasks", { items: args }]]) };
  expect(verdict(parseJson(list(MAX_BATCH), { items: args }))).toBe("ok");
  expect(verdict(parseJson(list(MAX_BATCH + 1), { items: args }))).toBe("bad_request body");
  expect(verdict(parseJson(`{"tasks":${list(MAX_BATCH + 1)}}`, shape))).toBe("bad_request tasks");
  expect(verdict(parseJson(list(MAX_BATCH + 1), args))).toBe("ok");
});

describe("compacted JSON", () => {
  test("is the same value, without spaces and needless escapes", () => {
    expect(compactJson(' { "a b" : [ 1.0 , "\\u00e9\\/\\u0022" , "\\ud83d\\ude00" ] } ')).toBe(
      '{"a b":[1.0,"é/\\"","😀"]}',
    );
  });

  test("keeps digits, and the escape of half a surrogate pair", () => {
    expect(compactJson('[ 12345678901234567890, "\\ud800 x" ]')).toBe('[12345678901234567890,"\\ud800 x"]');
  });

  test("is what a server's encoder writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(compactJson(JSON.stringify(value, null, 2))).toBe(JSON.stringify(value));
      }),
    );
  });
});

test("bytes are decoded as UTF-8, and refused when they are broken", () => {
  expect(accepted(decodeUtf8(new TextEncoder().encode("aé😀")))).toBe("aé😀");
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    expect(refused(decodeUtf8(new Uint8Array(bytes)))).toMatchObject({ code: "bad_request", path: "body" });
  }
});
