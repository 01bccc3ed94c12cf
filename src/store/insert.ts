/** Writes new rows: one statement for many, and one each for those whose args are large. */

import { MAX_INLINE_ARGS_BYTES } from "../limits.ts";
import type { IdempotencyUntil } from "../task/task.ts";
import { jsonChunks } from "./chunks.ts";
import type { WrittenRow } from "./leased.ts";
import type { Place } from "./place.ts";
import { WRITTEN_COLUMNS } from "./rows.ts";
import type { Tx } from "./tx.ts";

/** A row to be written. Instants in ms; `lease` and what follows it only when the task is delivered at once. */
export interface InsertRow {
  readonly seq: number;
  readonly status: number;
  readonly place: Place | null;
  readonly priority: number;
  readonly runAt: number;
  readonly random: number;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly lease: number | null;
  readonly holder: number | null;
  readonly lockAt: number | null;
  readonly startedAt: number | null;
  readonly deadline: number | null;
  readonly timeoutMs: number | null;
  readonly backoff: string | null;
  readonly key: string | null;
  readonly until: IdempotencyUntil | null;
  readonly groupKey: string | null;
  readonly codec: string | null;
  readonly meta: string | null;
  readonly args: string;
}

// ?1 the rows, ?2 the time of creation, ?3 the args of a row that stands alone.
const INSERT = `
  INSERT INTO task (seq, status, place, priority, run_at, created_at, random, attempt, max_attempts, lease, holder, lock_at,
    started_at, deadline, timeout_ms, backoff, idem_key, idem_until, group_key, codec, meta, args, freed)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, ?2, value ->> 5, value ->> 6, value ->> 7,
    value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15,
    value ->> 16, value ->> 17, value ->> 18, value ->> 19, coalesce(?3, value ->> 20), iif(value ->> 15 IS NULL, NULL, 0)
  FROM jsonb_each(?1)`;

/** The same where somebody waits for some of them. */
const INSERT_AND_READ = `${INSERT} RETURNING ${WRITTEN_COLUMNS}`;

const encode = (row: InsertRow, args: string | null): string =>
  JSON.stringify([
    row.seq,
    row.status,
    row.place,
    row.priority,
    row.runAt,
    row.random,
    row.attempt,
    row.maxAttempts,
    row.lease,
    row.holder,
    row.lockAt,
    row.startedAt,
    row.deadline,
    row.timeoutMs,
    row.backoff,
    row.key,
    row.until,
    row.groupKey,
    row.codec,
    row.meta,
    args,
  ]);

/** @returns the rows as they were written, by sequence, if some of them are leased already; else nothing */
export function insertRows(tx: Tx, createdAt: number, rows: readonly InsertRow[]): Map<number, WrittenRow> {
  const statement = rows.some((row) => row.lease !== null) ? INSERT_AND_READ : INSERT;
  const written = new Map<number, WrittenRow>();
  const insert = (parameter: string, args: string | null) => {
    for (const row of tx.sql.all<WrittenRow>(statement, parameter, createdAt, args)) written.set(row.seq, row);
  };
  const small: string[] = [];
  for (const row of rows) {
    // Args that are bound alone need no escaping, and do not count towards the parameter's size.
    if (row.args.length > MAX_INLINE_ARGS_BYTES) insert(`[${encode(row, null)}]`, row.args);
    else small.push(encode(row, row.args));
  }
  for (const chunk of jsonChunks(small)) insert(chunk, null);
  return written;
}
