/** One socket that watches, and comes back by itself when it breaks. */

import { effect, signal } from "@preact/signals";
import { get } from "./api.ts";
import { claimsOf, isOpen, logOut, token } from "./token.ts";
import type { LiveEvent, Topic } from "./types.ts";

const SUBPROTOCOL = "prinia.v1";
/** Proxies close sockets that are silent. */
const PING_MS = 25_000;
/** A socket on which nothing comes for so long after a ping is dead, whatever the browser thinks. */
const PONG_MS = 10_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
/** The server refuses sockets whose token lasts longer. */
const MAX_TOKEN_MS = 86_400_000;
/** The token has ended. */
const TOKEN_ENDED = 1008;
const REF = "board";

interface Watcher {
  readonly topics: readonly Topic[];
  readonly onEvent: (event: LiveEvent) => void;
}

/** The wait before a retry: doubled each time, of which the half is chance, so that not all come back at once. */
export const retryMs = (failures: number, random: number): number =>
  Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures) * (0.5 + random / 2);

export class Line {
  readonly address: string;
  readonly state = signal<"open" | "connecting" | "closed">("closed");
  /** Why it is not tried any more, in words. */
  readonly refusal = signal<string | null>(null);
  readonly #partition: number;
  readonly #watchers = new Set<Watcher>();
  readonly #endToken: () => void;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #wasOpen = false;

  constructor(address: string, partition: number) {
    this.address = address;
    this.#partition = partition;
    // A new token opens a new socket; without one none is opened, except on an open server.
    this.#endToken = effect(() => this.#restart(token.value !== null || isOpen.value === true));
    globalThis.addEventListener?.("online", this.#now);
  }

  get isIdle(): boolean {
    return this.#watchers.size === 0;
  }

  join(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    // Also when its topics are watched already: it is to hear how things stand.
    this.#ask();
    return () => this.#watchers.delete(watcher);
  }

  end(): void {
    globalThis.removeEventListener?.("online", this.#now);
    this.#endToken();
    this.#close();
    this.state.value = "closed";
  }

  #restart(allowed: boolean): void {
    this.#close();
    this.#failures = 0;
    this.refusal.value = null;
    if (allowed) this.#open();
    else this.state.value = "closed";
  }

  /** The network is back: that is worth a try at once. */
  readonly #now = (): void => {
    if (this.state.peek() !== "connecting" || this.#socket !== undefined) return;
    clearTimeout(this.#timer);
    this.#open();
  };

  #open(): void {
    const bearer = token.peek();
    const end = bearer === null ? undefined : claimsOf(bearer)?.exp;
    if (end !== undefined && end - Date.now() > MAX_TOKEN_MS) {
      this.#refuse("This page does not follow changes: a socket takes no token that lasts longer than 24 hours.");
      return;
    }
    this.state.value = "connecting";
    const url = new URL(this.address, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url.href, bearer === null ? [SUBPROTOCOL] : [SUBPROTOCOL, `bearer.${bearer}`]);
    this.#socket = socket;
    const mine = (handle: (event: never) => void) => (event: Event) => {
      if (this.#socket === socket) handle(event as never);
    };
    socket.addEventListener(
      "open",
      mine(() => this.#opened()),
    );
    socket.addEventListener(
      "message",
      mine(({ data }: MessageEvent<string>) => this.#heard(data)),
    );
    socket.addEventListener(
      "close",
      mine(({ code }: CloseEvent) => this.#closed(code)),
    );
    this.#wait(PONG_MS, () => this.#closed(0));
  }

  #opened(): void {
    this.state.value = "open";
    this.#failures = 0;
    this.#ask();
    this.#rest();
    if (this.#wasOpen) this.#tell({ topic: "reconnected", partition: this.#partition });
    this.#wasOpen = true;
  }

  /** Says what all that watch want to hear; in place of what was said before. */
  #ask(): void {
    if (this.state.peek() !== "open") return;
    const topics = [...new Set([...this.#watchers].flatMap((watcher) => watcher.topics))];
    if (topics.length > 0) this.#socket?.send(JSON.stringify({ type: "watch", ref: REF, topics }));
  }

  #heard(data: string): void {
    this.#rest();
    if (data === "pong") return;
    const frame = JSON.parse(data);
    if (frame.type === "event") this.#tell({ ...frame, partition: this.#partition });
    else if (frame.type === "error" && frame.code !== "unauthorized") this.#refuse(frame.detail);
  }

  #tell(event: LiveEvent): void {
    for (const { topics, onEvent } of [...this.#watchers]) {
      if (event.topic === "reconnected" || topics.includes(event.topic)) onEvent(event);
    }
  }

  /** Something was heard: the next ping is due in its time, and must be answered. */
  #rest(): void {
    this.#wait(PING_MS, () => {
      this.#socket?.send("ping");
      this.#wait(PONG_MS, () => this.#closed(0));
    });
  }

  #closed(code: number): void {
    const neverOpened = this.state.peek() !== "open";
    this.#close();
    if (code === TOKEN_ENDED) {
      this.state.value = "closed";
      logOut("Your token has ended. Log in with a new one.");
      return;
    }
    this.state.value = "connecting";
    // A socket does not tell why it was not let in. A request does: if it is for the token, it logs out.
    if (neverOpened) get("/v1/queues?limit=1").catch(() => {});
    this.#wait(retryMs(this.#failures, Math.random()), () => this.#open());
    this.#failures += 1;
  }

  #refuse(why: string): void {
    this.#close();
    this.refusal.value = why;
    this.state.value = "closed";
  }

  #close(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  #wait(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }
}
