/** One socket after another to the same place: opened, watched for life, opened again. */

import { CONNECT_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from "../limits.ts";
import type { ServerFrame } from "../protocol/types.ts";
import { type Closing, NO_CLOSE } from "./closing.ts";
import { errorText, PriniaError } from "../task/errors.ts";
import { Heartbeat } from "./heartbeat.ts";
import { pauseMs } from "./pause.ts";
import { Timer } from "../backend/timer.ts";
import type { Transport } from "./transport.ts";

/** Who uses the link. */
export interface LinkUser {
  /** A socket is open; nothing was sent on it yet. */
  opened(): void;
  frame(frame: ServerFrame): void;
  /** The server answered a ping. */
  alive(): void;
  /** The socket is gone. The link opens another one, unless `end` is called. */
  gone(closing: Closing): void;
  /** The next socket is tried after so long. */
  pausing(ms: number): void;
  /** The server will not have us, and the link has ended. */
  refused(error: PriniaError): void;
}

export class Link {
  readonly #transport: Transport;
  readonly #path: string;
  readonly #user: LinkUser;
  readonly #heartbeat: Heartbeat;
  #socket: WebSocket | undefined;
  /** For the answer to an opening, or for the next one. */
  readonly #timer = new Timer();
  #failures = 0;
  /** Counts openings: one that was overtaken while it got its token stops. */
  #turn = 0;
  #ended = false;

  /** @param path of the socket's route */
  constructor(transport: Transport, path: string, user: LinkUser) {
    this.#transport = transport;
    this.#path = path;
    this.#user = user;
    this.#heartbeat = new Heartbeat(
      () => this.#socket?.send("ping"),
      () => this.reset("no answer to a ping"),
    );
  }

  /** Opens a socket at once, if none is there or on its way. */
  open(): void {
    if (this.#socket || this.#ended) return;
    this.#timer.clear();
    this.#connect(++this.#turn).catch((error) => this.#refuse(asError(error)));
  }

  /** Sends a frame, if a socket is open. */
  send(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  /** The server has taken us: pauses begin anew with the shortest. */
  established(orphanAfterMs: number): void {
    this.#failures = 0;
    this.#timer.clear();
    this.#heartbeat.start(orphanAfterMs);
  }

  /** Gives up the present socket, without waiting for its close: a dead peer would never send one. */
  reset(reason: string): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#closed(socket, { code: NO_CLOSE, reason });
    socket.close();
  }

  /** Gives up for good. */
  end(): void {
    this.#ended = true;
    this.#timer.clear();
    this.#heartbeat.stop();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(1000);
  }

  async #connect(turn: number): Promise<void> {
    const token = await this.#transport.token().catch((error: unknown) => ({ error }));
    if (this.#ended || turn !== this.#turn) return;
    if (typeof token === "object") return this.#gone({ code: NO_CLOSE, reason: `no token: ${errorText(token.error)}` });
    const url = this.#transport.url.replace(/^http/, "ws") + this.#path;
    const socket = new WebSocket(url, token === undefined ? ["prinia.v1"] : ["prinia.v1", `bearer.${token}`]);
    this.#socket = socket;
    this.#timer.set(CONNECT_TIMEOUT_MS, () => this.reset("no answer to the opening"));
    let opened = false;
    socket.addEventListener("open", () => {
      opened = true;
      if (this.#socket === socket) this.#user.opened();
    });
    socket.addEventListener("message", ({ data }) => {
      if (this.#socket === socket) this.#received(data);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (this.#socket !== socket) return;
      if (opened) this.#closed(socket, { code, reason });
      else this.#unopened(socket).catch((error) => this.#refuse(asError(error)));
    });
  }

  #received(data: unknown): void {
    this.#heartbeat.heard();
    if (data === "pong") this.#user.alive();
    else if (typeof data === "string") this.#user.frame(JSON.parse(data) as ServerFrame);
  }

  /** A refused upgrade looks like a broken connection here; a plain request to the same route tells which it was. */
  async #unopened(socket: WebSocket): Promise<void> {
    const read = () => Promise.resolve();
    const answer = await this.#transport.once("GET", this.#path, {}, REQUEST_TIMEOUT_MS, read).catch(asError);
    if (this.#socket !== socket) return;
    if (answer && REFUSALS.has(answer.code)) this.#refuse(answer);
    else this.#closed(socket, { code: NO_CLOSE, reason: "the socket could not be opened" });
  }

  #closed(socket: WebSocket, closing: Closing): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#heartbeat.stop();
    this.#gone(closing);
  }

  #gone(closing: Closing): void {
    this.#timer.clear();
    this.#user.gone(closing);
    if (this.#ended) return;
    const ms = pauseMs(++this.#failures);
    this.#timer.set(ms, () => this.open());
    this.#user.pausing(ms);
  }

  #refuse(error: PriniaError): void {
    if (this.#ended) return;
    this.end();
    this.#user.refused(error);
  }
}

const REFUSALS: ReadonlySet<string> = new Set(["unauthorized", "forbidden", "not_found"]);

/** What was thrown before anything was sent is the caller's: a token that cannot be had, an address that is none. */
function asError(error: unknown): PriniaError {
  if (error instanceof PriniaError) return error;
  const detail = `The socket cannot be opened: ${errorText(error)}`;
  return new PriniaError({ code: "bad_request", detail }, { cause: error });
}
