/** The sweep, as the present one but for where it finds what is overdue: in segments too. */

import { MAX_SLICE } from "../../../src/limits.ts";
import { abandonment, deathOf, lastHeard, missing } from "../../../src/store/liveness.ts";
import { readLeases } from "../../../src/store/span.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { apply, itemsBySeq } from "../../../src/store/work.ts";
import { isSpeaking, notStarted } from "../../../src/task/abandoned.ts";
import { save } from "./save.ts";
import { type Cell, deadlineIn, isLeased, type Template } from "./segment.ts";
import { holders, leasesOf, type SessionRow, sessionById } from "./sessions.ts";
import { leasedSegments } from "./shelf.ts";

// ?3 now, ?4 the latest lock that is too old.
const overdueOf = (leases: string) => `
  SELECT seq FROM ${leases}
  WHERE (status = 1 AND lock_at <= ?4) OR (status = 2 AND deadline <= ?3) LIMIT ${MAX_SLICE}`;

const nextOf = (leases: string) => `
  SELECT min(iif(status = 1, lock_at, NULL)) AS locked, min(iif(status = 2, deadline, NULL)) AS deadline
  FROM ${leases}`;

/** The same of a task in a segment. */
const isOverdue = (tx: Tx, template: Template, slot: Cell): boolean =>
  slot.status === 1
    ? slot.lockAt <= tx.now - tx.config.orphanAfterMs
    : (deadlineIn(template, slot) ?? Number.POSITIVE_INFINITY) <= tx.now;

function overdueInSegments(tx: Tx, limit: number): number[] {
  const overdue: number[] = [];
  for (const segment of leasedSegments(tx)) {
    for (const [index, slot] of segment.slots.entries()) {
      if (overdue.length >= limit) return overdue;
      if (isLeased(slot) && isOverdue(tx, segment.template(index), slot)) overdue.push(segment.first + index);
    }
  }
  return overdue;
}

interface Swept {
  /** Leases taken back. */
  readonly taken: number;
  /** Whether there is more to do at once. */
  readonly more: boolean;
}

/** One bounded slice of the sweep. */
export function sweep(tx: Tx): Swept {
  let taken = 0;
  for (const session of holders(tx)) {
    if (taken >= MAX_SLICE) return { taken, more: true };
    const death = deathOf(tx, session);
    if (death.missing) missing(tx, session.id, session.heard_at, tx.now);
    if (death.at <= tx.now) taken += bury(tx, session, MAX_SLICE - taken);
  }
  const tooOld = tx.now - tx.config.orphanAfterMs;
  const rows = readLeases<{ seq: number }>(tx, "seq, status, lock_at, deadline", overdueOf, tx.now, tooOld);
  const overdue = rows.map((row) => row.seq);
  overdue.push(...overdueInSegments(tx, MAX_SLICE - overdue.length));
  takeOverdue(tx, overdue);
  return { taken: taken + overdue.length, more: overdue.length >= MAX_SLICE || taken >= MAX_SLICE };
}

/** Takes back what a dead session holds. The session stays known: it may come back, and a superseded one must not pass for new. */
function bury(tx: Tx, session: SessionRow, limit: number): number {
  const error = abandonment(tx, session);
  const items = itemsBySeq(tx, leasesOf(tx, session.id, null, limit));
  for (const item of items) apply(tx, item, { type: "orphan", error, strike: true, reason: "orphaned" });
  save(tx, items);
  tx.journal.workersChanged = true;
  if (items.length > 0) tx.journal.workers.push({ worker: session.worker, event: "dead" });
  return items.length;
}

function takeOverdue(tx: Tx, seqs: readonly number[]): void {
  const items = itemsBySeq(tx, seqs);
  for (const item of items) {
    if (item.state.status === "Running") apply(tx, item, { type: "timeout" });
    else {
      const waited = tx.now - (item.row.lock_at ?? tx.now);
      const error = notStarted(item.row.worker ?? "", waited);
      const strike = !speaks(tx, item.row.holder);
      apply(tx, item, { type: "orphan", error, strike, reason: "orphaned" });
    }
  }
  save(tx, items);
}

function speaks(tx: Tx, holder: number | null): boolean {
  const session = holder === null ? undefined : sessionById(tx, holder);
  if (!session || session.missing_at !== null) return false;
  return isSpeaking(lastHeard(tx, session), tx.config.orphanAfterMs, tx.now);
}

/** When the next lease must be looked at, ms, or `null` while nothing is leased. Reads each lease: for the alarm, not for every write. */
export function nextDeadline(tx: Pick<Tx, "sql" | "tally" | "presence" | "now" | "config">): number | null {
  type Next = { readonly locked: number | null; readonly deadline: number | null };
  const [next] = readLeases<Next>(tx, "status, lock_at, deadline", nextOf);
  const instants = holders(tx).map((session) => deathOf(tx, session).at);
  if (next && next.locked !== null) instants.push(next.locked + tx.config.orphanAfterMs);
  if (next && next.deadline !== null) instants.push(next.deadline);
  for (const at of instantsInSegments(tx)) instants.push(at);
  return instants.length === 0 ? null : Math.min(...instants);
}

function* instantsInSegments(tx: Pick<Tx, "sql" | "config" | "tally">): Generator<number> {
  for (const segment of leasedSegments(tx)) {
    for (const [index, slot] of segment.slots.entries()) {
      if (!isLeased(slot)) continue;
      const deadline = deadlineIn(segment.template(index), slot);
      if (slot.status === 1) yield slot.lockAt + tx.config.orphanAfterMs;
      else if (deadline !== null) yield deadline;
    }
  }
}
