/** Watchers: a live feed, gathered, at most four times a second, and always with the last change. */

import { WATCH_INTERVAL_MS } from "../limits.ts";
import { serverFrameText } from "../protocol/server-frames.ts";
import type { TaskChange } from "../protocol/types.ts";
import { changeOf } from "../store/change.ts";
import { statsView } from "../store/info.ts";
import type { Journal } from "../store/journal.ts";
import { rowsBySeq } from "../store/rows.ts";
import type { Tx } from "../store/tx.ts";
import { listWorkers } from "../store/workers.ts";
import { countsOf } from "../task/layout.ts";
import type { Connection, Watch } from "./connection.ts";
import type { Connections } from "./connections.ts";

export class Watchers {
  readonly #connections: Connections;
  readonly #read: () => Omit<Tx, "journal">;
  readonly #touched = new Set<number>();
  readonly #gone = new Map<number, string>();
  #workersChanged = false;
  #timer = false;

  /**
   * @param read the state as it stands when the watchers are told
   */
  constructor(connections: Connections, read: () => Omit<Tx, "journal">) {
    this.#connections = connections;
    this.#read = read;
  }

  /** Takes down what a transaction changed; costs nothing while nobody watches. */
  note(journal: Journal): void {
    if (this.#connections.watching.size === 0) return;
    if (journal.touched.length + journal.gone.length === 0 && !journal.workersChanged) return;
    for (const seq of journal.touched) this.#touched.add(seq);
    for (const { seq, id } of journal.gone) this.#gone.set(seq, id);
    this.#workersChanged ||= journal.workersChanged || journal.touched.length > 0;
    if (this.#timer) return;
    this.#timer = true;
    // The one timer of the object: it lives only while a watcher has something unsent.
    setTimeout(() => this.#tell(), WATCH_INTERVAL_MS);
  }

  /** The present state, for one who begins to watch. */
  greet(connection: Connection, watch: Watch): void {
    const tx = this.#read();
    for (const topic of watch.topics) {
      if (topic === "stats") connection.send(statsFrame(tx, connection, watch.ref), tx.now);
      if (topic === "workers") connection.send(workersFrame(tx, watch.ref), tx.now);
    }
  }

  #tell(): void {
    this.#timer = false;
    const tx = this.#read();
    const changes = this.#changes(tx);
    for (const connection of this.#connections.watching) {
      for (const watch of connection.memory.watches) this.#tellOne(tx, connection, watch, changes);
    }
    this.#workersChanged = false;
  }

  #tellOne(tx: Omit<Tx, "journal">, connection: Connection, watch: Watch, changes: readonly TaskChange[]): void {
    const { ref, topics } = watch;
    if (topics.includes("tasks") && changes.length > 0) {
      connection.send(serverFrameText({ type: "event", ref, topic: "tasks", tasks: changes }), tx.now);
    }
    if (topics.includes("workers") && this.#workersChanged) connection.send(workersFrame(tx, ref), tx.now);
    if (topics.includes("stats")) connection.send(statsFrame(tx, connection, ref), tx.now);
  }

  #changes(tx: Omit<Tx, "journal">): TaskChange[] {
    const changes = rowsBySeq(tx, [...this.#touched]).map((row): TaskChange => changeOf(tx, row));
    for (const id of this.#gone.values()) changes.push({ id, gone: true });
    this.#touched.clear();
    this.#gone.clear();
    return changes;
  }
}

/** The numbers of this partition, and how the queue is divided. */
function statsFrame(tx: Omit<Tx, "journal">, { caller }: Connection, ref: string): string {
  const stats = { ...statsView(tx), ...(caller.layout ? countsOf(caller.layout) : {}) };
  return serverFrameText({ type: "event", ref, topic: "stats", stats });
}

const workersFrame = (tx: Omit<Tx, "journal">, ref: string): string =>
  serverFrameText({ type: "event", ref, topic: "workers", workers: listWorkers(tx) });
