/** Sockets of a queue: taken in, read, closed. */

import { CALLER_HEADER, decodeCaller } from "../protocol/caller.ts";
import { decodeFrame, decodeInternalFrame, FRAME_SCOPE, type FrameFailure } from "../protocol/frames.ts";
import type { Caller, ClientFrame, InternalFrame } from "../protocol/types.ts";
import { lastHeard, missing } from "../store/liveness.ts";
import { holdsLeases, sessionById } from "../store/sessions.ts";
import { fail, type Result } from "../task/result.ts";
import { Connection } from "./connection.ts";
import type { Desk } from "./desk.ts";
import { perform } from "./frames.ts";
import { sendError } from "./refusal.ts";
import type { Step } from "./step.ts";
import { closeReply, refuseUpgrade, SUBPROTOCOL } from "./upgrade.ts";

type AcceptingHost = Pick<DurableObjectState, "acceptWebSocket">;

export class Sockets {
  readonly #desk: Desk;
  readonly #host: AcceptingHost;

  constructor(desk: Desk, host: AcceptingHost) {
    this.#desk = desk;
    this.#host = host;
  }

  /** Answers an upgrade that the Worker has checked. */
  accept(request: Request): Response {
    const caller = decodeCaller(request.headers.get(CALLER_HEADER) ?? "");
    if (!caller.ok || request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return refuseUpgrade();
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.#host.acceptWebSocket(server);
    const connection = new Connection(server, caller.value, Date.now());
    connection.save();
    this.#desk.connections.add(connection);
    return new Response(null, { status: 101, webSocket: client, headers: { "sec-websocket-protocol": SUBPROTOCOL } });
  }

  /** Takes in a frame. Answers in the order of arrival: refusals go the same way as all else. */
  message(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const connection = this.#desk.connections.of(socket);
    if (!connection) return Promise.resolve();
    connection.heardAt = Date.now();
    const frame = read(connection.caller, message);
    return this.#desk.partition.group.do((step) => this.#perform(step, connection, frame));
  }

  #perform(step: Step, connection: Connection, frame: Result<ClientFrame | InternalFrame, FrameFailure>): void {
    if (connection.isExpired(step.tx.now)) {
      sendError(step, connection, fail("unauthorized", "The token has ended: open a new socket with a new one.").error);
      step.close(connection, 1008, "the token has ended");
    } else if (frame.ok) perform(this.#desk, step, connection, frame.value);
    else sendError(step, connection, frame.error, frame.error.ref);
    // Its time of hearing is kept with all else that the socket remembers.
    if (connection.consumer) step.changed.add(connection);
  }

  /** A socket that closed is no dead worker: its silence counts from the last sign of life, whoever looks later. */
  closed(socket: WebSocket, code: number): Promise<void> {
    closeReply(socket, code);
    const connection = this.#desk.connections.of(socket);
    if (!connection) return Promise.resolve();
    this.#desk.connections.remove(connection);
    const { consumer } = connection;
    if (!consumer || !this.#desk.partition.opened) return Promise.resolve();
    return this.#desk.partition.group.do((step) => this.#leave(step, consumer.session));
  }

  #leave(step: Step, id: number): void {
    const stillThere = this.#desk.connections.ofSession(id).some((one) => one.isOpen);
    const session = sessionById(step.tx, id);
    if (stillThere || !session || !holdsLeases(step.tx, id)) return;
    const heard = lastHeard(step.tx, session);
    missing(step.tx, id, heard, heard);
    step.tx.journal.workersChanged = true;
    step.tx.journal.wake(heard + step.tx.config.orphanAfterMs);
  }
}

function read(caller: Caller, message: string | ArrayBuffer): Result<ClientFrame | InternalFrame, FrameFailure> {
  if (typeof message !== "string")
    return fail("bad_request", "Frames are JSON text; this one is binary.", { path: "body" });
  if (caller.internal) return decodeInternalFrame(message);
  const frame = decodeFrame(message);
  if (!frame.ok) return frame;
  const scope = FRAME_SCOPE[frame.value.type];
  if (caller.scopes.includes(scope) || caller.scopes.includes("admin")) return frame;
  const refused = fail("forbidden", `A \`${frame.value.type}\` frame needs the scope \`${scope}\`.`);
  return "ref" in frame.value ? { ok: false, error: { ...refused.error, ref: frame.value.ref } } : refused;
}
