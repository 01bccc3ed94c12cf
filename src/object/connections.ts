/** All sockets of the object: who consumes, who waits for what, who was heard when. */

import type { Presence, Tx } from "../store/tx.ts";
import { Connection, type Memory, type ObjectSocket } from "./connection.ts";
import { OpenLeases } from "./open-leases.ts";

/** What sockets need of an object's context. */
export interface SocketHost {
  getWebSockets(): ObjectSocket[];
  getWebSocketAutoResponseTimestamp(socket: ObjectSocket): Date | null;
}

export class Connections implements Presence {
  readonly #host: SocketHost;
  readonly #all = new Map<ObjectSocket, Connection>();
  readonly #bySession = new Map<number, Set<Connection>>();
  readonly #waiting = new Map<number, Set<Connection>>();
  /** Signs of life that left no trace in a socket: over HTTP, or of a socket that closed. */
  readonly #heard = new Map<number, number>();
  /** Those served least recently come first: so all get their turn. */
  readonly #consumers = new Set<Connection>();
  /** Consumers whose last delivery was cut short: they have yet to be told that nothing more is there. */
  readonly unsettled = new Set<Connection>();
  /** Those who watch. */
  readonly watching = new Set<Connection>();
  /** Those who follow every change. */
  readonly following = new Set<Connection>();
  /** Sessions of the object's own calls to a target: alive for as long as one is under way. */
  readonly busy = new Set<number>();
  /** What each session may still be given. */
  readonly leases = new OpenLeases();
  #awaited = 0;

  constructor(host: SocketHost) {
    this.#host = host;
    for (const socket of host.getWebSockets()) {
      const connection = Connection.restore(socket);
      if (connection?.isOpen) this.add(connection);
    }
  }

  add(connection: Connection): void {
    const { consumer, waits, watches, follows } = connection.memory;
    this.#all.set(connection.socket, connection);
    if (consumer) this.#join(connection, consumer.session);
    for (const wait of waits) for (const seq of wait.seqs) this.#await(connection, seq);
    if (watches.length > 0) this.watching.add(connection);
    if (follows) this.following.add(connection);
  }

  of(socket: ObjectSocket): Connection | undefined {
    return this.#all.get(socket);
  }

  get count(): number {
    return this.#all.size;
  }

  /** Ids that are waited for, by each socket. */
  get awaited(): number {
    return this.#awaited;
  }

  get all(): Iterable<Connection> {
    return this.#all.values();
  }

  remove(connection: Connection): void {
    const { consumer, waits } = connection.memory;
    if (consumer) {
      this.hear(consumer.session, this.heardOn(connection));
      this.#part(connection, consumer.session);
    }
    for (const wait of waits) for (const seq of wait.seqs) this.#unawait(connection, seq);
    this.watching.delete(connection);
    this.following.delete(connection);
    this.#all.delete(connection.socket);
  }

  /** Takes over what a socket remembers from now on. */
  update(connection: Connection, memory: Memory): void {
    const before = connection.memory;
    connection.memory = memory;
    if (!this.#all.has(connection.socket)) {
      // It closed while its frame waited to be written: the frame was a sign of life all the same.
      if (memory.consumer) this.hear(memory.consumer.session, connection.heardAt);
      return;
    }
    if (before.consumer !== memory.consumer) {
      if (before.consumer) this.#part(connection, before.consumer.session);
      if (memory.consumer) this.#join(connection, memory.consumer.session);
    }
    if (before.waits !== memory.waits) this.#awaitAnew(connection, before, memory);
    if (memory.watches.length > 0) this.watching.add(connection);
    if (memory.follows) this.following.add(connection);
  }

  #join(connection: Connection, session: number): void {
    this.#consumers.add(connection);
    const peers = this.#bySession.get(session);
    if (peers) peers.add(connection);
    else this.#bySession.set(session, new Set([connection]));
  }

  #part(connection: Connection, session: number): void {
    this.#consumers.delete(connection);
    this.unsettled.delete(connection);
    const peers = this.#bySession.get(session);
    peers?.delete(connection);
    if (peers?.size === 0) this.#bySession.delete(session);
  }

  /** The sockets and polls of a session. */
  ofSession(session: number): readonly Connection[] {
    return [...(this.#bySession.get(session) ?? [])];
  }

  /** Consumers, those first that were served least recently. */
  consumers(): Connection[] {
    return [...this.#consumers].filter((one) => one.isOpen);
  }

  /** It was its turn. Of the next step at the latest: fairness needs no transaction. */
  served(connection: Connection): void {
    if (this.#consumers.delete(connection)) this.#consumers.add(connection);
  }

  /** Whether somebody waits for tasks. */
  get anyRoom(): boolean {
    for (const one of this.#consumers) if (one.memory.credit > 0 && one.isOpen) return true;
    return false;
  }

  #awaitAnew(connection: Connection, before: Memory, memory: Memory): void {
    const awaited = new Set(memory.waits.flatMap((wait) => [...wait.seqs]));
    for (const wait of before.waits) for (const seq of wait.seqs) if (!awaited.has(seq)) this.#unawait(connection, seq);
    for (const seq of awaited) this.#await(connection, seq);
  }

  #await(connection: Connection, seq: number): void {
    const waiting = this.#waiting.get(seq) ?? new Set();
    if (waiting.has(connection)) return;
    this.#waiting.set(seq, waiting.add(connection));
    this.#awaited++;
  }

  #unawait(connection: Connection, seq: number): void {
    const waiting = this.#waiting.get(seq);
    if (waiting?.delete(connection)) this.#awaited--;
    if (waiting?.size === 0) this.#waiting.delete(seq);
  }

  /** Who waits for a task. */
  waitingFor(seq: number): readonly Connection[] {
    return [...(this.#waiting.get(seq) ?? [])];
  }

  /** A sign of life over HTTP. */
  hear(session: number, at: number): void {
    if (at > (this.#heard.get(session) ?? 0)) this.#heard.set(session, at);
  }

  /** The last frame or ping on a socket, ms. A ping wakes nobody: only the runtime knows its time. */
  heardOn(connection: Connection): number {
    const ping = this.#host.getWebSocketAutoResponseTimestamp(connection.socket);
    return Math.max(connection.heardAt, ping?.getTime() ?? 0);
  }

  heardAt(session: number, now: number): number | null {
    if (this.busy.has(session)) return now;
    let heard = this.#heard.get(session) ?? null;
    for (const connection of this.#bySession.get(session) ?? []) {
      const at = connection.memory.consumer?.poll && connection.isOpen ? now : this.heardOn(connection);
      if (heard === null || at > heard) heard = at;
    }
    return heard;
  }

  askedAt(session: number): number {
    return Math.max(0, ...this.ofSession(session).map((one) => one.memory.askedAt));
  }

  leaseRoom(tx: Pick<Tx, "sql" | "tally">, session: number): number {
    return this.leases.room(tx, session);
  }

  /** The queue was dropped, and numbers of sessions are given anew: what was heard of the old ones is of nobody now. */
  forgetSessions(): void {
    this.#heard.clear();
    this.busy.clear();
    this.leases.clear();
  }
}
