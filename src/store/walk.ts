/** Walks tasks by sequence in bounded slices, along the index that serves the filter, or along the rows themselves. */

import { MAX_SCANNED } from "../limits.ts";
import type { Status } from "../task/status.ts";
import type { SqlValue } from "./driver.ts";
import { codeOf, ROW_BYTES } from "./rows.ts";
import { readLeases } from "./span.ts";
import type { Tx } from "./tx.ts";

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

export interface Walked {
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
    const [row] = tx.sql.all<{ created_at: number }>(
      "SELECT created_at FROM task WHERE seq >= ?1 ORDER BY seq LIMIT 1",
      middle,
    );
    if (!row || row.created_at >= at) high = middle;
    else low = middle + 1;
  }
  return low;
}

type Look = Step & { readonly hit: number };

function look(
  tx: Pick<Tx, "sql" | "tally">,
  filter: Filter,
  newest: boolean,
  [low, high]: readonly [number, number],
  size: number,
): Look[] {
  if (isOfLeases(tx, filter)) return lookAtLeases(tx, filter, newest, [low, high], size);
  const parameters: SqlValue[] = [
    low,
    high,
    size,
    filter.status === undefined ? null : codeOf(filter.status),
    filter.groupKey ?? null,
    filter.idempotencyKey ?? null,
  ];
  return tx.sql.all<Look>(statement(filter, newest), ...parameters);
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

/** Leases are few beside a million tasks that wait, and it is known where they are: no need to walk through all others. */
const isOfLeases = ({ tally }: Pick<Tx, "tally">, { status, idempotencyKey }: Filter): boolean =>
  (status === "Queued" || status === "Running") &&
  idempotencyKey === undefined &&
  tally.counts.Queued + tally.counts.Running <= MAX_SCANNED;

function lookAtLeases(
  tx: Pick<Tx, "sql" | "tally">,
  { status, groupKey }: Filter,
  newest: boolean,
  [low, high]: readonly [number, number],
  size: number,
): Look[] {
  const columns = `seq, status, group_key, ${ROW_BYTES} AS bytes`;
  // The sign keeps SQLite from looking for leases in this range, which is all tasks, instead of in the span.
  const question = (leases: string) => `SELECT seq, bytes, 1 AS hit FROM ${leases}
    WHERE +seq BETWEEN ?3 AND ?4 AND status = ?5 AND (?6 IS NULL OR group_key = ?6)
    ORDER BY seq ${newest ? "DESC" : "ASC"} LIMIT ?7`;
  const asked = [low, high, status === undefined ? null : codeOf(status), groupKey ?? null, size];
  return readLeases<Look>(tx, columns, question, ...asked);
}
