/** claim: from the head of the segments, and from the rows that come before it in the order of the contract. */

import { MAX_CLAIM } from "../../../src/limits.ts";
import { write } from "../../../src/store/claim.ts";
import { withinAnswer } from "../../../src/store/cut.ts";
import { delivered } from "../../../src/store/leased.ts";
import { wakeForLease } from "../../../src/store/liveness.ts";
import { type Deliveries, deal, roomOf, type Taker } from "../../../src/store/takers.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { type Candidate, candidates } from "./backlog.ts";
import { type FullRow, fullRowAt, statusOf } from "./rows.ts";
import type { Cell, Segment } from "./segment.ts";
import { saveSegment, settleHead } from "./shelf.ts";
import { leaveStragglers } from "./stragglers.ts";

interface Claimed<T extends Taker> {
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
  const rows = writeRows(tx, dealt);
  leaseInSegments(tx, dealt, rows);
  const more = room > taken.length && (taken.length < found.length || found.length === MAX_CLAIM);
  const deliveries = delivered(
    tx,
    dealt.map(([{ seq }, taker]) => [rows.get(seq) as FullRow, taker]),
  );
  for (const { session } of deliveries.keys()) wakeForLease(tx, session);
  leaveStragglers(tx);
  return { deliveries, more };
}

type Dealt = readonly (readonly [Candidate, Taker])[];

/** Those that have a row of their own, as the present layout does. */
function writeRows(tx: Tx, dealt: Dealt): Map<number, FullRow> {
  const given = dealt.filter(([{ home }]) => !home);
  return given.length === 0 ? new Map() : write(tx, given);
}

/** A batch costs one row for each segment that it touches. */
function leaseInSegments(tx: Tx, dealt: Dealt, rows: Map<number, FullRow>): void {
  if (rows.size === dealt.length) return;
  const token = tx.chance.token();
  const touched = new Set<Segment>();
  const cells = new Map<Taker, Cell>();
  for (const [{ seq, home }, taker] of dealt) {
    if (!home) continue;
    const cell = cells.get(taker) ?? cellOf(tx, taker, token);
    cells.set(taker, cell);
    home.segment.slots[home.index] = cell;
    touched.add(home.segment);
    const row = fullRowAt(home);
    rows.set(seq, row);
    note(tx, row);
  }
  for (const segment of touched) saveSegment(tx, segment);
  settleHead(tx, touched);
}

function note({ journal, now }: Tx, row: FullRow): void {
  journal.moved("Pending", statusOf(row.status));
  journal.touched.push(row.seq);
  journal.waits.push(Math.max(0, now - Math.max(row.run_at, row.created_at)));
  if (row.deadline !== null) journal.wake(row.deadline);
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
