/** Rows of the task table, and what they mean: the state for the rules, the view for the world. */

import { MAX_RUNS } from "../limits.ts";
import { formatId, formatLease, parseId, type TaskId } from "../task/id.ts";
import { present } from "../task/present.ts";
import { taskNotFound } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import type { Past, TaskState } from "../task/state.ts";
import { STATUS_CODE, STATUSES, type Status } from "../task/status.ts";
import { type Backoff, DEFAULT_BACKOFF, type IdempotencyUntil, type Run } from "../task/task.ts";
import type { LastResult, LeasedTaskView, TaskResultView, TaskView } from "../task/view.ts";
import { jsonChunks } from "./chunks.ts";
import type { Tx } from "./tx.ts";

/** All of a row but its args, with the name of the worker that holds it. */
export interface TaskRow {
  readonly seq: number;
  readonly status: number;
  readonly priority: number;
  readonly run_at: number;
  readonly created_at: number;
  readonly random: number;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly strikes: number;
  readonly revision: number;
  readonly lease: number | null;
  readonly holder: number | null;
  readonly lock_at: number | null;
  readonly started_at: number | null;
  readonly deadline: number | null;
  readonly past_lease: number | null;
  readonly past_event: Past["event"] | null;
  readonly past_status: number | null;
  readonly done_at: number | null;
  readonly timeout_ms: number | null;
  readonly backoff: string | null;
  readonly idem_key: string | null;
  readonly idem_until: IdempotencyUntil | null;
  readonly freed: number | null;
  readonly group_key: string | null;
  readonly codec: string | null;
  readonly progress: string | null;
  readonly meta: string | null;
  readonly runs: string | null;
  readonly result: string | null;
  readonly worker: string | null;
}

/** What a row under work is read for. The rest may be large, and a thousand rows of it would not fit the memory. */
export type RuleRow = Omit<TaskRow, "priority" | "revision" | "progress" | "meta" | "result">;

export interface FullRow extends TaskRow {
  readonly args: string;
}

const WORKER = "(SELECT worker FROM session WHERE session.id = task.holder) AS worker";

/** What the rules look at, beside what an execution that ends is added to. */
const RULE_FIELDS = `seq, status, run_at, created_at, random, attempt, max_attempts, strikes, lease, holder, lock_at,
  started_at, deadline, past_lease, past_event, past_status, done_at, timeout_ms, backoff, idem_key, idem_until, freed,
  group_key, codec`;

/** Columns of `TaskRow`, in a statement whose table is `task`. */
export const ROW_COLUMNS = `${RULE_FIELDS}, priority, revision, ${WORKER}, progress, meta, runs, result`;

/** Columns of `RuleRow`. */
const RULE_COLUMNS = `${RULE_FIELDS}, ${WORKER}, iif(lease IS NULL, NULL, runs) AS runs`;

/** About how large a row is as JSON, in SQL: read from the row's header, without the values. */
export const ROW_BYTES = `(octet_length(args) + coalesce(octet_length(runs), 0) + coalesce(octet_length(result), 0)
  + coalesce(octet_length(meta), 0) + coalesce(octet_length(progress), 0))`;

export const statusOf = (code: number): Status => STATUSES[code] ?? unknownStatus(code);

function unknownStatus(code: number): never {
  throw new Error(`storage holds the unknown status ${code}`);
}

export const idOf = (tx: Pick<Tx, "partition">, row: Pick<TaskRow, "created_at" | "seq" | "random">): string =>
  formatId({ ms: row.created_at, partition: tx.partition, seq: row.seq, random: row.random });

/** Whether a row is the one that an id names. */
export const isNamed = (
  tx: Pick<Tx, "partition">,
  row: Pick<TaskRow, "created_at" | "seq" | "random">,
  { ms, partition, seq, random }: TaskId,
): boolean => partition === tx.partition && seq === row.seq && ms === row.created_at && random === row.random;

/** The lease as its holder knows it. */
export const leaseOf = (row: Pick<TaskRow, "lease" | "seq">): string => formatLease(row.lease ?? 0, row.seq);

const backoffOf = (row: Pick<TaskRow, "backoff">): Backoff =>
  row.backoff === null ? DEFAULT_BACKOFF : (JSON.parse(row.backoff) as Backoff);

export function stateOf(row: RuleRow): TaskState {
  const past: Past | null =
    row.past_lease === null || row.past_event === null || row.past_status === null
      ? null
      : { token: row.past_lease, event: row.past_event, status: statusOf(row.past_status) };
  return {
    status: statusOf(row.status),
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    runAt: row.run_at,
    timeoutMs: row.timeout_ms,
    backoff: backoffOf(row),
    strikes: row.strikes,
    token: row.lease,
    lockAt: row.lock_at,
    startedAt: row.started_at,
    deadline: row.deadline,
    doneAt: row.done_at,
    past,
  };
}

/** Executions that ended; the one under way is in the row's own columns. */
export const closedRunsOf = (row: Pick<TaskRow, "runs">): Run[] =>
  row.runs === null ? [] : (JSON.parse(row.runs) as Run[]);

function runsOf(row: TaskRow): Run[] {
  const runs = closedRunsOf(row);
  if (row.started_at === null) return runs;
  const underWay: Run = { attempt: row.attempt, worker: row.worker ?? "", startedAt: row.started_at };
  return [...runs, underWay].slice(-MAX_RUNS);
}

const OK_PREFIX = '{"ok":';

/** How a result is kept: `{"ok": …}` as received, or `{"err": "…"}`. */
export const okText = (value: string): string => `${OK_PREFIX}${value}}`;
export const errText = (error: string): string => JSON.stringify({ err: error });

