/** claim: from the head of the segments, and from the rows that come before it in the order of the contract. */

import { MAX_CLAIM } from "../../../src/limits.ts";
import { withinAnswer } from "../../../src/store/cut.ts";
import { delivered, type WrittenRow } from "../../../src/store/leased.ts";
import { lineMoved } from "../../../src/store/line.ts";
import { wakeForLease } from "../../../src/store/liveness.ts";
import { IN_LINE, LISTED } from "../../../src/store/place.ts";
import { isSpanned, spanOver } from "../../../src/store/span.ts";
import { type Deliveries, deal, roomOf, type Taker } from "../../../src/store/takers.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { type Candidate, candidates } from "./backlog.ts";
import { CLAIM } from "./claim-rows.ts";
import { fullRowAt, statusOf } from "./rows.ts";
import type { Cell, Segment } from "./segment.ts";
import { saveSegment, settleHead } from "./shelf.ts";
import { leaveStragglers } from "./stragglers.ts";

export interface Claimed<T extends Taker> {
  readonly deliveries: Deliveries<T>;
  readonly more: boolean;
}

export function claim<T extends Taker>(tx: Tx, takers: readonly T[]): Claimed<T> {
  const room = roomOf(takers);
  if (room === 0) return { deliveries: new Map(), more: false };
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
  const deliveries = delivered(tx, dealt, rows);
  for (const { session } of deliveries.keys()) wakeForLease(tx, session);
  leaveStragglers(tx);
  return { deliveries, more };
}

function note({ journal, now }: Tx, row: WrittenRow): void {
  journal.touched.push(row.seq);
  journal.waits.push(Math.max(0, now - Math.max(row.run_at, row.created_at)));
  if (row.deadline !== null) journal.wake(row.deadline);
}

type Dealt = readonly (readonly [Candidate, Taker])[];

function writeRows(tx: Tx, dealt: Dealt, token: number): Map<number, WrittenRow> {
  const given = dealt.filter(([{ home }]) => !home);
  if (given.length === 0) return new Map();
  leaveLine(tx, given);
  const encoded = JSON.stringify(
    given.map(([{ seq }, { session, autoStart }]) => [
      seq,
      session,
      autoStart ? 1 : 0,
      isSpanned(tx, seq) ? null : LISTED,
    ]),
  );
  return new Map(tx.sql.all<WrittenRow>(CLAIM, encoded, token, tx.now).map((row) => [row.seq, row]));
}

function leaveLine(tx: Tx, dealt: Dealt): void {
  const ofLine = dealt.filter(([{ place }]) => place === IN_LINE);
  const first = ofLine[0]?.[0].seq;
  const last = ofLine.at(-1)?.[0].seq;
  if (first === undefined || last === undefined) return;
  lineMoved(tx, last + 1);
  spanOver(tx, first, last);
}

/** A batch costs one row for each segment that it touches. */
function leaseInSegments(tx: Tx, dealt: Dealt, token: number): Map<number, WrittenRow> {
  const rows = new Map<number, WrittenRow>();
  const touched = new Set<Segment>();
  const cells = new Map<Taker, Cell>();
  for (const [{ seq, home }, taker] of dealt) {
    if (!home) continue;
    const cell = cells.get(taker) ?? cellOf(tx, taker, token);
    cells.set(taker, cell);
    home.segment.slots[home.index] = cell;
    touched.add(home.segment);
    rows.set(seq, fullRowAt(home));
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
