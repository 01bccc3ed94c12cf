/** All sockets of the object: who consumes, who waits for what, who was heard when. */

import type { Presence } from "../store/tx.ts";
import { Connection, type ObjectSocket, type Wait } from "./connection.ts";

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
  readonly #consumers = new Set<Connection>();
  /** Consumers that have yet to be looked at: new ones, and those with leases to be sent again. */
  readonly pending = new Set<Connection>();
  /** Those who watch. */
  readonly watching = new Set<Connection>();
  #turn = 0;

  constructor(host: SocketHost) {
    this.#host = host;
    for (const socket of host.getWebSockets()) {
      const connection = Connection.restore(socket);
      if (connection?.isOpen) this.add(connection);
    }
  }

  add(connection: Connection): void {
    this.#all.set(connection.socket, connection);
    if (connection.consumer) this.#join(connection, connection.consumer.session);
    for (const wait of connection.waits) this.index(connection, wait);
    if (connection.watches.length > 0) this.watching.add(connection);
  }

  of(socket: ObjectSocket): Connection | undefined {
    return this.#all.get(socket);
  }

  get all(): Iterable<Connection> {
    return this.#all.values();
  }

  remove(connection: Connection): void {
    this.#all.delete(connection.socket);
    this.#consumers.delete(connection);
    this.pending.delete(connection);
    this.watching.delete(connection);
    const { consumer } = connection;
    if (consumer) {
      this.hear(consumer.session, this.heardOn(connection));
      const peers = this.#bySession.get(consumer.session);
      peers?.delete(connection);
      if (peers?.size === 0) this.#bySession.delete(consumer.session);
    }
    for (const wait of connection.waits) this.forget(connection, wait);
  }

  /** Makes a socket a consumer. */
  consume(connection: Connection, consumer: NonNullable<Connection["consumer"]>): void {
    connection.consumer = consumer;
    this.#join(connection, consumer.session);
  }

  #join(connection: Connection, session: number): void {
    this.#consumers.add(connection);
    this.pending.add(connection);
    const peers = this.#bySession.get(session);
    if (peers) peers.add(connection);
    else this.#bySession.set(session, new Set([connection]));
  }

  /** The sockets and polls of a session. */
  ofSession(session: number): readonly Connection[] {
    return [...(this.#bySession.get(session) ?? [])];
  }

  /** Consumers, each time beginning with another: so all get their turn. */
  consumers(): Connection[] {
    const all = [...this.#consumers].filter((one) => one.isOpen);
    if (all.length < 2) return all;
    this.#turn = (this.#turn + 1) % all.length;
    return [...all.slice(this.#turn), ...all.slice(0, this.#turn)];
  }

  /**
   * Whether somebody waits for tasks.
   *
   * @param creditOf credit as it will be, inside a transaction
   */
  anyRoom(now: number, creditOf = (one: Connection): number => one.credit): boolean {
    for (const one of this.#consumers) if (creditOf(one) > 0 && one.isOpen && !one.isExpired(now)) return true;
    return false;
  }

  get hasConsumers(): boolean {
    return this.#consumers.size > 0;
  }

  index(connection: Connection, wait: Wait): void {
    for (const seq of wait.seqs) {
      const waiting = this.#waiting.get(seq);
      if (waiting) waiting.add(connection);
      else this.#waiting.set(seq, new Set([connection]));
    }
  }

  forget(connection: Connection, wait: Wait): void {
    for (const seq of wait.seqs) this.#forgetSeq(connection, seq);
  }

  #forgetSeq(connection: Connection, seq: number): void {
    const waiting = this.#waiting.get(seq);
    waiting?.delete(connection);
    if (waiting?.size === 0) this.#waiting.delete(seq);
  }

  /** Who waits for a task. */
  waitingFor(seq: number): readonly Connection[] {
    return [...(this.#waiting.get(seq) ?? [])];
  }

  /** The task was told to all who waited. */
  told(seq: number): void {
    for (const connection of this.#waiting.get(seq) ?? []) {
      for (const wait of connection.waits) wait.seqs.delete(seq);
      connection.waits = connection.waits.filter((wait) => wait.seqs.size > 0);
    }
    this.#waiting.delete(seq);
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
    let heard = this.#heard.get(session) ?? null;
    for (const connection of this.#bySession.get(session) ?? []) {
      const at = connection.consumer?.poll && connection.isOpen ? now : this.heardOn(connection);
      if (heard === null || at > heard) heard = at;
    }
    return heard;
  }

  /** Everything is forgotten: the queue was dropped. */
  clear(): void {
    this.#all.clear();
    this.#bySession.clear();
    this.#waiting.clear();
    this.#heard.clear();
    this.#consumers.clear();
    this.pending.clear();
    this.watching.clear();
  }
}
