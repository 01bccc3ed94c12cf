/** Opening and closing sockets, as both kinds of object do it. */

import { MAX_SOCKETS, RETRY_AFTER_MS } from "../limits.ts";
import { CALLER_HEADER, decodeCaller, SUBPROTOCOL } from "../protocol/caller.ts";
import { COMMON_HEADERS } from "../protocol/headers.ts";
import { problemOf } from "../protocol/problem.ts";
import { type Failure, fail } from "../task/result.ts";
import { Connection } from "./connection.ts";

export type AcceptingHost = Pick<DurableObjectState, "acceptWebSocket">;

/**
 * Answers an upgrade that the Worker has checked.
 *
 * @param count how many sockets there are already
 * @param accepted is told of the socket
 */
export function acceptUpgrade(
  host: AcceptingHost,
  request: Request,
  count: number,
  accepted: (connection: Connection) => void = () => undefined,
): Response {
  const caller = decodeCaller(request.headers.get(CALLER_HEADER) ?? "");
  if (!caller.ok || request.headers.get("upgrade")?.toLowerCase() !== "websocket") return refuseUpgrade(NO_UPGRADE);
  if (count >= MAX_SOCKETS) return refuseUpgrade(FULL);
  const { 0: client, 1: server } = new WebSocketPair();
  const connection = new Connection(server, caller.value, Date.now());
  if (!connection.fits(connection.memory)) return refuseUpgrade(LONG_CLAIM);
  host.acceptWebSocket(server);
  connection.save();
  accepted(connection);
  return new Response(null, { status: 101, webSocket: client, headers: { "sec-websocket-protocol": SUBPROTOCOL } });
}

/** The answer to whatever is no upgrade that the Worker passed on. */
function refuseUpgrade(failure: Failure): Response {
  const { status, headers, body } = problemOf(failure);
  return new Response(JSON.stringify(body), { status, headers: { ...COMMON_HEADERS, ...headers } });
}

const NO_UPGRADE = fail("bad_request", "Open a WebSocket here, through the router.").error;
/** A socket keeps who opened it, in its attachment. */
const LONG_CLAIM = fail(
  "bad_request",
  "The token names more queues than a socket can remember: mint one for fewer, or for a prefix.",
).error;
const FULL = fail("overloaded", `There are ${MAX_SOCKETS} sockets here, which is the most: try again later.`, {
  retryAfterMs: RETRY_AFTER_MS,
}).error;

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
