import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBase64, toBase64 } from "../../../src/task/base64.ts";

describe("base64", () => {
  test("is what others write and read", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = toBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64"));
        expect(fromBase64(text)).toEqual(bytes);
      }),
    );
  });

  test("of more bytes than a call takes arguments", () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251);
    const text = toBase64(bytes);
    expect(text).toBe(Buffer.from(bytes).toString("base64"));
    expect(Buffer.compare(fromBase64(text), bytes)).toBe(0);
  });

  test("of a part of a buffer is of that part alone", () => {
    expect(toBase64(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))).toBe("AgM=");
  });

  test("uses what the platform has, where it has it", () => {
    const bytes = Object.assign(new Uint8Array([1]), { toBase64: () => "native" });
    expect(toBase64(bytes)).toBe("native");
  });

  test.each(["%", "A", "AAAA=AAA"])("refuses %j", (text) => {
    expect(() => fromBase64(text)).toThrow();
  });
});
