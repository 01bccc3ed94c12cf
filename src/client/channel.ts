/** A socket to a queue that several speak over: opened when one of them needs it, closed when nobody does. */

import { Timer } from "../backend/timer.ts";
import { SOCKET_IDLE_MS } from "../limits.ts";
import type { ServerFrame } from "../protocol/types.ts";
import { PriniaError } from "../task/errors.ts";
import { type Closing, farewell } from "./closing.ts";
import { Link, type LinkPlace, type LinkUser } from "./link.ts";

/** One who speaks over a channel. Every frame is shown to all: each knows its own. */
export interface Speaker {
  /** Whether the socket must not be closed now. */
  readonly isBusy: boolean;
  /** A socket is open. */
  opened(): void;
  frame(frame: ServerFrame): void;
  /** The socket is gone; another one follows while somebody is busy. */
  gone(closing: Closing): void;
  /** The server will have none of us. */
  refused(error: PriniaError): void;
  /** The server answered a ping. */
  alive?(): void;
  /** The next socket is tried after so long. */
  pausing?(retryMs: number, closing: Closing): void;
}

export class Channel implements LinkUser {
  readonly #place: LinkPlace;
  #speakers: readonly Speaker[] = [];
  #link: Link | undefined;
  /** Whether there is a socket on which things can be said: not after goodbye. */
  #isOpen = false;
  /** Something good was heard on the socket, so its token was good as well. */
  #heard = false;
  /** The last refusal on the socket: it tells more than the close that follows. */
  #refusal: PriniaError | undefined;
  readonly #idle = new Timer();
  /** How long the socket is kept for the next who needs it, ms. */
  #idleMs = SOCKET_IDLE_MS;

  constructor(place: LinkPlace) {
    this.#place = place;
  }

  /** @param first whether it speaks before the others on each socket */
  join(speaker: Speaker, first = false): void {
    this.#speakers = first ? [speaker, ...this.#speakers] : [...this.#speakers, speaker];
    if (this.#isOpen) speaker.opened();
  }

  /** Without it the socket is closed at once, unless others are busy. */
  leave(speaker: Speaker): void {
    this.#speakers = this.#speakers.filter((one) => one !== speaker);
    if (!this.#isBusy) this.#drop();
  }

  /** Somebody has become busy: there is to be a socket, when its time has come. */
  need(): void {
    this.#idle.clear();
    this.#idleMs = SOCKET_IDLE_MS;
    if (this.#link) return;
    this.#link = new Link(this.#place, this);
    this.#link.open();
  }

  /** As `need`, but now. */
  hurry(): void {
    this.need();
    this.#link?.open();
  }

  /** Somebody is not busy any more. */
  settle(): void {
    if (this.#isBusy || !this.#link) this.#idle.clear();
    else if (!this.#idle.isSet) this.#idle.set(this.#idleMs, () => this.#drop());
  }

  /** The socket is not kept: it closes as soon as nobody is busy. */
  rest(): void {
    this.#idleMs = 0;
    this.#idle.clear();
    this.settle();
  }

  /** @returns false when it must be said again on the next socket */
  send(text: string): boolean {
    return this.#isOpen && (this.#link?.send(text) ?? false);
  }

  /** As `send`, but the last word on this socket: the server closes it, and others speak on the next one. */
  sendLast(text: string): boolean {
    const isSent = this.send(text);
    this.#isOpen = false;
    return isSent;
  }

  /** Pings as often as a worker must be heard. */
  beat(orphanAfterMs: number): void {
    this.#link?.beat(orphanAfterMs);
  }

  /** Gives up the present socket. */
  reset(reason: string): void {
    this.#link?.reset(reason);
  }

  opened(): void {
    this.#isOpen = true;
    this.#heard = false;
    this.#refusal = undefined;
    for (const speaker of this.#speakers) speaker.opened();
    this.settle();
  }

  frame(frame: ServerFrame): void {
    if (frame.type === "error") this.#refusal = new PriniaError(frame);
    else this.#isHeard();
    for (const speaker of this.#speakers) speaker.frame(frame);
  }

  alive(): void {
    this.#heard = true;
    for (const speaker of this.#speakers) speaker.alive?.();
  }

  gone(closing: Closing): void {
    this.#isOpen = false;
    const renewable = this.#heard && this.#place.requests.renewable;
    this.#heard = false;
    const error = farewell(closing, this.#refusal, renewable);
    if (error) this.#end(error);
    else for (const speaker of this.#speakers) speaker.gone(closing);
    if (!this.#isBusy) this.#drop();
  }

  pausing(retryMs: number, closing: Closing): void {
    for (const speaker of this.#speakers) speaker.pausing?.(retryMs, closing);
  }

  refused(error: PriniaError): void {
    this.#end(error);
  }

  get #isBusy(): boolean {
    return this.#speakers.some((speaker) => speaker.isBusy);
  }

  #isHeard(): void {
    this.#heard = true;
    this.#link?.established();
  }

  #end(error: PriniaError): void {
    this.#drop();
    for (const speaker of this.#speakers) speaker.refused(error);
  }

  /** The next who needs a socket begins anew. */
  #drop(): void {
    this.#isOpen = false;
    this.#idle.clear();
    this.#link?.end();
    this.#link = undefined;
  }
}
