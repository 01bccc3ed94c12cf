/** Cuts bulk work so that each JSON parameter stays below what the database takes. */

import { MAX_PARAMETER_BYTES } from "../limits.ts";
import { byteLength } from "../task/text.ts";

/** Joins encoded elements to JSON arrays of at most `MAX_PARAMETER_BYTES`; one that is larger by itself stands alone. */
export function jsonChunks(elements: readonly string[]): string[] {
  if (elements.length === 0) return [];
  // Bytes are counted only where the characters, at three bytes each, leave it open.
  const most = elements.reduce((sum, element) => sum + element.length * 3 + 1, 2);
  if (most <= MAX_PARAMETER_BYTES) return [`[${elements.join(",")}]`];
  const chunks: string[] = [];
  let chunk: string[] = [];
  let size = 2;
  for (const element of elements) {
    const bytes = byteLength(element) + 1;
    if (chunk.length > 0 && size + bytes > MAX_PARAMETER_BYTES) {
      chunks.push(`[${chunk.join(",")}]`);
      chunk = [];
      size = 2;
    }
    chunk.push(element);
    size += bytes;
  }
  if (chunk.length > 0) chunks.push(`[${chunk.join(",")}]`);
  return chunks;
}
