/** Rows under lease as this process wrote them last, so that whoever reports on them need not read them again. */

import { MAX_HELD_ROWS } from "../limits.ts";
import type { FullRow, RuleRow } from "./rows.ts";

/** A row with a long history is read again: what is kept here is to be small. Characters. */
const MAX_KEPT_RUNS = 1_000;

/** It may know less than the database, and never anything else. Every change of a row goes by `forget`. */
export class HeldRows {
  /** By sequence; the oldest first. */
  readonly #rows = new Map<number, RuleRow>();
  /** Written by the transaction that is open. */
  readonly #staged = new Map<number, RuleRow>();

  get(seq: number): RuleRow | undefined {
    return this.#rows.get(seq);
  }

  /** The row is about to change. */
  forget(seq: number): void {
    this.#rows.delete(seq);
    this.#staged.delete(seq);
  }

  /** The row was written so, and is leased. */
  stage(row: RuleRow): void {
    if ((row.runs?.length ?? 0) <= MAX_KEPT_RUNS) this.#staged.set(row.seq, row);
  }

  /** The transaction stands. */
  settle(): void {
    if (this.#staged.size === 0) return;
    for (const [seq, row] of this.#staged) this.#rows.set(seq, row);
    this.#staged.clear();
    for (const seq of this.#rows.keys()) {
      if (this.#rows.size <= MAX_HELD_ROWS) break;
      this.#rows.delete(seq);
    }
  }

  /** It was undone, or a part of it. */
  clear(): void {
    this.#rows.clear();
    this.#staged.clear();
  }
}

/** What the rules look at, of a row that was just leased. */
export const ruleRowOf = (row: FullRow): RuleRow => ({
  seq: row.seq,
  status: row.status,
  run_at: row.run_at,
  created_at: row.created_at,
  random: row.random,
  attempt: row.attempt,
  max_attempts: row.max_attempts,
  strikes: row.strikes,
  lease: row.lease,
  holder: row.holder,
  lock_at: row.lock_at,
  started_at: row.started_at,
  deadline: row.deadline,
  past_lease: row.past_lease,
  past_event: row.past_event,
  past_status: row.past_status,
  done_at: row.done_at,
  timeout_ms: row.timeout_ms,
  backoff: row.backoff,
  idem_key: row.idem_key,
  idem_until: row.idem_until,
  freed: row.freed,
  group_key: row.group_key,
  codec: row.codec,
  runs: row.runs,
  worker: row.worker,
});
