/** Walks tasks by sequence in bounded slices, along the index that serves the filter, or along the rows themselves. */

import { MAX_SCANNED } from "../../../src/limits.ts";
import type { SqlValue } from "../../../src/store/driver.ts";
import type { Tx } from "../../../src/store/tx.ts";
import type { Status } from "../../../src/task/status.ts";
import { codeOf, ROW_BYTES } from "./rows.ts";
import { statusIn } from "./segment.ts";
import { fromSeq, segmentsFrom } from "./shelf.ts";

export interface Filter {
  readonly status?: Status | undefined;
  readonly groupKey?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** `createdAt`, ms: inclusive. */
  readonly after?: number | undefined;
  /** `createdAt`, ms: exclusive. */
  readonly before?: number | undefined;
}

export interface Step {
  readonly seq: number;
  readonly bytes: number;
}

interface Walked {
  readonly steps: Step[];
  /** The last sequence looked at: go on behind it. `null` when the walk is at its end. */
  readonly cursor: number | null;
}

/**
 * Looks at `MAX_SCANNED` rows at most, and stops once `limit` are found.
 *
 * @param cursor the last sequence that was looked at, or `null` to begin
 */
export function walk(
  tx: Pick<Tx, "sql" | "tally">,
  filter: Filter,
  newest: boolean,
  cursor: number | null,
  limit: number,
): Walked {
  const [low, high] = range(tx, filter, newest, cursor);
  const steps: Step[] = [];
  let looked = 0;
  for (let from = newest ? high : low; ; ) {
    // Begin small: where most rows match, a page needs no more than itself.
    const size = Math.min(looked === 0 ? limit + 1 : MAX_SCANNED, MAX_SCANNED - looked);
    const slice = look(tx, filter, newest, newest ? [low, from] : [from, high], size);
    for (const row of slice) {
      if (row.hit !== 1) continue;
      if (steps.length === limit) return { steps, cursor: steps.at(-1)?.seq ?? null };
      steps.push(row);
    }
    looked += slice.length;
    const last = slice.at(-1);
    if (slice.length < size || !last) return { steps, cursor: null };
    if (looked >= MAX_SCANNED) return { steps, cursor: last.seq };
    from = newest ? last.seq - 1 : last.seq + 1;
  }
}

/** The sequences that come into question, both inclusive. */
function range(
  tx: Pick<Tx, "sql" | "tally">,
  filter: Filter,
  newest: boolean,
  cursor: number | null,
): [number, number] {
  const low = filter.after === undefined ? 1 : firstSince(tx, filter.after);
  const high = (filter.before === undefined ? tx.tally.nextSeq : firstSince(tx, filter.before)) - 1;
  if (cursor === null) return [low, high];
  return newest ? [low, Math.min(high, cursor - 1)] : [Math.max(low, cursor + 1), high];
}

/**
 * The first sequence created at or after an instant. Creation times never go back along the sequence, so a bisection
 * finds it, with a look-up a step.
 */
function firstSince(tx: Pick<Tx, "sql" | "tally">, at: number): number {
  let low = 1;
  let high = tx.tally.nextSeq;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (createdFrom(tx, middle) >= at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** When the first task from a sequence on was created. One that left its segment has the time that its row has. */
function createdFrom(tx: Pick<Tx, "sql">, seq: number): number {
  const [row] = tx.sql.all<{ seq: number; created_at: number }>(
    "SELECT seq, created_at FROM task WHERE seq >= ?1 ORDER BY seq LIMIT 1",
    seq,
  );
  const segment = fromSeq(tx, seq, "rules");
  const first = segment ? Math.max(seq, segment.first) : Number.POSITIVE_INFINITY;
  if (segment && first <= (row?.seq ?? first)) return segment.template(first - segment.first)[0];
  return row?.created_at ?? Number.POSITIVE_INFINITY;
}

type Look = Step & { readonly hit: number };

function look(
  tx: Pick<Tx, "sql">,
  filter: Filter,
  newest: boolean,
  [low, high]: readonly [number, number],
  size: number,
): Look[] {
  const parameters: SqlValue[] = [
    low,
    high,
    size,
    filter.status === undefined ? null : codeOf(filter.status),
    filter.groupKey ?? null,
    filter.idempotencyKey ?? null,
  ];
  const rows = tx.sql.all<Look>(statement(filter, newest), ...parameters);
  const placed = lookInSegments(tx, filter, newest, [low, high], size);
  if (placed.length === 0) return rows;
  return [...rows, ...placed].sort((a, b) => (newest ? b.seq - a.seq : a.seq - b.seq)).slice(0, size);
}

/** Failures and tasks with keys are never in a segment. */
function lookInSegments(
  tx: Pick<Tx, "sql">,
  filter: Filter,
  newest: boolean,
  [low, high]: readonly [number, number],
  size: number,
): Look[] {
  const { status } = filter;
  const looks: Look[] = [];
  if (filter.idempotencyKey !== undefined || status === "Failed" || status === "Killed") return looks;
  for (const segment of segmentsFrom(tx, newest ? high : low, "all", newest)) {
    for (let i = 0; i < segment.n; i++) {
      const index = newest ? segment.n - 1 - i : i;
      const seq = segment.first + index;
      const slot = segment.slots[index] ?? null;
      if (slot === "left" || (newest ? seq > high : seq < low)) continue;
      if ((newest ? seq < low : seq > high) || looks.length === size) return looks;
      const groupKey = segment.template(index)[5];
      const hit =
        (status === undefined || status === statusIn(slot)) &&
        (filter.groupKey === undefined || filter.groupKey === groupKey);
      const bytes = hit ? segment.bytes(index) : 0;
      looks.push({ seq, bytes, hit: hit ? 1 : 0 });
    }
  }
  return looks;
}

// ?4 status, ?5 group key, ?6 idempotency key: `null` asks for nothing.
const HIT = `(?4 IS NULL OR status = ?4) AND (?5 IS NULL OR group_key = ?5) AND (?6 IS NULL OR idem_key = ?6)`;

/** Keys and failures have an index; for all else the rows themselves are the path. */
function statement(filter: Filter, newest: boolean): string {
  const unhappy = filter.status === "Failed" || filter.status === "Killed";
  const path =
    filter.idempotencyKey !== undefined
      ? "INDEXED BY task_key WHERE idem_key = ?6 AND"
      : unhappy
        ? "INDEXED BY task_unhappy WHERE status IN (4, 5) AND status = ?4 AND"
        : "NOT INDEXED WHERE";
  return `SELECT seq, ${ROW_BYTES} AS bytes, (${HIT}) AS hit FROM task ${path} seq BETWEEN ?1 AND ?2
    ORDER BY seq ${newest ? "DESC" : "ASC"} LIMIT ?3`;
}
