/** claim: leases for those who have room, in the order of the contract. */

import { MAX_CLAIM } from "../limits.ts";
import { type Candidate, candidates } from "./backlog.ts";
import { withinAnswer } from "./cut.ts";
import { delivered, type WrittenRow } from "./leased.ts";
import { lineMoved } from "./line.ts";
import { wakeForLease } from "./liveness.ts";
import { IN_LINE, LISTED } from "./place.ts";
import { statusOf, WRITTEN_COLUMNS } from "./rows.ts";
import { isSpanned, spanOver } from "./span.ts";
import { type Deliveries, deal, roomOf, type Taker } from "./takers.ts";
import type { Tx } from "./tx.ts";

// The set-based form of the rules' claim; a test holds the two against each other. ?1 [seq, session, autoStart, place],
// ?2 token, ?3 now.
const CLAIM = `
  UPDATE task SET
    status = 1 + given.start, place = given.place, lease = ?2, holder = given.session, lock_at = ?3,
    attempt = attempt + given.start, strikes = iif(given.start, 0, strikes),
    started_at = iif(given.start, ?3, NULL), deadline = iif(given.start, ?3 + timeout_ms, NULL),
    past_lease = NULL, past_event = NULL, past_status = NULL, revision = revision + 1
  FROM (SELECT value ->> 0 AS seq, value ->> 1 AS session, value ->> 2 AS start, value ->> 3 AS place FROM jsonb_each(?1)) AS given
  WHERE task.seq = given.seq
  RETURNING ${WRITTEN_COLUMNS}`;

export interface Claimed<T extends Taker> {
  readonly deliveries: Deliveries<T>;
  /** Whether more could be claimed at once: the batch was cut by its size or number, not by lack of tasks. */
  readonly more: boolean;
}

/** Claims as much as the takers have room for, up to a bounded batch. Call it only while the queue is not paused. */
export function claim<T extends Taker>(tx: Tx, takers: readonly T[]): Claimed<T> {
  const room = roomOf(takers);
  if (room === 0) return { deliveries: new Map(), more: false };
  const wanted = Math.min(room, MAX_CLAIM);
  const found = candidates(tx, wanted);
  const taken = withinAnswer(found);
  if (taken.length === 0) return { deliveries: new Map(), more: false };
  const dealt = deal(taken, takers);
  const rows = write(tx, dealt);
  const more = room > taken.length && (taken.length < found.length || found.length === MAX_CLAIM);
  const deliveries = delivered(tx, dealt, rows);
  for (const { session } of deliveries.keys()) wakeForLease(tx, session);
  return { deliveries, more };
}

/** @returns the rows as they were written, by sequence */
function write(tx: Tx, dealt: readonly (readonly [Candidate, Taker])[]): Map<number, WrittenRow> {
  leaveLine(tx, dealt);
  const given = JSON.stringify(
    dealt.map(([{ seq }, { session, autoStart }]) => [
      seq,
      session,
      autoStart ? 1 : 0,
      isSpanned(tx, seq) ? null : LISTED,
    ]),
  );
  const rows = new Map<number, WrittenRow>();
  for (const row of tx.sql.all<WrittenRow>(CLAIM, given, tx.chance.token(), tx.now)) {
    rows.set(row.seq, row);
    tx.journal.touched.push(row.seq);
    tx.journal.waits.push(Math.max(0, tx.now - Math.max(row.run_at, row.created_at)));
    if (row.deadline !== null) tx.journal.wake(row.deadline);
  }
  for (const [candidate, taker] of dealt) {
    tx.journal.moved(statusOf(candidate.status), taker.autoStart ? "Running" : "Queued");
  }
  return rows;
}

function leaveLine(tx: Tx, dealt: readonly (readonly [Candidate, Taker])[]): void {
  const ofLine = dealt.filter(([{ place }]) => place === IN_LINE);
  const first = ofLine[0]?.[0].seq;
  const last = ofLine.at(-1)?.[0].seq;
  if (first === undefined || last === undefined) return;
  lineMoved(tx, last + 1);
  spanOver(tx, first, last);
}
