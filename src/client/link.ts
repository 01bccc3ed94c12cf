/** One socket after another to the same place: opened, watched for life, opened again. */

import { pauseMs } from "../backend/pause.ts";
import { Timer } from "../backend/timer.ts";
import { CONNECT_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from "../limits.ts";
import type { ServerFrame } from "../protocol/types.ts";
import { errorText, PriniaError } from "../task/errors.ts";
import { type Closing, NO_CLOSE } from "./closing.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Partitions } from "./partitions.ts";
import type { Pulse } from "./pulse.ts";
import type { Requests } from "./requests.ts";

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
  pausing(retryMs: number, closing: Closing): void;
  /** The server will not have us, and the link has ended. */
  refused(error: PriniaError): void;
}

/** What a link needs to know. */
export interface LinkPlace {
  readonly requests: Requests;
  readonly pulse: Pulse;
  readonly partitions: Partitions;
  /** Of the socket's route. It changes when the queue turns out to have partitions. */
  readonly path: string;
}

export class Link {
  readonly #place: LinkPlace;
  readonly #user: LinkUser;
  readonly #heartbeat: Heartbeat;
  #socket: WebSocket | undefined;
  /** For the answer to an opening, or for the next one. */
  readonly #timer = new Timer();
  #failures = 0;
  /** Counts openings: one that was overtaken while it got its token stops. */
  #turn = 0;
  #ended = false;

  constructor(place: LinkPlace, user: LinkUser) {
    this.#place = place;
    this.#user = user;
    this.#heartbeat = new Heartbeat(
      place.pulse,
      () => this.send("ping"),
      () => this.reset("no answer to a ping"),
    );
  }

  /** Opens a socket at once, if none is there or on its way. */
  open(): void {
    if (this.#socket || this.#ended) return;
    this.#timer.clear();
    this.#connect(++this.#turn).catch((error) => this.#refuse(asError(error)));
  }

  /** @returns false when no socket is open */
  send(text: string): boolean {
    if (this.#socket?.readyState !== OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  /** The server has taken us: pauses begin anew with the shortest. */
  established(): void {
    this.#failures = 0;
  }

  /** Pings as often as a worker must be heard. */
  beat(orphanAfterMs: number): void {
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
    const { requests } = this.#place;
    const token = await requests.token().catch((error: unknown) => ({ error }));
    if (this.#ended || turn !== this.#turn) return;
    if (typeof token === "object") return this.#gone({ code: NO_CLOSE, reason: `no token: ${errorText(token.error)}` });
    const url = requests.url.replace(/^http/, "ws") + this.#place.path;
    const socket = new WebSocket(url, token === undefined ? ["prinia.v1"] : ["prinia.v1", `bearer.${token}`]);
    this.#socket = socket;
    this.#timer.set(CONNECT_TIMEOUT_MS, () => this.reset("no answer to the opening"));
    let opened = false;
    socket.addEventListener("open", () => {
      opened = true;
      if (this.#socket === socket) this.#opened();
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

  #opened(): void {
    this.#timer.clear();
    this.#heartbeat.start();
    this.#user.opened();
  }

  #received(data: unknown): void {
    this.#heartbeat.heard();
    const frame = data === "pong" ? data : frameOf(data);
    if (frame === "pong") this.#user.alive();
    else if (frame) this.#user.frame(frame);
    else this.reset("what came is no frame");
  }

  /** A refused upgrade looks like a broken connection here; a plain request to the same route tells which it was. */
  async #unopened(socket: WebSocket): Promise<void> {
    const { requests, partitions, path } = this.#place;
    const read = () => Promise.resolve();
    const answer = await requests.once("GET", path, {}, REQUEST_TIMEOUT_MS, read).catch(asError);
    if (this.#socket !== socket) return;
    const isCounted = partitions.learn(answer);
    if (isCounted && path !== this.#place.path) {
      // The queue has partitions, and now one is named.
      this.#socket = undefined;
      this.open();
    } else if (answer && (isCounted || REFUSALS.has(answer.code))) this.#refuse(answer);
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
    // Whoever was told may have given up, or have opened the next one already.
    if (this.#ended || this.#socket) return;
    const ms = pauseMs(++this.#failures);
    this.#timer.set(ms, () => this.open());
    this.#user.pausing(ms, closing);
  }

  #refuse(error: PriniaError): void {
    if (this.#ended) return;
    this.end();
    this.#user.refused(error);
  }
}

/** `WebSocket.OPEN`, which is the same everywhere. */
const OPEN = 1;

const REFUSALS: ReadonlySet<string> = new Set(["unauthorized", "forbidden", "not_found"]);

/** A frame of the server; nothing when it is none, as what a proxy says. */
function frameOf(data: unknown): ServerFrame | undefined {
  try {
    return JSON.parse(data as string);
  } catch {
    return undefined;
  }
}

/** What was thrown before anything was sent is the caller's: a token that cannot be had, an address that is none. */
function asError(error: unknown): PriniaError {
  if (error instanceof PriniaError) return error;
  const detail = `The socket cannot be opened: ${errorText(error)}`;
  return new PriniaError({ code: "bad_request", detail }, { cause: error });
}
