/** One socket of a queue's object: what is known of it, kept in its attachment so that it outlives hibernation. */

import { MAX_ATTACHMENT_BYTES } from "../limits.ts";
import type { Caller, WatchTopic } from "../protocol/types.ts";
import { fail } from "../task/result.ts";
import { exceedsBytes } from "../task/text.ts";
import { packSeqs, unpackSeqs } from "./pack.ts";
import { errorText } from "./refusal.ts";

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
interface Consumer {
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
  readonly seqs: ReadonlySet<number>;
}

export interface Watch {
  readonly ref: string;
  readonly topics: readonly WatchTopic[];
}

/** What a socket remembers. Never changed in place: a transaction has the next one ready, and it is taken over at its end. */
export interface Memory {
  readonly consumer: Consumer | null;
  /** How many more tasks it may be sent. */
  readonly credit: number;
  /** Leases of its session that it does not know of: they are sent again as credit allows. */
  readonly owed: readonly number[];
  readonly waits: readonly Wait[];
  readonly watches: readonly Watch[];
  /** Whether it is told of every change. */
  readonly follows: boolean;
  /** When it was last given tasks though it was silent, ms; it is not given more until it is heard. */
  readonly askedAt: number;
}

const FRESH: Memory = { consumer: null, credit: 0, owed: [], waits: [], watches: [], follows: false, askedAt: 0 };

/** The attachment. Short names, since 16 KiB hold up to 1,500 waited ids. */
interface Packed {
  readonly c: Caller;
  readonly w: Consumer | null;
  readonly n: number;
  readonly o: string;
  readonly q: readonly (readonly [ref: string, progress: 0 | 1, seqs: string])[];
  readonly t: readonly Watch[];
  readonly f?: true;
  readonly a: number;
  readonly h: number;
}

export class Connection {
  readonly socket: ObjectSocket;
  readonly caller: Caller;
  memory: Memory = FRESH;
  /** The last frame, ms. Pings leave no trace here: the runtime keeps their time. */
  heardAt: number;

  constructor(socket: ObjectSocket, caller: Caller, heardAt: number) {
    this.socket = socket;
    this.caller = caller;
    this.heardAt = heardAt;
  }

  /** Takes up a socket again after hibernation. */
  static restore(socket: ObjectSocket): Connection | null {
    const attachment = socket.deserializeAttachment();
    if (!(attachment instanceof Uint8Array)) return null;
    const packed = JSON.parse(new TextDecoder().decode(attachment)) as Packed;
    const connection = new Connection(socket, packed.c, packed.h);
    connection.memory = {
      consumer: packed.w,
      credit: packed.n,
      owed: unpackSeqs(packed.o),
      waits: packed.q.map(([ref, progress, seqs]) => ({
        ref,
        progress: progress === 1,
        seqs: new Set(unpackSeqs(seqs)),
      })),
      watches: packed.t,
      follows: packed.f === true,
      askedAt: packed.a,
    };
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
    // Bytes, since their size is certain: a string costs one or two a character, as the engine happens to hold it.
    if (this.isOpen) this.socket.serializeAttachment(new TextEncoder().encode(this.#packed(this.memory)));
  }

  /** Whether the attachment can hold so much. */
  fits(memory: Memory): boolean {
    return !exceedsBytes(this.#packed(memory), MAX_ATTACHMENT_BYTES - ATTACHMENT_SLACK);
  }

  #packed({ consumer, credit, owed, waits, watches, follows, askedAt }: Memory): string {
    const packed: Packed = {
      c: this.caller,
      w: consumer,
      n: credit,
      o: packSeqs(owed),
      q: waits.map(({ ref, progress, seqs }) => [ref, progress ? 1 : 0, packSeqs(seqs)] as const),
      t: watches,
      ...(follows ? { f: true } : {}),
      a: askedAt,
      h: this.heardAt,
    };
    return JSON.stringify(packed);
  }

  /** Sends a frame; once the token has ended, nothing is sent but that. */
  send(text: string, now: number): void {
    if (this.isExpired(now)) this.expel();
    else this.#send(text);
  }

  /**
   * The token has ended: says so, and closes.
   *
   * @param ref of the frame that this answers
   */
  expel(ref?: string): void {
    this.#send(errorText(fail("unauthorized", "The token has ended: open a new socket with a new one.").error, ref));
    this.close(1008, "the token has ended");
  }

  #send(text: string): void {
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

/** Room for the serializer's own bytes, and for credit, times and a registration that come later. */
const ATTACHMENT_SLACK = 2048;