function lastResultOf(row: Pick<TaskRow, "result">): LastResult | undefined {
  if (row.result === null) return undefined;
  if (row.result.startsWith(OK_PREFIX)) return { ok: row.result.slice(OK_PREFIX.length, -1) };
  return JSON.parse(row.result) as { err: string };
}

/** The view that is built up: absent fields are never set, as the types demand. */
type Draft = { -readonly [K in keyof LeasedTaskView]: LeasedTaskView[K] };

export function viewOf(tx: Pick<Tx, "queue" | "partition">, row: FullRow): TaskView {
  const view: Omit<Draft, "lease"> = {
    id: idOf(tx, row),
    queue: tx.queue,
    args: row.args,
    status: statusOf(row.status),
    priority: row.priority,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    runAt: row.run_at,
    createdAt: row.created_at,
    runs: runsOf(row),
    backoff: backoffOf(row),
    idempotencyUntil: row.idem_until ?? "gone",
    codec: row.codec ?? "json",
    meta: row.meta === null ? {} : (JSON.parse(row.meta) as Record<string, unknown>),
    revision: row.revision,
  };
  if (row.lock_at !== null) view.lockAt = row.lock_at;
  if (row.lease !== null && row.worker !== null) view.lockBy = row.worker;
  if (row.done_at !== null) view.doneAt = row.done_at;
  const lastResult = lastResultOf(row);
  if (lastResult) view.lastResult = lastResult;
  if (row.timeout_ms !== null) view.timeoutMs = row.timeout_ms;
  if (row.idem_key !== null) view.idempotencyKey = row.idem_key;
  if (row.group_key !== null) view.groupKey = row.group_key;
  if (row.progress !== null) view.progress = row.progress;
  return view;
}

export const leasedViewOf = (tx: Pick<Tx, "queue" | "partition">, row: FullRow): LeasedTaskView =>
  Object.assign(viewOf(tx, row), { lease: leaseOf(row) });

export function resultViewOf(tx: Pick<Tx, "partition">, row: TaskRow): TaskResultView {
  const result = lastResultOf(row);
  return {
    id: idOf(tx, row),
    status: statusOf(row.status),
    attempt: row.attempt,
    ...present("result", result),
    ...(result && "ok" in result ? present("codec", row.codec) : {}),
  };
}

/** The sequence that an id of this partition names, or `null`: such an id names no task here. */
export function seqOf(tx: Pick<Tx, "partition">, id: string): number | null {
  const parsed = parseId(id);
  return parsed !== null && parsed.partition === tx.partition ? parsed.seq : null;
}

const bySeq = (columns: string): string => `SELECT ${columns} FROM task WHERE seq IN (SELECT value FROM json_each(?1))`;
const ROWS = bySeq(ROW_COLUMNS);
const RULE_ROWS = bySeq(RULE_COLUMNS);
const ID_ROWS = bySeq("seq, created_at, random");

const read = <R extends object>(tx: Pick<Tx, "sql">, statement: string, seqs: readonly number[]): R[] =>
  jsonChunks(seqs.map(String)).flatMap((chunk) => tx.sql.all<R>(statement, chunk));

/** Rows by sequence, in any order; those that are gone are missing. */
export const rowsBySeq = (tx: Pick<Tx, "sql">, seqs: readonly number[]): TaskRow[] => read(tx, ROWS, seqs);

/** The same, as the rules look at them. */
export const ruleRowsBySeq = (tx: Pick<Tx, "sql">, seqs: readonly number[]): RuleRow[] => read(tx, RULE_ROWS, seqs);

/** The ids of those that are there, in any order. */
export const idsBySeq = (tx: Pick<Tx, "sql" | "partition">, seqs: readonly number[]): string[] =>
  read<Pick<TaskRow, "seq" | "created_at" | "random">>(tx, ID_ROWS, seqs).map((row) => idOf(tx, row));

/** The rows that the ids name, by id: time and random bits are compared, so that no id can be guessed from another. */
export const rowsById = (tx: Pick<Tx, "sql" | "partition">, ids: readonly string[]): Map<string, TaskRow> =>
  byId(tx, ids, rowsBySeq);

/** The same, as the rules look at them. */
export const ruleRowsById = (tx: Pick<Tx, "sql" | "partition">, ids: readonly string[]): Map<string, RuleRow> =>
  byId(tx, ids, ruleRowsBySeq);

function byId<R extends RuleRow>(
  tx: Pick<Tx, "sql" | "partition">,
  ids: readonly string[],
  rowsOf: (tx: Pick<Tx, "sql">, seqs: readonly number[]) => R[],
): Map<string, R> {
  const seqs = new Set<number>();
  for (const id of ids) {
    const seq = seqOf(tx, id);
    if (seq !== null) seqs.add(seq);
  }
  const asked = new Set(ids);
  const rows = rowsOf(tx, [...seqs]).map((row) => [idOf(tx, row), row] as const);
  // The sequence alone may be of another task: of one whose id somebody guesses at, or has from before a drop.
  return new Map(rows.filter(([id]) => asked.has(id)));
}

/** One whole row. */
export function fullRow(tx: Pick<Tx, "sql" | "partition">, id: string): Result<FullRow> {
  const seq = seqOf(tx, id);
  if (seq === null) return taskNotFound(id);
  const [row] = tx.sql.all<FullRow>(`SELECT ${ROW_COLUMNS}, args FROM task WHERE seq = ?1`, seq);
  return row && idOf(tx, row) === id ? ok(row) : taskNotFound(id);
}

export const codeOf = (status: Status): number => STATUS_CODE[status];
