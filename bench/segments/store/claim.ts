/** claim: from the head of the segments, and from the rows that come before it in the order of the contract. */

import { MAX_CLAIM } from "../../../src/limits.ts";
import { withinAnswer } from "../../../src/store/cut.ts";
import { delivered, type WrittenRow } from "../../../src/store/leased.ts";
import { wakeForLease } from "../../../src/store/liveness.ts";
import { type Deliveries, deal, roomOf, type Taker } from "../../../src/store/takers.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { CANDIDATES, promote } from "./backlog.ts";
import { CLAIM } from "./claim-rows.ts";
import { fullRowAt, statusOf } from "./rows.ts";
import type { Cell, Segment } from "./segment.ts";
import { type Place, saveSegment, segmentsFrom, settleHead } from "./shelf.ts";
import { leaveStragglers } from "./stragglers.ts";
import { tallyOf } from "./tally.ts";

export interface Claimed<T extends Taker> {
  readonly deliveries: Deliveries<T>;
  readonly more: boolean;
}

interface Candidate {
  readonly seq: number;
  readonly status: number;
  readonly rank: number;
  readonly due_at: number;
  readonly bytes: number;
  readonly place?: Place;
}

export function claim<T extends Taker>(tx: Tx, takers: readonly T[]): Claimed<T> {
  const room = roomOf(takers);
  if (room === 0) return { deliveries: new Map(), more: false };
  promote(tx);
  const wanted = Math.min(room, MAX_CLAIM);
  const found = candidates(tx, wanted);
  const taken = withinAnswer(found);
  if (taken.length === 0) return { deliveries: new Map(), more: false };
  const dealt = deal(taken, takers);
  const token = tx.chance.token();
  const rows = writeRows(tx, dealt, token);
  for (const [seq, row] of leaseInSegments(tx, dealt, token)) rows.set(seq, row);
  for (const row of rows.values()) note(tx, row);
  for (const [candidate, { autoStart }] of dealt) {
    tx.journal.moved(statusOf(candidate.status), autoStart ? "Running" : "Queued");
  }
  const more = room > taken.length && (taken.length < found.length || found.length === MAX_CLAIM);
  const deliveries = delivered(dealt, rows);
  for (const { session } of deliveries.keys()) wakeForLease(tx, session);
  leaveStragglers(tx);
  return { deliveries, more };
}

function note({ journal, now }: Tx, row: WrittenRow): void {
  journal.touched.push(row.seq);
  journal.waits.push(Math.max(0, now - Math.max(row.run_at, row.created_at)));
  if (row.deadline !== null) journal.wake(row.deadline);
}

/** Both are in order; where they meet, they are merged. */
function candidates(tx: Tx, wanted: number): Candidate[] {
  const rows = tx.sql.all<Candidate>(CANDIDATES, tx.now, wanted);
  const waiting = waitingFrom(tx, wanted);
  if (rows.length === 0) return waiting;
  return [...rows, ...waiting].sort(inOrder).slice(0, wanted);
}

const inOrder = (a: Candidate, b: Candidate): number => b.rank - a.rank || a.due_at - b.due_at || a.seq - b.seq;

function waitingFrom(tx: Tx, wanted: number): Candidate[] {
  const { head } = tallyOf(tx);
  const waiting: Candidate[] = [];
  if (head === null) return waiting;
  for (const segment of segmentsFrom(tx, head, "args")) {
    for (let index = Math.max(0, head - segment.first); index < segment.n; index++) {
      if (segment.slots[index] !== null) continue;
      const due_at = segment.template(index)[1];
      if (waiting.length === wanted) return waiting;
      const bytes = segment.bytes(index);
      waiting.push({ seq: segment.first + index, status: 0, rank: 0, due_at, bytes, place: { segment, index } });
    }
  }
  return waiting;
}

type Dealt = readonly (readonly [Candidate, Taker])[];

function writeRows(tx: Tx, dealt: Dealt, token: number): Map<number, WrittenRow> {
  const given = dealt.filter(([{ place }]) => !place);
  if (given.length === 0) return new Map();
  const encoded = JSON.stringify(given.map(([{ seq }, { session, autoStart }]) => [seq, session, autoStart ? 1 : 0]));
  return new Map(tx.sql.all<WrittenRow>(CLAIM, encoded, token, tx.now).map((row) => [row.seq, row]));
}

/** A batch costs one row for each segment that it touches. */
function leaseInSegments(tx: Tx, dealt: Dealt, token: number): Map<number, WrittenRow> {
  const rows = new Map<number, WrittenRow>();
  const touched = new Set<Segment>();
  const cells = new Map<Taker, Cell>();
  for (const [{ seq, place }, taker] of dealt) {
    if (!place) continue;
    const cell = cells.get(taker) ?? cellOf(tx, taker, token);
    cells.set(taker, cell);
    place.segment.slots[place.index] = cell;
    touched.add(place.segment);
    rows.set(seq, fullRowAt(place));
  }
  for (const segment of touched) saveSegment(tx, segment);
  settleHead(tx, touched);
  return rows;
}

const cellOf = ({ now }: Tx, { session, worker, autoStart }: Taker, token: number): Cell => ({
  status: autoStart ? 2 : 1,
  revision: 2,
  token,
  holder: session,
  worker,
  lockAt: now,
  startedAt: autoStart ? now : null,
  doneAt: null,
});
