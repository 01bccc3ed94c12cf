/** Request bodies: their type, their size counted as they come, and their text. */

import { DRAIN_MS, MAX_BODY_BYTES, MAX_DRAINED_BYTES } from "../limits.ts";
import { decodeUtf8 } from "../protocol/json.ts";
import { fail, ok, type Result } from "../task/result.ts";
import type { Timing } from "./timing.ts";

export const JSON_TYPE = "application/json";
export const NDJSON_TYPE = "application/x-ndjson";

/**
 * Checks that the body is what its route reads, in UTF-8 and not compressed.
 *
 * @returns the type without its parameters; `null` when there is none, which is let pass
 */
export function checkType(request: Request, types: readonly string[]): Result<string | null> {
  const header = request.headers.get("content-type");
  const type = header === null ? null : (header.split(";")[0] ?? "").trim().toLowerCase();
  if (request.body === null) return ok(type);
  if (type !== null && !types.includes(type)) {
    return fail("unsupported_media_type", `This route reads ${types.join(" or ")}: set content-type to it.`);
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(header ?? "")?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    return fail("unsupported_media_type", "Bodies are read as UTF-8: send this one in it.");
  }
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    return fail("unsupported_media_type", "Compressed bodies are not read: send this one as it is.");
  }
  return ok(type);
}

/**
 * Reads the body as text; no body is the empty text. What is over the limit is not kept, whatever `content-length`
 * said.
 */
export async function readBody(request: Request): Promise<Result<string>> {
  if (request.body === null) return ok("");
  if (Number(request.headers.get("content-length")) > MAX_BODY_BYTES + MAX_DRAINED_BYTES) return tooLarge();
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  let next = await nextPiece(reader);
  for (; next !== null && !next.done; next = await nextPiece(reader)) {
    size += next.value.byteLength;
    if (size <= MAX_BODY_BYTES) pieces.push(next.value);
    else pieces.length = 0;
    if (size > MAX_BODY_BYTES + MAX_DRAINED_BYTES) {
      await reader.cancel();
      break;
    }
  }
  if (next === null) return fail("bad_request", "The body broke off: send all of it.", { path: "body" });
  return size > MAX_BODY_BYTES ? tooLarge() : decodeUtf8(concat(pieces, size));
}

/** The next piece of a body; `null` when it broke off: it was shorter than its length said, or its chunks are none. */
const nextPiece = (reader: ReadableStreamDefaultReader<Uint8Array>) => reader.read().catch(() => null);

/**
 * Reads and drops what is left of a body, for a bounded size and time: a client that is cut off while it sends sees no
 * refusal, and one that sends a line now and then must see it before it ends.
 */
export async function drain(request: Request, timing: Timing): Promise<void> {
  if (request.body === null || request.body.locked) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  const { promise: late, resolve } = Promise.withResolvers<{ done: true }>();
  const cancel = timing.after(DRAIN_MS, () => resolve({ done: true }));
  const next = () => Promise.race([nextPiece(reader), late]);
  let size = 0;
  for (let piece = await next(); piece !== null && !piece.done && size <= MAX_DRAINED_BYTES; piece = await next()) {
    size += piece.value.byteLength;
  }
  cancel();
  await reader.cancel().catch(() => undefined);
}

const tooLarge = () =>
  fail(
    "payload_too_large",
    `A body ends at ${MAX_BODY_BYTES} bytes: send less at once, or stream the tasks as ${NDJSON_TYPE}.`,
    { path: "body" },
  );

/** One array out of several; the single piece that most bodies are is not copied. */
export function concat(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
