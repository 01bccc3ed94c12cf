/** `prinia/msgpack`: args and results in MessagePack, for what JSON does not know. In its own entry: it takes a library. */

import { decode, ExtensionCodec, encode } from "@msgpack/msgpack";
import { type Codec, CodecError } from "./backend/codec.ts";
import { fromBase64, toBase64 } from "./task/base64.ts";

/** Of MessagePack's 128 types for applications. Other readers see a list of pairs, and a list. */
const MAP = 1;
const SET = 2;

const extensionCodec = new ExtensionCodec();
const options = { extensionCodec, useBigInt64: true, ignoreUndefined: true };

extensionCodec.register({
  type: MAP,
  encode: (value) => (value instanceof Map ? encode([...value], options) : null),
  decode: (bytes) => new Map(decode(bytes, options) as [unknown, unknown][]),
});
extensionCodec.register({
  type: SET,
  encode: (value) => (value instanceof Set ? encode([...value], options) : null),
  decode: (bytes) => new Set(decode(bytes, options) as unknown[]),
});

/**
 * Writes all that JSON knows, and Date, bytes (Uint8Array), bigint of 64 bits, Map, Set, NaN and the infinities. As in
 * JSON, a field that is undefined is left out, and an object of a class comes back as a plain one.
 *
 * @example
 * const images = new DurableBackend<{ thumbnail: Uint8Array }>("images", transport, { codec: msgpack });
 */
export const msgpack: Codec<string> = {
  name: "msgpack",
  encode: (value) => {
    if (value === undefined) throw unknown("undefined");
    check(value);
    return toBase64(encode(value, options));
  },
  decode: (compact) => {
    if (typeof compact !== "string") throw new CodecError("msgpack", "On the wire, MessagePack is a base64 string.");
    return decode(fromBase64(compact), options);
  },
};

const unknown = (what: string): CodecError => new CodecError("msgpack", `MessagePack knows no ${what}.`);

const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

/** The library would write these as something else without a word. It says itself what it cannot write at all. */
function check(value: unknown): void {
  if (typeof value === "bigint" && (value < MIN_INT64 || value > MAX_UINT64)) throw unknown("bigint beyond 64 bits");
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw unknown("Invalid Date");
  } else if (value instanceof Map) {
    for (const [key, entry] of value) {
      check(key);
      check(entry);
    }
  } else if (Array.isArray(value) || value instanceof Set) {
    for (const entry of value) check(entry);
  } else {
    for (const entry of Object.values(value)) check(entry);
  }
}
