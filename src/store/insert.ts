/** Writes new rows: one statement for many, and one each for those whose args are large. */

import { MAX_INLINE_ARGS_BYTES } from "../limits.ts";
import type { IdempotencyUntil } from "../task/task.ts";
import { jsonChunks } from "./chunks.ts";
import type { Place } from "./place.ts";
import type { FullRow } from "./rows.ts";
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

export function insertRows(tx: Pick<Tx, "sql">, createdAt: number, rows: readonly InsertRow[]): void {
  const small: string[] = [];
  for (const row of rows) {
    // Args that are bound alone need no escaping, and do not count towards the parameter's size.
    if (row.args.length > MAX_INLINE_ARGS_BYTES) tx.sql.all(INSERT, `[${encode(row, null)}]`, createdAt, row.args);
    else small.push(encode(row, row.args));
  }
  for (const chunk of jsonChunks(small)) tx.sql.all(INSERT, chunk, createdAt, null);
}

/** The row as it stands once it is written. */
export const insertedRow = (row: InsertRow, createdAt: number, worker: string | null): FullRow => ({
  seq: row.seq,
  status: row.status,
  priority: row.priority,
  run_at: row.runAt,
  created_at: createdAt,
  random: row.random,
  attempt: row.attempt,
  max_attempts: row.maxAttempts,
  strikes: 0,
  revision: 1,
  lease: row.lease,
  holder: row.holder,
  lock_at: row.lockAt,
  started_at: row.startedAt,
  deadline: row.deadline,
  past_lease: null,
  past_event: null,
  past_status: null,
  done_at: null,
  timeout_ms: row.timeoutMs,
  backoff: row.backoff,
  idem_key: row.key,
  idem_until: row.until,
  freed: row.key === null ? null : 0,
  group_key: row.groupKey,
  codec: row.codec,
  progress: null,
  meta: row.meta,
  runs: null,
  result: null,
  worker,
  args: row.args,
});
