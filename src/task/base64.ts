/** Bytes as text: base64, as all codecs but JSON stand on the wire. */

/** Newer platforms do it by themselves, many times faster. */
interface Native {
  toBase64?(): string;
}
interface NativeConstructor {
  fromBase64?(text: string): Uint8Array;
}

/** So many arguments a call are safe everywhere. */
const CHUNK = 8_192;

export function toBase64(bytes: Uint8Array): string {
  const native = (bytes as Native).toBase64?.();
  if (native !== undefined) return native;
  let binary = "";
  for (let from = 0; from < bytes.length; from += CHUNK)
    binary += String.fromCharCode(...bytes.subarray(from, from + CHUNK));
  return btoa(binary);
}

/** @throws when it is no base64 */
export function fromBase64(text: string): Uint8Array {
  const native = (Uint8Array as NativeConstructor).fromBase64;
  if (native) return native.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
