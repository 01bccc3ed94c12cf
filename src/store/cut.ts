/** An answer of tasks ends at 8 MiB. */

import { MAX_BODY_BYTES } from "../limits.ts";

/** As many as fill half an answer with what their rows hold, so that all else of them has room; but one at least. */
export function withinAnswer<T extends { readonly bytes: number }>(rows: readonly T[]): readonly T[] {
  let bytes = 0;
  const end = rows.findIndex((row, index) => {
    bytes += row.bytes;
    return index > 0 && bytes > MAX_BODY_BYTES / 2;
  });
  return end < 0 ? rows : rows.slice(0, end);
}
