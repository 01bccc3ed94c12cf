/** Cursors of a list of tasks: the order, and the last sequence that was looked at. */

import { fail, ok, type Result } from "./result.ts";

type Order = "newest" | "oldest";

export const formatCursor = (order: Order, seq: number): string => `${order === "oldest" ? "o" : "n"}.${seq}`;

/**
 * Where a list goes on: behind this sequence, or `null` at its beginning.
 *
 * @returns `bad_request` when the cursor is not one of this order
 */
export function parseCursor(cursor: string | undefined, order: Order): Result<number | null> {
  if (cursor === undefined) return ok(null);
  const match = /^([no])\.([1-9][0-9]{0,12})$/.exec(cursor);
  if (match?.[2] === undefined) {
    return fail("bad_request", "`cursor` must be the `nextCursor` of a page before, as it was given.", {
      path: "cursor",
    });
  }
  if ((match[1] === "o") !== (order === "oldest"))
    return fail("bad_request", "`cursor` belongs to a list of the other `order`.", { path: "cursor" });
  return ok(Number(match[2]));
}
