/** A step of a transaction: what one request did, and what follows from it once it stands. */

import { Journal } from "../store/journal.ts";
import type { Tx } from "../store/tx.ts";
import type { Failure } from "../task/result.ts";
import type { QueueConfig } from "../task/task.ts";
import type { Connection, Memory } from "./connection.ts";
import { errorText } from "./refusal.ts";

/** The transaction as a step sees it. A class: a literal with a getter takes ten times as long to make, and to read. */
class StepTx implements Tx {
  readonly sql: Tx["sql"];
  readonly now: number;
  readonly chance: Tx["chance"];
  readonly tally: Tx["tally"];
  readonly journal: Journal;
  readonly queue: string;
  readonly partition: number;
  readonly presence: Tx["presence"];
  readonly held: Tx["held"];
  readonly #settings: () => QueueConfig;

  constructor(of: Omit<Tx, "journal">, journal: Journal, settings: () => QueueConfig) {
    this.sql = of.sql;
    this.now = of.now;
    this.chance = of.chance;
    this.tally = of.tally;
    this.journal = journal;
    this.queue = of.queue;
    this.partition = of.partition;
    this.presence = of.presence;
    this.held = of.held;
    this.#settings = settings;
  }

  get config(): QueueConfig {
    return this.#settings();
  }
}

/**
 * The whole group is a step, and each of its requests a part of it, absorbed only if it succeeds. Nothing here touches
 * memory or sockets: that is for after the commit.
 */
export class Step {
  readonly tx: Tx;
  readonly #parent: Step | null;
  /** What happens to sockets after the commit, in order. */
  readonly posts: (() => void)[] = [];
  /** What sockets will remember. */
  readonly #memories = new Map<Connection, Memory>();
  /** Sockets that will be closed. */
  readonly #closing = new Set<Connection>();
  /** Sockets whose credit or deliveries changed: they may be told that nothing more is there. */
  readonly stirred = new Set<Connection>();
  /** Sockets whose attachment must be written. */
  readonly changed = new Set<Connection>();
  /** Changes of memory, in order. */
  readonly after: (() => void)[] = [];
  /** The settings as they will be, if they change. */
  config: QueueConfig | null = null;
  /** Ids that are waited for since this step began, and no sooner known of by the connections. */
  #awaiting = 0;
  /** Tasks that were given to the dispatcher since this step began, and no sooner known of by it. */
  #handed = 0;
  /** Whether another look at what can be delivered must follow at once. */
  again = false;

  constructor(tx: Omit<Tx, "journal">, parent: Step | null = null) {
    this.#parent = parent;
    const settings = () => this.config ?? parent?.tx.config ?? tx.config;
    this.tx = new StepTx(tx, new Journal(parent?.tx.journal), settings);
  }

  /** A part of this step, that sees what came before it. */
  part(): Step {
    return new Step(this.tx, this);
  }

  absorb(part: Step): void {
    this.tx.journal.absorb(part.tx.journal);
    for (const post of part.posts) this.posts.push(post);
    for (const [connection, memory] of part.#memories) this.#memories.set(connection, memory);
    for (const connection of part.#closing) this.#closing.add(connection);
    for (const connection of part.stirred) this.stirred.add(connection);
    for (const connection of part.changed) this.changed.add(connection);
    for (const change of part.after) this.after.push(change);
    this.config = part.config ?? this.config;
    this.again ||= part.again;
    this.#awaiting += part.#awaiting;
    this.#handed += part.#handed;
  }

  send(to: Connection, text: string): void {
    this.posts.push(() => to.send(text, this.tx.now));
  }

  /** Answers a frame with an error, which leaves the socket open. */
  refuse(to: Connection, failure: Failure, ref?: string): void {
    this.send(to, errorText(failure, ref));
  }

  /** Closes a socket: nothing is delivered to it any more. */
  close(to: Connection, code: number, reason: string): void {
    this.#closing.add(to);
    this.remember(to, { credit: 0 });
    this.posts.push(() => {
      // A poll is a sign of life to its end: what it was given is held from then on, not from its beginning.
      if (to.memory.consumer?.poll) to.heardAt = this.tx.now;
      to.close(code, reason);
    });
  }

  /** Closes a socket whose token has ended; `ref` is that of the frame that this answers. */
  expel(to: Connection, ref?: string): void {
    this.#closing.add(to);
    this.posts.push(() => to.expel(ref));
  }

  /** Whether a frame of a socket may be done: not once its token has ended, which it is told then. `ref` is the frame's. */
  admits(from: Connection, ref?: string): boolean {
    // Its time of hearing is kept with all else that the socket remembers.
    if (this.recall(from).consumer) this.changed.add(from);
    if (!from.isExpired(this.tx.now)) return true;
    this.expel(from, ref);
    return false;
  }

  isClosing(connection: Connection): boolean {
    return this.#closing.has(connection) || (this.#parent?.isClosing(connection) ?? false);
  }

  awaits(count: number): void {
    this.#awaiting += count;
  }

  get awaiting(): number {
    return this.#awaiting + (this.#parent?.awaiting ?? 0);
  }

  hands(count: number): void {
    this.#handed += count;
  }

  get handed(): number {
    return this.#handed + (this.#parent?.handed ?? 0);
  }

  /** What a socket will remember, as it stands so far. */
  recall(connection: Connection): Memory {
    return this.#memories.get(connection) ?? this.#parent?.recall(connection) ?? connection.memory;
  }

  remember(connection: Connection, change: Partial<Memory>): void {
    this.#memories.set(connection, { ...this.recall(connection), ...change });
    this.changed.add(connection);
  }

  /** Sockets that will remember something else than before. */
  get remembering(): ReadonlySet<Connection> {
    return new Set([...(this.#parent?.remembering ?? []), ...this.#memories.keys()]);
  }
}
