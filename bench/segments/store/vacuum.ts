/** vacuum, retention and purge: rows that go, in bounded slices along the sequence. */

import { MAX_SCANNED, MAX_SLICE } from "../../../src/limits.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { apply, itemsBySeq } from "../../../src/store/work.ts";
import { earliest } from "../../../src/task/instant.ts";
import { type Age, passIntervalMs, removableAt } from "../../../src/task/retention.ts";
import type { TaskEvent } from "../../../src/task/state.ts";
import { statusOf } from "./rows.ts";
import { save } from "./save.ts";
import { type Cell, isLeased } from "./segment.ts";
import { segmentsFrom } from "./shelf.ts";

type TerminalStatus = "Done" | "Killed";

export interface VacuumOrder extends Age {
  readonly status?: TerminalStatus | undefined;
}

interface VacuumSlice {
  readonly removed: number;
  /** The last sequence looked at. */
  readonly cursor: number;
  /** Whether the rows end there. */
  readonly end: boolean;
  /** Whether another row that may go was seen when there was no room left. */
  readonly full: boolean;
  /** The earliest instant at which a terminal row that stays may go. */
  readonly nextAt: number | null;
}

interface LookRow {
  readonly seq: number;
  readonly status: number;
  readonly done_at: number | null;
}

// Terminal rows have no index, which an ack would pay for: the sequence is walked.
const LOOK = `SELECT seq, status, done_at FROM task NOT INDEXED WHERE seq > ?1 ORDER BY seq LIMIT ${MAX_SCANNED}`;

/** Looks at `MAX_SCANNED` rows behind the cursor, and removes `limit` at most. */
export function vacuumSlice(tx: Tx, order: VacuumOrder, cursor: number, limit: number): VacuumSlice {
  const looked = lookBehind(tx, cursor);
  const room = Math.min(limit, MAX_SLICE);
  const due: number[] = [];
  let nextAt: number | null = null;
  let last = cursor;
  let full = false;
  for (const row of looked) {
    const at = expiry(tx, order, row);
    const isDue = at !== null && at <= tx.now;
    full = isDue && due.length === room;
    if (full) break;
    if (isDue) due.push(row.seq);
    else nextAt = earliest(nextAt, at);
    last = row.seq;
  }
  removeRows(tx, due, { type: "vacuum", doneBy: Number.MAX_SAFE_INTEGER });
  return { removed: due.length, cursor: last, end: !full && looked.length < MAX_SCANNED, full, nextAt };
}

/** Rows and tasks in segments, as many as are looked at. */
function lookBehind(tx: Tx, cursor: number): LookRow[] {
  const rows = tx.sql.all<LookRow>(LOOK, cursor);
  const placed: LookRow[] = [];
  for (const { seq, slot } of slotsBehind(tx, cursor)) {
    if (placed.length === MAX_SCANNED) break;
    placed.push({ seq, status: slot?.status ?? 0, done_at: slot?.doneAt ?? null });
  }
  return [...rows, ...placed].sort((a, b) => a.seq - b.seq).slice(0, MAX_SCANNED);
}

function* slotsBehind(tx: Tx, cursor: number): Generator<{ readonly seq: number; readonly slot: Cell | null }> {
  for (const segment of segmentsFrom(tx, cursor + 1, "rules")) {
    for (const [index, slot] of segment.slots.entries()) {
      const seq = segment.first + index;
      if (seq > cursor && slot !== "left") yield { seq, slot };
    }
  }
}

function expiry(tx: Tx, order: VacuumOrder, { status: code, done_at }: LookRow): number | null {
  const status = statusOf(code);
  if (done_at === null || (status !== "Done" && status !== "Killed")) return null;
  if (order.status !== undefined && status !== order.status) return null;
  return removableAt(order, status, done_at, tx.config.retention);
}

function removeRows(tx: Tx, seqs: readonly number[], event: TaskEvent): void {
  const items = itemsBySeq(tx, seqs);
  for (const item of items) apply(tx, item, event);
  save(tx, items);
}

/**
 * One slice of the retention's pass, when one is due. The next begins when the earliest row that stays may go, but not
 * before a tenth of the shortest retention has passed.
 *
 * @returns whether the pass goes on at once
 */
export function retain(tx: Tx): boolean {
  const { tally } = tx;
  if (tally.retentionAt === null || tally.retentionAt > tx.now) return false;
  tx.journal.tallyChanged = true;
  const slice = vacuumSlice(tx, {}, tally.retentionCursor, MAX_SLICE);
  const nextAt = earliest(tally.retentionNext, slice.nextAt);
  if (!slice.end) {
    tally.retentionCursor = slice.cursor;
    tally.retentionNext = nextAt;
    return true;
  }
  tally.retentionCursor = 0;
  tally.retentionNext = null;
  tally.retentionAt = nextAt === null ? null : Math.max(nextAt, tx.now + passIntervalMs(tx.config.retention));
  return false;
}

/** The retention has changed: what was found out by the old one counts no more. */
export function restartRetention({ tally, now }: Pick<Tx, "tally" | "now">): void {
  tally.retentionAt = now;
  tally.retentionCursor = 0;
  tally.retentionNext = null;
}

interface PurgeSlice {
  readonly removed: number;
  readonly more: boolean;
}

/** Removes a slice of all that is not leased. */
export function purgeSlice(tx: Tx): PurgeSlice {
  const rows = tx.sql.all<{ seq: number }>(`SELECT seq FROM task WHERE lease IS NULL ORDER BY seq LIMIT ${MAX_SLICE}`);
  const seqs = rows.map((row) => row.seq);
  for (const { seq, slot } of slotsBehind(tx, 0)) {
    if (seqs.length === MAX_SLICE) break;
    if (!isLeased(slot)) seqs.push(seq);
  }
  removeRows(tx, seqs, { type: "delete" });
  return { removed: seqs.length, more: seqs.length === MAX_SLICE };
}
