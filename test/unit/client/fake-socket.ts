/** A WebSocket that a test is the other end of. */

import { afterEach, beforeEach, vi } from "vitest";

export interface Frame {
  readonly type: string;
  readonly [field: string]: unknown;
}

export class FakeSocket extends EventTarget {
  static readonly OPEN = 1;
  static opened: FakeSocket[] = [];
  readonly url: string;
  readonly protocols: readonly string[];
  readyState = 0;
  /** Whether the client closed it. */
  left = false;
  #sent: Frame[] = [];

  constructor(url: string, protocols: readonly string[]) {
    super();
    this.url = url;
    this.protocols = protocols;
    FakeSocket.opened.push(this);
  }

  send(text: string): void {
    this.#sent.push(text === "ping" ? { type: "ping" } : JSON.parse(text));
  }

  close(): void {
    this.left = true;
    this.readyState = 2;
  }

  /** The frames that came since the last call. */
  sent(): Frame[] {
    return this.#sent.splice(0);
  }

  accept(): void {
    this.readyState = FakeSocket.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  say(frame: Frame | string): void {
    const data = typeof frame === "string" ? frame : JSON.stringify(frame);
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }

  drop(code = 1006, reason = ""): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }
}

/** Replaces the global WebSocket until the test is over. */
export function fakeSockets(): void {
  FakeSocket.opened = [];
  vi.stubGlobal("WebSocket", FakeSocket);
}

/** The socket that the client opened last. */
export function lastSocket(): FakeSocket {
  const socket = FakeSocket.opened.at(-1);
  if (!socket) throw new Error("no socket was opened");
  return socket;
}

export const socketCount = (): number => FakeSocket.opened.length;

/** Has all tests of the file run on fake sockets and fake timers. */
export function onFakeSockets(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    fakeSockets();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}
