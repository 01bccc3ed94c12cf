/** One socket of a queue's object: what is known of it, kept in its attachment so that it outlives hibernation. */

import { MAX_ATTACHMENT_BYTES } from "../limits.ts";
import type { Caller, WatchTopic } from "../protocol/types.ts";
import { exceedsBytes } from "../task/text.ts";

/** What a hibernatable socket does for us. */
export interface ObjectSocket {
  readonly readyState: number;
  send(text: string): void;
  close(code: number, reason: string): void;
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): unknown;
}

/** `WebSocket.OPEN`, which is the same everywhere. */
const OPEN = 1;

/** A registered worker, or a long poll. */
export interface Consumer {
  readonly worker: string;
  /** The session's number. */
  readonly session: number;
  readonly autoStart: boolean;
  /** A poll is answered once, then its socket is closed. */
  readonly poll: boolean;
}

export interface Wait {
  readonly ref: string;
  readonly progress: boolean;
  /** Sequences not yet told. */
  readonly seqs: Set<number>;
}

export interface Watch {
  readonly ref: string;
  readonly topics: readonly WatchTopic[];
}

/** The attachment. Short names, since 16 KiB hold up to 1,500 waited ids. */
interface Packed {
  readonly c: Caller;
  readonly w: Consumer | null;
  readonly n: number;
  /** Leases to be sent again. */
  readonly o: string;
  readonly q: readonly (readonly [ref: string, progress: boolean, seqs: string])[];
  readonly t: readonly Watch[];
  readonly h: number;
}

export class Connection {
  readonly socket: ObjectSocket;
  readonly caller: Caller;
  consumer: Consumer | null = null;
  /** How many more tasks it may be sent. */
  credit = 0;
  /** Leases of its session that it does not know of: they are sent again as credit allows. */
  owed: number[] = [];
  waits: Wait[] = [];
  watches: Watch[] = [];
  /** The last frame, ms. Pings leave no trace here: the runtime keeps their time. */
  heardAt: number;

  constructor(socket: ObjectSocket, caller: Caller, heardAt: number) {
    this.socket = socket;
    this.caller = caller;
    this.heardAt = heardAt;
  }

  /** Takes up a socket again after hibernation. */
  static restore(socket: ObjectSocket): Connection | null {
    const packed = socket.deserializeAttachment() as Packed | null;
    if (!packed) return null;
    const connection = new Connection(socket, packed.c, packed.h);
    connection.consumer = packed.w;
    connection.credit = packed.n;
    connection.owed = unpack(packed.o);
    connection.waits = packed.q.map(([ref, progress, seqs]) => ({ ref, progress, seqs: new Set(unpack(seqs)) }));
    connection.watches = [...packed.t];
    return connection;
  }

  get isOpen(): boolean {
    return this.socket.readyState === OPEN;
  }

  isExpired(now: number): boolean {
    return this.caller.exp !== null && this.caller.exp <= now;
  }

  /** Writes the attachment. */
  save(): void {
    if (!this.isOpen) return;
    const packed: Packed = {
      c: this.caller,
      w: this.consumer,
      n: this.credit,
      o: pack(this.owed),
      q: this.waits.map((wait) => [wait.ref, wait.progress, pack(wait.seqs)] as const),
      t: this.watches,
      h: this.heardAt,
    };
    this.socket.serializeAttachment(packed);
  }

  /** Whether the attachment would still fit, with so much more in it. Strings are Latin-1 there or two bytes a character. */
  fits(more: { readonly waits?: readonly Wait[]; readonly watches?: readonly Watch[] }): boolean {
    const waits = [...this.waits, ...(more.waits ?? [])].map((wait) => [wait.ref, wait.progress, pack(wait.seqs)]);
    const text = JSON.stringify([this.caller, this.consumer, waits, this.watches, more.watches, pack(this.owed)]);
    return !exceedsBytes(text, MAX_ATTACHMENT_BYTES - ATTACHMENT_SLACK);
  }

  send(text: string): void {
    if (!this.isOpen) return;
    try {
      this.socket.send(text);
    } catch {
      // The peer is gone, and the close event on its way: what was sent stays leased until the session is silent or back.
    }
  }

  close(code: number, reason: string): void {
    try {
      this.socket.close(code, reason);
    } catch {
      // Closed already.
    }
  }
}

/** Room for the serializer's own bytes, and for credit and time. */
const ATTACHMENT_SLACK = 1024;

/** Numbers as differences in base 36: neighbours cost two or three characters each. */
function pack(seqs: Iterable<number>): string {
  let before = 0;
  return [...seqs]
    .sort((a, b) => a - b)
    .map((seq) => {
      const difference = seq - before;
      before = seq;
      return difference.toString(36);
    })
    .join(" ");
}

function unpack(text: string): number[] {
  if (text === "") return [];
  let before = 0;
  return text.split(" ").map((difference) => {
    before += Number.parseInt(difference, 36);
    return before;
  });
}
