/** Text as the limits count it: bytes of UTF-8. And base64, which is how a payload that is no JSON travels in JSON. */

import type { RawJson } from "./task.ts";

/** Bytes that the UTF-16 unit at `at` takes, with the pair that it begins; a lone surrogate counts as U+FFFD. */
function bytesAt(text: string, at: number): 1 | 2 | 3 | 4 {
  const code = text.charCodeAt(at);
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  if ((code & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) return 4;
  return 3;
}

/** Bytes of the text. Counted, not encoded: as fast as the platform's encoder, and it makes no copy. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const size = bytesAt(text, at);
    bytes += size;
    if (size === 4) at++;
  }
  return bytes;
}

/** Whether the text is longer than so many bytes; most texts are told by their length alone. */
export const exceedsBytes = (text: string, maxBytes: number): boolean =>
  text.length > maxBytes || (text.length * 3 > maxBytes && byteLength(text) > maxBytes);

/** The longest beginning of the text that takes at most so many bytes; no character is cut in two. */
export function cutUtf8(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  let bytes = 0;
  let at = 0;
  while (at < text.length) {
    const size = bytesAt(text, at);
    bytes += size;
    if (bytes > maxBytes) return text.slice(0, at);
    at += size === 4 ? 2 : 1;
  }
  return text;
}

/** Whether valid JSON text is a string of base64, as the args and results of every codec but `json` are. */
export function isBase64Json(json: RawJson): boolean {
  if (!json.startsWith('"')) return false;
  // A server's encoder may escape the slash, which is a digit here.
  const base64 = String(JSON.parse(json));
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return base64.length % 4 === 0 && !/[^A-Za-z0-9+/]/.test(base64.slice(0, base64.length - padding));
}
