import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byteLength, cutUtf8, exceedsBytes, isBase64Json } from "../../../src/task/text.ts";

const encoder = new TextEncoder();
const anyText = fc.string({
  unit: fc.constantFrom("a", "\u0000", "\ufeff", "é", "€", "😀", "\ud800", "\udc00"),
  maxLength: 40,
});

describe("text in UTF-8", () => {
  test("is measured as an encoder would", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(byteLength(text)).toBe(encoder.encode(text).length);
      }),
    );
  });

  test("exceeds what is below its length, and not its length", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = encoder.encode(text).length;
        expect([exceedsBytes(text, bytes), exceedsBytes(text, bytes - 1)]).toEqual([false, true]);
      }),
    );
  });

  test("is cut at the last whole character that fits", () => {
    expect(cutUtf8("aé€😀", 10)).toBe("aé€😀");
    expect(cutUtf8("aé€😀", 9)).toBe("aé€");
    expect(cutUtf8("aé€😀", 5)).toBe("aé");
    expect(cutUtf8("aé€😀", 1)).toBe("a");
    expect(cutUtf8("😀", 3)).toBe("");
    expect(cutUtf8("a", 0)).toBe("");
    fc.assert(
      fc.property(anyText, fc.nat(60), (text, max) => {
        const cut = cutUtf8(text, max);
        const next = [...text.slice(cut.length)][0] ?? "";
        expect(text.startsWith(cut) && byteLength(cut) <= max).toBe(true);
        expect(next === "" || byteLength(cut + next) > max).toBe(true);
      }),
    );
  });

  test("keeps a byte order mark when it is cut", () => {
    expect(cutUtf8("\ufeffabcdef", 5)).toBe("\ufeffab");
  });
});

describe("base64 in JSON", () => {
  test("is what an encoder of bytes makes, with slashes escaped or not", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        const json = JSON.stringify(Buffer.from(bytes).toString("base64"));
        expect([isBase64Json(json), isBase64Json(json.replaceAll("/", "\\/"))]).toEqual([true, true]);
      }),
    );
  });

  test("is judged after unescaping, with its padding", () => {
    expect(['"AA=="', '"AAA="', '"AAAA"', '""', '"\\/\\/8="', '"//8="'].map(isBase64Json)).toEqual(Array(6).fill(true));
    const others = ['"A==="', '"AA=A"', '"AAA"', '"="', '"===="', '"AA_-"', '"AA AA==="', '"AAAA\\n"'];
    expect(others.filter(isBase64Json)).toEqual([]);
  });

  test("is a string and nothing else", () => {
    expect(["1", "null", "true", "[]", '{"a":"AAAA"}', '["AAAA"]'].filter(isBase64Json)).toEqual([]);
  });

  test("has whole groups of four, of the alphabet, padded at the end alone", () => {
    const near = fc.string({ unit: fc.constantFrom("A", "z", "9", "+", "/", "=", "-", "é"), maxLength: 12 });
    const groups = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
    fc.assert(
      fc.property(near, (text) => {
        expect(isBase64Json(JSON.stringify(text))).toBe(groups.test(text));
      }),
    );
  });
});
