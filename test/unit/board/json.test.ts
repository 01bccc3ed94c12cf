// JSON as text: found where it stands, shown as it was spelt, and told where it is wrong.

import { describe, expect, test } from "vitest";
import { childrenOf, fieldsOf, formatJson, itemsOf, nodeAt, textOf } from "../../../src/board/ui/json.ts";
import { flawOf, flawText } from "../../../src/board/ui/json-flaw.ts";

const namesAndTexts = (text: string) =>
  childrenOf(text, nodeAt(text), 100).children.map(({ name, node }) => [name, node.kind, textOf(text, node)]);

describe("the tree", () => {
  test("finds members with decoded keys, kinds and their own text", () => {
    const text = ' { "a" : 12345678901234567890 , "b\\"c\\u0041": [1, [2, 3], {}], "d":"}]\\"," ,"e":null,"f":-0.0 } ';
    expect(namesAndTexts(text)).toEqual([
      ["a", "number", "12345678901234567890"],
      ['b"cA', "array", "[1, [2, 3], {}]"],
      ["d", "string", '"}]\\","'],
      ["e", "literal", "null"],
      ["f", "number", "-0.0"],
    ]);
  });

  test("counts what a container has itself, and nothing of what is in it", () => {
    const counts = ["[]", "[ ]", "{}", "[[]]", "[[1,2],[3]]", '{"a":[1,2,3]}', "[1 , 2 ]", '[","]', '[""]', "7"];
    expect(counts.map((text) => nodeAt(text).count)).toEqual([0, 0, 0, 1, 2, 1, 2, 1, 1, 0]);
  });

  test("gives so many children as were asked for, and then the next ones", () => {
    const text = JSON.stringify(Array.from({ length: 5 }, (_, place) => place * 10));
    const root = nodeAt(text);
    const first = childrenOf(text, root, 2);
    expect(first.children.map(({ name }) => name)).toEqual(["0", "1"]);
    const second = childrenOf(text, root, 2, first.next ?? undefined);
    expect(second.children.map(({ node }) => textOf(text, node))).toEqual(["20", "30"]);
    const last = childrenOf(text, root, 2, second.next ?? undefined);
    expect(last.children.map(({ name, node }) => [name, textOf(text, node)])).toEqual([["4", "40"]]);
    expect(last.next).toBeNull();
  });

  test("goes through a hundred thousand levels without a stack to end", () => {
    const text = `${"[".repeat(100_000)}1${"]".repeat(100_000)}`;
    expect(nodeAt(text)).toMatchObject({ kind: "array", end: text.length, count: 1 });
    expect(formatJson(text)).toBe(text);
  });

  test("agrees with JSON.parse about the members of whatever it is given", () => {
    const values: object[] = [
      { "": [], " ": { "\\": "\\\\" } },
      ["\u2028", "é", "\ud83e\udda9"],
      JSON.parse('{"__proto__":null,"constructor":1}'),
    ];
    for (const value of values) {
      for (const text of [JSON.stringify(value), JSON.stringify(value, null, 3)]) {
        const found = childrenOf(text, nodeAt(text), 100).children;
        expect(found.map(({ name, node }) => [name, JSON.parse(textOf(text, node))])).toEqual(Object.entries(value));
      }
    }
  });

  test("takes the last of members that have the same key, as everybody does", () => {
    expect([...fieldsOf('{"a":1,"b":2,"a":3}')]).toEqual([
      ["a", "3"],
      ["b", "2"],
    ]);
    expect(itemsOf('[1, "x" ,{}]')).toEqual(["1", '"x"', "{}"]);
  });
});

describe("laying out", () => {
  test("changes blanks and nothing else", () => {
    const text = '{"a":[1.0,-0,12345678901234567890,[],{}],"b":"\\u0041 , : [","c":{"d":null}}';
    expect(formatJson(text)).toBe(
      '{\n  "a": [\n    1.0,\n    -0,\n    12345678901234567890,\n    [],\n    {}\n  ],\n  "b": "\\u0041 , : [",\n  "c": {\n    "d": null\n  }\n}',
    );
    expect(formatJson(formatJson(text))).toBe(formatJson(text));
  });

  test("leaves a text alone that would grow beyond measure", () => {
    const deep = `${"[".repeat(500)}${"1,".repeat(200_000)}1${"]".repeat(500)}`;
    expect(formatJson(deep)).toBe(deep);
  });
});

describe("flaws", () => {
  test.each([
    ["", 1, 1, "nothing here"],
    ["{", 1, 2, "`}` is missing"],
    ["[1, 2", 1, 6, "`]` is missing"],
    ['{\n  "a": 1,\n}', 3, 1, "one too many"],
    ["[1,]", 1, 4, "one too many"],
    ['{"to": ada}', 1, 8, "`ada` is no value"],
    ["{'a': 1}", 1, 2, "double quotes"],
    ["['a']", 1, 2, "double quotes"],
    ['{"a" 1}', 1, 6, "colon"],
    ['{"a": 1 "b": 2}', 1, 9, "comma or `}`"],
    ["[01]", 1, 2, "`01` is no number"],
    ["[1 2]", 1, 4, "comma or `]`"],
    ['"a\nb"', 1, 3, "line ends within a string"],
    ['"a\tb"', 1, 3, "control character"],
    ['"\\x"', 1, 2, "no escape"],
    ['"open', 1, 1, "never closed"],
    ["{} {}", 1, 4, "has ended"],
    ["[NaN]", 1, 2, "`NaN` is no value"],
    ["[1}", 1, 3, "comma or `]`"],
    ['{"a":}', 1, 6, "value belongs here"],
  ])("%j is wrong in line %i, column %i: %s", (text, line, column, message) => {
    const flaw = flawOf(text);
    expect(flaw).toMatchObject({ line, column });
    expect(flaw?.message).toContain(message);
  });

  test("are none in what is JSON, however it looks", () => {
    for (const text of ["1e-400", ' [1 , {"a" : "\\u00e9"} ] ', "-0.0", '"\u2028"', "null"]) {
      expect(flawOf(text), text).toBeNull();
    }
  });

  test("are found wherever one character of a valid text is broken", () => {
    const text = '{"a":[1,true,"x\\n"],"b":{"c":null}}';
    for (let at = 0; at < text.length; at++) {
      const broken = `${text.slice(0, at)}\u0001${text.slice(at + 1)}`;
      const flaw = flawOf(broken);
      expect(flaw?.offset, broken).toBeLessThanOrEqual(at);
      expect(flaw?.message.length, broken).toBeGreaterThan(10);
    }
  });

  test("are told with their place", () => {
    expect(flawText({ offset: 0, line: 3, column: 7, message: "No." })).toBe("Line 3, column 7: No.");
  });
});
