/** A step of a transaction: what one request did, and what follows from it once it stands. */

import { Journal } from "../store/journal.ts";
import type { Tx } from "../store/tx.ts";
import type { QueueConfig } from "../task/task.ts";
import type { Connection } from "./connection.ts";

/** Something that happens to a socket after the commit, in order. */
export type Post =
  | { readonly to: Connection; readonly text: string }
  | { readonly to: Connection; readonly close: number; readonly reason: string };

/**
 * The whole group is a step, and each of its requests a part of it, absorbed only if it succeeds. Nothing here touches
 * memory or sockets: that is for after the commit.
 */
export class Step {
  readonly tx: Tx;
  readonly #parent: Step | null;
  readonly posts: Post[] = [];
  /** Credit as it will be. */
  readonly #credits = new Map<Connection, number>();
  /** Sockets whose credit or deliveries changed: they may be told that nothing more is there. */
  readonly stirred = new Set<Connection>();
  /** Sockets whose attachment must be written. */
  readonly changed = new Set<Connection>();
  /** Changes of memory, in order. */
  readonly after: (() => void)[] = [];
  /** The settings as they will be, if they change. */
  config: QueueConfig | null = null;
  /** Whether the tally must be written though the journal is empty. */
  tallyChanged = false;
  /** Whether another look at what can be delivered must follow at once. */
  again = false;
  /** Sessions that ended in it. */
  readonly endedSessions = new Set<number>();

  constructor(tx: Omit<Tx, "journal">, parent: Step | null = null) {
    this.#parent = parent;
    const settings = () => this.config ?? parent?.tx.config ?? tx.config;
    this.tx = {
      ...tx,
      journal: new Journal(),
      get config() {
        return settings();
      },
    };
  }

  /** A part of this step, that sees what came before it. */
  part(): Step {
    return new Step(this.tx, this);
  }

  absorb(part: Step): void {
    this.tx.journal.absorb(part.tx.journal);
    for (const post of part.posts) this.posts.push(post);
    for (const [connection, credit] of part.#credits) this.#credits.set(connection, credit);
    for (const connection of part.stirred) this.stirred.add(connection);
    for (const connection of part.changed) this.changed.add(connection);
    for (const change of part.after) this.after.push(change);
    for (const session of part.endedSessions) this.endedSessions.add(session);
    this.config = part.config ?? this.config;
    this.tallyChanged ||= part.tallyChanged;
    this.again ||= part.again;
  }

  send(to: Connection, text: string): void {
    this.posts.push({ to, text });
  }

  close(to: Connection, code: number, reason: string): void {
    this.setCredit(to, 0);
    this.posts.push({ to, close: code, reason });
  }

  creditOf(connection: Connection): number {
    return this.#credits.get(connection) ?? this.#parent?.creditOf(connection) ?? connection.credit;
  }

  setCredit(connection: Connection, credit: number): void {
    this.#credits.set(connection, credit);
    this.changed.add(connection);
  }

  get credits(): ReadonlyMap<Connection, number> {
    return this.#credits;
  }
}
