/** Cursors of the lists over all queues: opaque, and valid whatever a queue is called. */

import { fail, ok, type Result } from "../task/result.ts";
import { decodeUtf8 } from "./json.ts";

/** Where a list goes on: inside this queue, or after it when there is nothing `inside`. */
export interface Position {
  readonly queue: string;
  /** The cursor of the queue's own list. */
  readonly inside?: string;
}

/** The name in base64url, which has no dot, then the queue's own cursor as it is. */
export function encodeCursor({ queue, inside }: Position): string {
  const bytes = new TextEncoder().encode(queue);
  const name = btoa(String.fromCharCode(...bytes));
  const safe = name.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return inside === undefined ? safe : `${safe}.${inside}`;
}

/** @returns the position, or `bad_request` with the path `cursor` */
export function decodeCursor(cursor: string): Result<Position> {
  const dot = cursor.indexOf(".");
  const queue = fromBase64(dot < 0 ? cursor : cursor.slice(0, dot));
  if (queue === null) return badCursor();
  return ok(dot < 0 ? { queue } : { queue, inside: cursor.slice(dot + 1) });
}

export const badCursor = () =>
  fail("bad_request", "`cursor` is not one that this list gave: begin again without one.", { path: "cursor" });

function fromBase64(text: string): string | null {
  if (!/^[\w-]+$/.test(text)) return null;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (unit) => unit.charCodeAt(0));
    const decoded = decodeUtf8(bytes);
    return decoded.ok ? decoded.value : null;
  } catch {
    return null;
  }
}
