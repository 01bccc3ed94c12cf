/** The log of changes for programs that follow a queue: a ring of rows, written only while somebody follows or did of late. */

import { FEED_CHANGES_A_ROW, FEED_ROWS, FOLLOW_GRACE_MS } from "../limits.ts";
import { type Change, changeOf } from "./change.ts";
import { rowsBySeq } from "./rows.ts";
import type { Tx } from "./tx.ts";

/** The span of positions that the log holds, as far as the ring has not gone over it. */
export interface FeedMark {
  readonly from: number;
  readonly next: number;
  /** When it was found that nobody follows any more, ms; `null` while somebody does. */
  readonly leftAt: number | null;
}

export type FeedEvent =
  | {
      readonly event: "task";
      readonly data: { readonly at: number } & (Change | (Pick<Change, "id" | "queue"> & { readonly gone: true }));
    }
  | {
      readonly event: "worker";
      readonly data: { readonly worker: string; readonly queue: string; readonly event: string; readonly at: number };
    };

/** What one row holds: the changes of a commit, or some of them. */
export interface FeedEntry {
  readonly pos: number;
  /** A list of `FeedEvent`, as JSON text. */
  readonly events: string;
}

type Reading = Pick<Tx, "sql" | "tally" | "now">;

/**
 * Opens the log, or goes on with it.
 *
 * @param after the position that was seen last; `null` to begin now
 * @returns where what follows begins, and whether something before that is lost
 */
export function beginFollowing(
  tx: Reading & Pick<Tx, "journal">,
  after: number | null,
): { at: number; gap: boolean; entries: FeedEntry[] } {
  const { tally, now } = tx;
  const feed = tally.feed;
  if (feed === null) {
    tally.feed = opened(now);
    tx.journal.tallyChanged = true;
    return { at: tally.feed.next - 1, gap: after !== null, entries: [] };
  }
  const last = feed.next - 1;
  if (after === null) return { at: last, gap: false, entries: [] };
  const first = Math.max(feed.from, feed.next - FEED_ROWS);
  const gap = after < first - 1 || after > last;
  const at = gap ? first - 1 : after;
  return { at, gap, entries: entriesBetween(tx, at + 1, last) };
}

/** Positions go on from the time, so that those of an earlier log, or of a queue that was dropped, are older than its first. */
const opened = (now: number): FeedMark => ({ from: now, next: now, leftAt: null });

/**
 * Writes down what a transaction changed, if somebody follows or did of late. To be called before the tally is saved.
 *
 * @returns what was written, a row each
 */
export function logChanges(tx: Tx, isFollowed: boolean): FeedEntry[] {
  const { tally, now } = tx;
  const before = tally.feed ?? (isFollowed ? opened(now) : null);
  if (before === null) return [];
  const leftAt = isFollowed ? null : (before.leftAt ?? now);
  if (leftAt !== null && now - leftAt > FOLLOW_GRACE_MS) {
    tally.feed = null;
    return [];
  }
  const events = eventsOf(tx);
  const entries: FeedEntry[] = [];
  for (let first = 0; first < events.length; first += FEED_CHANGES_A_ROW) {
    const texts = events.slice(first, first + FEED_CHANGES_A_ROW).map((event) => JSON.stringify(event));
    entries.push({ pos: before.next + entries.length, events: `[${texts.join(",")}]` });
  }
  for (const { pos, events: body } of entries) {
    tx.sql.all(
      "INSERT INTO feed (slot, pos, events) VALUES (?1, ?2, ?3) ON CONFLICT (slot) DO UPDATE SET pos = excluded.pos, events = excluded.events",
      pos % FEED_ROWS,
      pos,
      body,
    );
  }
  tally.feed = { from: before.from, next: before.next + entries.length, leftAt };
  return entries;
}

/** Each task once, as it stands at the end of the transaction. */
function eventsOf(tx: Tx): FeedEvent[] {
  const { journal, now: at, queue } = tx;
  const seqs = [...new Set(journal.touched)];
  const rows = new Map(rowsBySeq(tx, seqs).map((row) => [row.seq, row]));
  const tasks = seqs
    .flatMap((seq) => rows.get(seq) ?? [])
    .map((row): FeedEvent => ({ event: "task", data: { ...changeOf(tx, row), at } }));
  const gone = journal.gone.map(({ id }): FeedEvent => ({ event: "task", data: { id, queue, gone: true, at } }));
  const workers = journal.workers.map((one): FeedEvent => ({ event: "worker", data: { ...one, queue, at } }));
  return [...tasks, ...gone, ...workers];
}

/** Both ends included. The ring may begin again in between. */
function entriesBetween(tx: Pick<Tx, "sql">, first: number, last: number): FeedEntry[] {
  if (first > last) return [];
  const [from, to] = [first % FEED_ROWS, last % FEED_ROWS];
  const spans = from <= to ? [[from, to] as const] : [[from, FEED_ROWS - 1] as const, [0, to] as const];
  return spans.flatMap(([a, b]) =>
    tx.sql.all<FeedEntry>("SELECT pos, events FROM feed WHERE slot BETWEEN ?1 AND ?2 ORDER BY slot", a, b),
  );
}
