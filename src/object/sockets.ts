/** Sockets of a queue: taken in, read, closed. */

import { hasScope } from "../protocol/caller.ts";
import { decodeFrame, decodeInternalFrame, FRAME_SCOPE, type FrameFailure } from "../protocol/frames.ts";
import type { Caller, ClientFrame, InternalFrame } from "../protocol/types.ts";
import { lastHeard, missing } from "../store/liveness.ts";
import { holdsLeases, sessionById } from "../store/sessions.ts";
import { fail, type Result } from "../task/result.ts";
import type { Connection } from "./connection.ts";
import type { Desk } from "./desk.ts";
import { perform } from "./frames.ts";
import { errorText } from "./refusal.ts";
import type { Step } from "./step.ts";
import { type AcceptingHost, acceptUpgrade, closeReply } from "./upgrade.ts";

export class Sockets {
  readonly #desk: Desk;
  readonly #host: AcceptingHost;

  constructor(desk: Desk, host: AcceptingHost) {
    this.#desk = desk;
    this.#host = host;
  }

  /** Answers an upgrade that the Worker has checked. */
  accept(request: Request): Response {
    return acceptUpgrade(this.#host, request, (connection) => this.#desk.connections.add(connection));
  }

  /** Takes in a frame. Answers in the order of arrival: refusals go the same way as all else. */
  message(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const connection = this.#desk.connections.of(socket);
    if (!connection) return Promise.resolve();
    connection.heardAt = Date.now();
    const frame = read(connection.caller, message);
    return this.#desk.partition.group
      .do((step) => this.#perform(step, connection, frame))
      .catch((error: unknown) => {
        // A bug. Whoever sent the frame waits for an answer all the same.
        console.error("a frame failed", error);
        const failure = fail("internal", "Something went wrong in this server; it has been logged.").error;
        connection.send(errorText(failure, refOf(frame)), Date.now());
      });
  }

  #perform(step: Step, connection: Connection, frame: Read): void {
    if (connection.isExpired(step.tx.now)) step.expel(connection, refOf(frame));
    else if (frame.ok) perform(this.#desk, step, connection, frame.value);
    else step.refuse(connection, frame.error, frame.error.ref);
    // Its time of hearing is kept with all else that the socket remembers.
    if (step.recall(connection).consumer) step.changed.add(connection);
  }

  /** A socket that closed is no dead worker: its silence counts from the last sign of life, whoever looks later. */
  closed(socket: WebSocket, code: number): Promise<void> {
    closeReply(socket, code);
    const connection = this.#desk.connections.of(socket);
    if (!connection) return Promise.resolve();
    const { consumer, credit } = connection.memory;
    // One that was answered was heard at that time: this is the Worker's doing, and the lease must not outlive its holder.
    if (consumer?.poll && credit > 0) connection.heardAt = Date.now();
    this.#desk.connections.remove(connection);
    // A poll that ends is no farewell: the next one follows, and its session has a row that is written now and then.
    if (!consumer || consumer.poll || !this.#desk.partition.opened) return Promise.resolve();
    return this.#desk.partition.group.do((step) => this.#leave(step, consumer.session));
  }

  #leave(step: Step, id: number): void {
    if (!this.#desk.partition.isUsed()) return;
    const stillThere = this.#desk.connections.ofSession(id).some((one) => one.isOpen);
    const session = sessionById(step.tx, id);
    if (stillThere || !session || !holdsLeases(step.tx, id)) return;
    const heard = lastHeard(step.tx, session);
    missing(step.tx, id, heard, heard);
    step.tx.journal.workersChanged = true;
    step.tx.journal.wake(heard + step.tx.config.orphanAfterMs);
  }
}

type Read = Result<ClientFrame | InternalFrame, FrameFailure>;

function refOf(frame: Read): string | undefined {
  if (!frame.ok) return frame.error.ref;
  return "ref" in frame.value ? frame.value.ref : undefined;
}

function read(caller: Caller, message: string | ArrayBuffer): Read {
  if (typeof message !== "string")
    return fail("bad_request", "Frames are JSON text; this one is binary.", { path: "body" });
  if (caller.internal) return decodeInternalFrame(message);
  const frame = decodeFrame(message);
  if (!frame.ok) return frame;
  const scope = FRAME_SCOPE[frame.value.type];
  if (hasScope(caller, [scope])) return frame;
  const refused = fail("forbidden", `A \`${frame.value.type}\` frame needs the scope \`${scope}\`.`);
  return "ref" in frame.value ? { ok: false, error: { ...refused.error, ref: frame.value.ref } } : refused;
}
