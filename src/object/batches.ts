/** Frames of at most 8 MiB: what is too much for one is sent in several. */

import { MAX_BODY_BYTES } from "../limits.ts";

/** Cuts a list of JSON texts, counting three bytes a character, so that a text that is too large stands alone. */
export function batches(texts: readonly string[]): string[][] {
  const cut: string[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const text of texts) {
    const bytes = text.length * 3;
    if (size + bytes > MAX_BODY_BYTES) {
      cut.push([]);
      size = 0;
    }
    cut.at(-1)?.push(text);
    size += bytes;
  }
  return cut;
}
