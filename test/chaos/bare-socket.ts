/** A worker that speaks the socket's protocol, without the SDK: it comes back with its session and what it holds. */

import { setTimeout as sleep } from "node:timers/promises";
import { type BareOptions, begun, eventOf, type WireTask } from "./bare.ts";
import type { WireEvent } from "./wiretap.ts";

export interface SocketHabits {
  readonly credit: number;
  readonly autoStart: boolean;
  /** Opens two sockets whenever it comes back, both of the one session. */
  readonly doubles?: boolean;
  /** Never pings, and now and then works for so long without a word, ms. */
  readonly silentMs?: number;
}

interface Frame {
  readonly type: string;
  readonly ref?: string;
  readonly session: string;
  readonly tasks?: readonly WireTask[];
}

/** Well below the second after which a worker is given up here. */
const PING_MS = 250;
/** A peer that swallows all is found out after so long. */
const PATIENCE_MS = 1_500;
const PAUSE_MS = 150;

export class BareSocketWorker {
  readonly #options: BareOptions;
  readonly #habits: SocketHabits;
  /** Leases that it works on, or whose end was not answered yet. */
  readonly #held = new Set<string>();
  /** Ends without an answer, by lease: sent again on the next socket. */
  readonly #unanswered = new Map<string, WireEvent>();
  /** The leases that a frame on its way ends. */
  readonly #refs = new Map<string, string>();
  #socket: WebSocket | undefined;
  #session: string | undefined;
  #count = 0;
  #heardAt = 0;
  #isStopped = false;
  readonly #timer: NodeJS.Timeout;

  constructor(options: BareOptions, habits: SocketHabits) {
    this.#options = options;
    this.#habits = habits;
    this.#open();
    this.#timer = setInterval(() => this.#beat(), PING_MS);
  }

  /** Says goodbye; what it holds is given back. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#say({ type: "goodbye" });
    await sleep(PAUSE_MS);
    this.#socket?.close();
  }

  #beat(): void {
    if (this.#habits.silentMs === undefined) this.#say("ping");
    const isLate = Date.now() - this.#heardAt > (this.#habits.silentMs ?? 0) + PATIENCE_MS;
    if (isLate && this.#habits.silentMs === undefined) this.#open();
  }

  #open(): void {
    const { url, queue } = this.#options;
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/queues/${queue}/socket`, ["prinia.v1"]);
    // All is said here from now on; what the one before still brings is heard all the same.
    this.#socket = socket;
    this.#heardAt = Date.now();
    socket.addEventListener("open", () => this.#register(socket));
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket) this.#heardAt = Date.now();
      if (data !== "pong") this.#heard(socket, JSON.parse(String(data)));
    });
    socket.addEventListener("close", ({ code }) => this.#closed(socket, code));
  }

  #register(socket: WebSocket): void {
    const { worker } = this.#options;
    const { credit, autoStart } = this.#habits;
    const session = this.#session === undefined ? {} : { session: this.#session };
    const held = [...this.#held];
    const room = Math.max(0, credit - held.length);
    socket.send(JSON.stringify({ type: "register", worker, ...session, credit: room, autoStart, held }));
  }

  #closed(socket: WebSocket, code: number): void {
    if (socket !== this.#socket) return;
    // Its name is another's now. A bare worker fights for it, as no client should.
    if (code === 4001) this.#session = undefined;
    this.#refs.clear();
    setTimeout(() => {
      if (socket !== this.#socket || this.#isStopped) return;
      this.#open();
      if (this.#habits.doubles) this.#open();
    }, PAUSE_MS + this.#options.dice.below(PAUSE_MS));
  }

  #say(frame: object | string): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  #heard(socket: WebSocket, { type, ref, session, tasks = [] }: Frame): void {
    if (type === "registered") {
      this.#session = session;
      if (socket === this.#socket) for (const event of this.#unanswered.values()) this.#report(event);
    }
    if (type === "tasks") for (const task of tasks) void this.#run(task);
    if (type === "answer") this.#settle(ref ?? "");
  }

  /** Taken or refused, it is over. */
  #settle(ref: string): void {
    const lease = this.#refs.get(ref);
    if (lease === undefined) return;
    this.#refs.delete(ref);
    this.#held.delete(lease);
    this.#unanswered.delete(lease);
  }

  async #run(task: WireTask): Promise<void> {
    const { id, lease } = task;
    // Sent again after a break that we survived: it runs already.
    if (this.#held.has(lease)) return;
    this.#held.add(lease);
    const { autoStart, silentMs } = this.#habits;
    if (!autoStart) this.#say({ type: "events", ref: this.#ref(), events: [{ type: "start", id, lease }] });
    await begun(this.#options, task);
    if (silentMs !== undefined && this.#options.dice.below(8) === 0) await sleep(silentMs);
    const event = eventOf(this.#options, task, autoStart);
    this.#unanswered.set(lease, event);
    this.#report(event);
  }

  #report(event: WireEvent): void {
    const ref = this.#ref();
    this.#refs.set(ref, event.lease);
    this.#say({ type: "events", ref, events: [event], credit: 1 });
  }

  #ref(): string {
    return `${++this.#count}`;
  }
}
