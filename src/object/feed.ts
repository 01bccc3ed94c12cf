/** The feed: what each transaction changed, to the Worker's sockets that follow the queue, and to the log behind them. */

import type { InternalFrame } from "../protocol/types.ts";
import { beginFollowing, type FeedEntry, logChanges } from "../store/feed.ts";
import type { Connection } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Step } from "./step.ts";

export class Feed {
  readonly #connections: Connections;
  /** Of the transaction under way. */
  #entries: readonly FeedEntry[] = [];

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  begin(): void {
    this.#entries = [];
  }

  /**
   * Writes down what the transaction changed, before the tally is saved.
   *
   * @returns rows written
   */
  log(step: Step): number {
    this.#entries = logChanges(step.tx, this.#connections.following.size > 0);
    return this.#entries.length;
  }

  /** The transaction stands: who follows is told. */
  tell(now: number): void {
    for (const entry of this.#entries) {
      const text = entryText(entry);
      for (const connection of this.#connections.following) connection.send(text, now);
    }
  }
}

/**
 * Begins to follow, from a position on. Of a queue that was never used there is no log: it begins with the first change.
 *
 * @param isUsed whether the queue has tables
 */
export function follow(
  step: Step,
  connection: Connection,
  { after }: Extract<InternalFrame, { type: "follow" }>,
  isUsed: boolean,
): void {
  const { at, gap, entries } = isUsed
    ? beginFollowing(step.tx, after ?? null)
    : { at: 0, gap: after !== undefined && after > 0, entries: [] };
  step.remember(connection, { follows: true });
  step.send(connection, JSON.stringify({ type: "following", at, gap }));
  for (const entry of entries) step.send(connection, entryText(entry));
}

const entryText = ({ pos, events }: FeedEntry): string => `{"type":"feed","at":${pos},"events":${events}}`;
