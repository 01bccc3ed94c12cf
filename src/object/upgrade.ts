/** Opening and closing sockets, as both kinds of object do it. */

import { problemOf } from "../protocol/problem.ts";
import { fail } from "../task/result.ts";

/** The answer to whatever is no upgrade that the Worker passed on. */
export function refuseUpgrade(detail = "Open a WebSocket here, through the router."): Response {
  const { status, headers, body } = problemOf(fail("bad_request", detail).error);
  return new Response(JSON.stringify(body), { status, headers });
}

/** A socket keeps who opened it, in its attachment. */
export const LONG_CLAIM =
  "The token names more queues than a socket can remember: mint one for fewer, or for a prefix.";

/**
 * Closes back: the peer of a hibernatable socket waits for it for ever. 1005, 1006 and 1015 stand for the lack of a code,
 * and must not be sent.
 */
export function closeReply(socket: WebSocket, code: number): void {
  try {
    socket.close(code === 1005 || code === 1006 || code === 1015 ? 1000 : code, "");
  } catch {
    // Both sides closed at once.
  }
}
