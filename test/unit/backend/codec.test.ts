import { expect, test } from "vitest";
import { type Codec, CodecError, Codecs, identity, json } from "../../../src/backend/codec.ts";

/** Base64 of text. */
const base64: Codec = {
  name: "base64",
  encode: (value) => btoa(String(value)),
  decode: (compact) => atob(String(compact)),
};

test("JSON is written as it is, and goes without a name", () => {
  const codecs = new Codecs();
  expect(codecs.name).toBeUndefined();
  expect(codecs.encode({ a: 1 })).toEqual({ a: 1 });
  expect(codecs.decode("json", { a: 1 })).toEqual({ a: 1 });
});

test.each([undefined, () => 1, Symbol("s")])("JSON refuses %s, which it does not know", (value) => {
  expect(() => json.encode(value)).toThrow(CodecError);
});

test("one codec writes, and tasks of all of them are read", () => {
  const codecs = new Codecs(base64);
  expect(codecs.name).toBe("base64");
  expect(codecs.encode("hi")).toBe("aGk=");
  expect(codecs.decode("base64", "aGk=")).toBe("hi");
  expect(codecs.decode("json", "aGk=")).toBe("aGk=");
  expect(new Codecs(json, [base64]).decode("base64", "aGk=")).toBe("hi");
});

test("an unknown codec is named, with those that are known", () => {
  expect(() => new Codecs(base64).decode("cbor", "aGk=")).toThrow(
    /"cbor" is not known here; known are "json", "base64"/,
  );
});

test("what a codec throws becomes an error that names it", () => {
  const broken = () => new Codecs(base64).decode("base64", "not base64!");
  expect(broken).toThrow(CodecError);
  expect(broken).toThrow(/cannot be read as base64/);
});

test("a result is written as its task is, and nothing is null in every codec", () => {
  const codecs = new Codecs(json, [base64]);
  expect(codecs.encodeResult("base64", "hi")).toBe("aGk=");
  expect(codecs.encodeResult("base64", undefined)).toBeNull();
  expect(codecs.encodeResult("json", null)).toBeNull();
  expect(codecs.decodeResult("base64", null)).toBeNull();
  expect(codecs.decodeResult("base64", "aGk=")).toBe("hi");
});

test("the identity codec reads and writes nothing, under any name", () => {
  const codecs = new Codecs(identity("cbor"));
  expect(codecs.encode("oWFh")).toBe("oWFh");
  expect(codecs.decode("cbor", "oWFh")).toBe("oWFh");
});
