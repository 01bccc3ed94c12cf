/** Segments in the database: found by sequence, added, saved and removed. */

import type { SqlDriver } from "../../../src/store/driver.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { Segment, type SegmentRow } from "./segment.ts";
import { encodeSlots } from "./slots.ts";
import { tallyOf } from "./tally.ts";

/** How much of a segment is read: what rules look at, and with it what is large. */
export type Depth = "rules" | "results" | "args" | "all";

const COLUMNS: Readonly<Record<Depth, string>> = {
  rules: "segment.first, n, templates, randoms, slots",
  results: "segment.first, n, templates, randoms, slots, kept, results",
  args: "segment.first, n, templates, randoms, slots, lengths, args",
  all: "segment.first, n, templates, randoms, slots, kept, results, lengths, args",
};

const from = (depth: Depth): string =>
  `SELECT ${COLUMNS[depth]} FROM segment LEFT JOIN segment_state AS state ON state.first = segment.first`;

interface Statements {
  readonly at: string;
  readonly after: string;
}

const statementsOf = (depth: Depth): Statements => ({
  at: `${from(depth)} WHERE segment.first <= ?1 ORDER BY segment.first DESC LIMIT 1`,
  after: `${from(depth)} WHERE segment.first > ?1 ORDER BY segment.first LIMIT 1`,
});

const STATEMENTS: Readonly<Record<Depth, Statements>> = {
  rules: statementsOf("rules"),
  results: statementsOf("results"),
  args: statementsOf("args"),
  all: statementsOf("all"),
};

type Reading = Pick<Tx, "sql">;

const one = (tx: Reading, statement: string, seq: number): Segment | null => {
  const [row] = tx.sql.all<SegmentRow>(statement, seq);
  return row ? new Segment(row) : null;
};

/** The last segment that begins at or before a sequence. */
const atOrBefore = (tx: Reading, seq: number, depth: Depth): Segment | null => one(tx, STATEMENTS[depth].at, seq);

/** The segment that has a sequence, or the next one. */
export function fromSeq(tx: Reading, seq: number, depth: Depth): Segment | null {
  const found = atOrBefore(tx, seq, depth);
  return found && seq < found.end ? found : one(tx, STATEMENTS[depth].after, seq);
}

/** The segments from the one that has a sequence, or from the next one, on or back. */
export function* segmentsFrom(tx: Reading, seq: number, depth: Depth, back = false): Generator<Segment> {
  let segment = back ? atOrBefore(tx, seq, depth) : fromSeq(tx, seq, depth);
  while (segment) {
    yield segment;
    segment = back ? atOrBefore(tx, segment.first - 1, depth) : one(tx, STATEMENTS[depth].after, segment.first);
  }
}

/** Where a task stands in a segment. */
export interface Place {
  readonly segment: Segment;
  readonly index: number;
}

/** The places of those that stand in segments, by sequence; each segment is read once. */
export function placesOf(tx: Reading, seqs: readonly number[], depth: Depth): Map<number, Place> {
  const places = new Map<number, Place>();
  let segment: Segment | null = null;
  for (const seq of [...seqs].sort((a, b) => a - b)) {
    if (!segment || seq >= segment.end) segment = atOrBefore(tx, seq, depth);
    if (!segment || seq >= segment.end) continue;
    const index = seq - segment.first;
    if (segment.slots[index] !== "left") places.set(seq, { segment, index });
  }
  return places;
}

/** The segments with leased tasks. */
export function leasedSegments(tx: Pick<Tx, "sql" | "tally">): Segment[] {
  const { low } = tallyOf(tx);
  if (low === null) return [];
  return tx.sql.all<SegmentRow>(LEASED, low).map((row) => new Segment(row));
}

const LEASED = `
  SELECT ${COLUMNS.rules} FROM segment_state AS state CROSS JOIN segment ON segment.first = state.first
  WHERE state.first >= ?1 AND leased > 0 ORDER BY state.first`;

const SAVE = `
  INSERT INTO segment_state (first, leased, slots, kept, results) VALUES (?1, ?2, ?3, ?4, ?5)
  ON CONFLICT (first) DO UPDATE SET leased = ?2, slots = ?3, kept = kept || ?4, results = results || ?5`;

export interface Kept {
  readonly index: number;
  readonly text: string;
}

/** Writes what became of a segment's tasks, and the results that came. One of which nothing is left goes. */
export function saveSegment(tx: Pick<Tx, "sql" | "tally">, segment: Segment, results: readonly Kept[] = []): void {
  if (segment.slots.every((slot) => slot === "left")) {
    remove(tx.sql, segment.first);
    const tally = tallyOf(tx);
    if (tally.tail?.first === segment.first) tally.tail = null;
  } else {
    const kept = results.map(({ index, text }) => `${index}:${text.length},`).join("");
    const texts = results.map(({ text }) => text).join("");
    tx.sql.all(SAVE, segment.first, segment.leased, encodeSlots(segment.slots), kept, texts);
  }
  settleLow(tx, segment);
}

function remove(sql: SqlDriver, first: number): void {
  sql.all("DELETE FROM segment WHERE first = ?1", first);
  sql.all("DELETE FROM segment_state WHERE first = ?1", first);
}

const NEXT_LEASED = "SELECT first FROM segment_state WHERE first > ?1 AND leased > 0 ORDER BY first LIMIT 1";

/** Keeps the mark before which nothing is leased. */
function settleLow(tx: Pick<Tx, "sql" | "tally">, { first, leased }: Segment): void {
  const tally = tallyOf(tx);
  if (leased > 0) tally.low = Math.min(first, tally.low ?? first);
  else if (tally.low === first) tally.low = tx.sql.all<{ first: number }>(NEXT_LEASED, first)[0]?.first ?? null;
}

/**
 * Moves the head to the first task that still waits, when the one at the head no longer does.
 *
 * @param touched segments that were saved just now: the new head is mostly in the last of them
 */
export function settleHead(tx: Pick<Tx, "sql" | "tally">, touched: Iterable<Segment>): void {
  const tally = tallyOf(tx);
  for (const segment of touched) {
    if (tally.head === null || !has(segment, tally.head)) continue;
    const index = segment.slots.indexOf(null, tally.head - segment.first);
    tally.head = index < 0 ? waitingFrom(tx, segment.end) : segment.first + index;
  }
}

const has = ({ first, end }: Segment, seq: number): boolean => first <= seq && seq < end;

function waitingFrom(tx: Pick<Tx, "sql">, seq: number): number | null {
  for (const segment of segmentsFrom(tx, seq, "rules")) {
    const index = segment.slots.indexOf(null);
    if (index >= 0) return segment.first + index;
  }
  return null;
}
