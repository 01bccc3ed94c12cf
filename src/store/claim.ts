/** claim: leases for those who have room, in the order of the contract. */

import { MAX_CLAIM } from "../limits.ts";
import { type Candidate, candidates } from "./backlog.ts";
import { withinAnswer } from "./cut.ts";
import { delivered } from "./leased.ts";
import { lineMoved } from "./line.ts";
import { wakeForLease } from "./liveness.ts";
import { IN_LINE, LISTED } from "./place.ts";
import { codeOf, type FullRow, statusOf } from "./rows.ts";
import { isSpanned, spanOver } from "./span.ts";
import { type Deliveries, deal, roomOf, type Taker } from "./takers.ts";
import type { Tx } from "./tx.ts";

/** What most tasks do not have: of these it crosses from the database as one. */
const RARE = "backoff, idem_key, idem_until, freed, group_key, codec, progress, meta, runs, result";

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
  RETURNING seq, run_at, created_at, random, attempt, max_attempts, strikes, revision, deadline, priority, timeout_ms, args,
    iif(coalesce(${RARE}) IS NULL, NULL, json_array(${RARE})) AS rare`;

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
  const deliveries = delivered(
    tx,
    // The database gives them back in no order.
    dealt.map(([{ seq }, taker]) => [rowAt(rows, seq), taker]),
  );
  for (const { session } of deliveries.keys()) wakeForLease(tx, session);
  return { deliveries, more };
}

/** What a claim is told of a row. All else it knows, since it wrote it. */
interface ClaimedRow
  extends Pick<
      FullRow,
      "seq" | "run_at" | "created_at" | "random" | "attempt" | "max_attempts" | "strikes" | "revision"
    >,
    Pick<FullRow, "deadline" | "priority" | "timeout_ms" | "args"> {
  /** JSON of a list. */
  readonly rare: string | null;
}

type Rare = Pick<
  FullRow,
  "backoff" | "idem_key" | "idem_until" | "freed" | "group_key" | "codec" | "progress" | "meta" | "runs" | "result"
>;

/** @returns the rows as they were written, by sequence */
export function write(tx: Tx, dealt: readonly (readonly [Candidate, Taker])[]): Map<number, FullRow> {
  leaveLine(tx, dealt);
  const given: string[] = [];
  const takerOf = new Map<number, Taker>();
  for (const [{ seq, status }, taker] of dealt) {
    const { session, autoStart } = taker;
    given.push(`[${seq},${session},${autoStart ? 1 : 0},${isSpanned(tx, seq) ? "null" : LISTED}]`);
    takerOf.set(seq, taker);
    tx.journal.moved(statusOf(status), autoStart ? "Running" : "Queued");
  }
  const token = tx.chance.token();
  const rows = new Map<number, FullRow>();
  for (const row of tx.sql.all<ClaimedRow>(CLAIM, `[${given.join()}]`, token, tx.now)) {
    const taker = takerOf.get(row.seq);
    if (!taker) throw new Error(`task ${row.seq} was claimed for nobody`);
    const claimed = rowOf(tx, row, token, taker);
    rows.set(row.seq, claimed);
    if (claimed.runs !== null) tx.journal.retried++;
    tx.journal.touched.push(row.seq);
    tx.journal.waits.push(Math.max(0, tx.now - Math.max(row.run_at, row.created_at)));
    if (row.deadline !== null) tx.journal.wake(row.deadline);
  }
  return rows;
}

function rowAt(rows: ReadonlyMap<number, FullRow>, seq: number): FullRow {
  const row = rows.get(seq);
  if (!row) throw new Error(`task ${seq} is gone from under its own transaction`);
  return row;
}

/** Field by field: to copy objects into each other takes several times as long. */
function rowOf({ now }: Tx, row: ClaimedRow, token: number, { session, worker, autoStart }: Taker): FullRow {
  const rare = row.rare === null ? NOTHING_RARE : rareOf(row.rare);
  return {
    seq: row.seq,
    run_at: row.run_at,
    created_at: row.created_at,
    random: row.random,
    attempt: row.attempt,
    max_attempts: row.max_attempts,
    strikes: row.strikes,
    revision: row.revision,
    deadline: row.deadline,
    priority: row.priority,
    timeout_ms: row.timeout_ms,
    args: row.args,
    backoff: rare.backoff,
    idem_key: rare.idem_key,
    idem_until: rare.idem_until,
    freed: rare.freed,
    group_key: rare.group_key,
    codec: rare.codec,
    progress: rare.progress,
    meta: rare.meta,
    runs: rare.runs,
    result: rare.result,
    status: codeOf(autoStart ? "Running" : "Queued"),
    lease: token,
    holder: session,
    worker,
    lock_at: now,
    started_at: autoStart ? now : null,
    past_lease: null,
    past_event: null,
    past_status: null,
    done_at: null,
  };
}

const NOTHING_RARE: Rare = {
  backoff: null,
  idem_key: null,
  idem_until: null,
  freed: null,
  group_key: null,
  codec: null,
  progress: null,
  meta: null,
  runs: null,
  result: null,
};

function rareOf(json: string): Rare {
  const [backoff, idem_key, idem_until, freed, group_key, codec, progress, meta, runs, result] = JSON.parse(json);
  return { backoff, idem_key, idem_until, freed, group_key, codec, progress, meta, runs, result };
}

function leaveLine(tx: Tx, dealt: readonly (readonly [Candidate, Taker])[]): void {
  const ofLine = dealt.filter(([{ place }]) => place === IN_LINE);
  const first = ofLine[0]?.[0].seq;
  const last = ofLine.at(-1)?.[0].seq;
  if (first === undefined || last === undefined) return;
  lineMoved(tx, last + 1);
  spanOver(tx, first, last);
}
