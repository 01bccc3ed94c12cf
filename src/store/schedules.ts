/** Schedules: their rows, and what their ticks come to. The tally knows when the next is due, and so no commit asks. */

import { MAX_FRAME_CHARACTERS, MAX_SCHEDULES, MAX_TICKS_AT_ONCE, NEXT_TICKS } from "../limits.ts";
import { scheduleNotFound } from "../task/refusals.ts";
import { fail, ok, type Result } from "../task/result.ts";
import { dueTicks, nextTick, nextTicks, type ScheduleRule, type Timed, tickKey } from "../task/schedule.ts";
import { isTerminal } from "../task/status.ts";
import type { NewTask, Pushed, RawJson } from "../task/task.ts";
import { rowsById, statusOf } from "./rows.ts";
import type { Tx } from "./tx.ts";

/** What each of its ticks pushes: a task that is due at once, under the key of the tick. */
export type ScheduledTask = Omit<NewTask, "runAt" | "delayMs" | "idempotencyKey" | "idempotencyUntil">;

export interface ScheduleRow {
  readonly name: string;
  readonly rule: string;
  readonly task: string;
  readonly args: RawJson;
  readonly created_at: number;
  readonly updated_at: number;
  readonly next_at: number | null;
  readonly last_at: number | null;
  readonly last_task: string | null;
  readonly ticks: number;
  readonly skipped: number;
}

type Reading = Pick<Tx, "sql">;

const COLUMNS = "name, rule, task, args, created_at, updated_at, next_at, last_at, last_task, ticks, skipped";

/** All, by name. */
export const schedules = ({ sql }: Reading): ScheduleRow[] =>
  sql.all<ScheduleRow>(`SELECT ${COLUMNS} FROM schedule ORDER BY name`);

export function schedule({ sql }: Reading, name: string): Result<ScheduleRow> {
  const [row] = sql.all<ScheduleRow>(`SELECT ${COLUMNS} FROM schedule WHERE name = ?1`, name);
  return row ? ok(row) : scheduleNotFound(name);
}

const timedOf = (row: Pick<ScheduleRow, "rule" | "created_at">): Timed => ({
  rule: JSON.parse(row.rule) as ScheduleRule,
  createdAt: row.created_at,
});

/** The next ticks of a schedule; none while it is paused. */
export function ticksAhead(row: ScheduleRow): number[] {
  if (row.next_at === null) return [];
  return [row.next_at, ...nextTicks(timedOf(row), row.next_at, NEXT_TICKS - 1)];
}

/**
 * Makes a schedule, or sets it anew. What it has ticked stands: no tick comes twice, whatever is changed.
 *
 * @param rule makes sense (`checkRule`)
 * @returns `too_many_requests` when there are as many as there may be
 */
export function putSchedule(tx: Tx, name: string, rule: ScheduleRule, task: ScheduledTask): Result<ScheduleRow> {
  const known = schedule(tx, name);
  if (!known.ok && countOf(tx) >= MAX_SCHEDULES) {
    const detail = `A queue has at most ${MAX_SCHEDULES} schedules: delete one, or use another queue.`;
    return fail("too_many_requests", detail, { path: "name" });
  }
  const { args, ...rest } = task;
  const before = known.ok ? known.value : null;
  const createdAt = before?.created_at ?? tx.now;
  tx.sql.all(
    `INSERT INTO schedule (name, rule, task, args, created_at, updated_at, next_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
     ON CONFLICT (name) DO UPDATE SET rule = ?2, task = ?3, args = ?4, updated_at = ?6, next_at = ?7`,
    name,
    JSON.stringify(rule),
    JSON.stringify(rest),
    args,
    createdAt,
    tx.now,
    nextOf(tx, { rule, createdAt }, before?.last_at ?? null),
  );
  noteNext(tx);
  return schedule(tx, name);
}

/** Pauses it, or lets it go on: then with the next tick, and none of those between. */
export function pauseSchedule(tx: Tx, name: string, paused: boolean): Result<ScheduleRow> {
  const known = schedule(tx, name);
  if (!known.ok) return known;
  const { rule, createdAt } = timedOf(known.value);
  if (rule.paused === paused) return known;
  const changed = { ...rule, paused };
  tx.sql.all(
    "UPDATE schedule SET rule = ?2, updated_at = ?3, next_at = ?4 WHERE name = ?1",
    name,
    JSON.stringify(changed),
    tx.now,
    nextOf(tx, { rule: changed, createdAt }, known.value.last_at),
  );
  noteNext(tx);
  return schedule(tx, name);
}

export function deleteSchedule(tx: Tx, name: string): Result<null> {
  const known = schedule(tx, name);
  if (!known.ok) return known;
  tx.sql.all("DELETE FROM schedule WHERE name = ?1", name);
  noteNext(tx);
  return ok(null);
}

/** A tick that has been is not to come again when the clock goes back. */
const nextOf = (tx: Pick<Tx, "now">, timed: Timed, lastAt: number | null): number | null =>
  timed.rule.paused ? null : nextTick(timed, Math.max(tx.now, lastAt ?? 0));

const countOf = ({ sql }: Reading): number =>
  sql.all<{ count: number }>("SELECT count(*) AS count FROM schedule")[0]?.count ?? 0;

function noteNext(tx: Tx): void {
  const [row] = tx.sql.all<{ at: number | null }>("SELECT min(next_at) AS at FROM schedule");
  tx.tally.tickAt = row?.at ?? null;
}

/** Pushes tasks, each under its key. */
type Push = (tasks: readonly NewTask[]) => Result<readonly Pushed[]>;

/**
 * Makes tasks of all ticks that are due, and notes in the same transaction which are next: a crash leaves both or neither.
 * What one slice does not reach is due still.
 */
export function tickSchedules(tx: Tx, push: Push): void {
  if ((tx.tally.tickAt ?? Number.POSITIVE_INFINITY) > tx.now) return;
  let left = MAX_FRAME_CHARACTERS;
  for (const row of dueSchedules(tx)) {
    const most = Math.min(MAX_TICKS_AT_ONCE, Math.floor(left / row.args.length));
    if (most === 0) break;
    left -= tickOne(tx, row, most, push) * row.args.length;
  }
  noteNext(tx);
}

type DueRow = ScheduleRow & { readonly next_at: number };

const dueSchedules = ({ sql, now }: Pick<Tx, "sql" | "now">): DueRow[] =>
  sql.all<DueRow>(`SELECT ${COLUMNS} FROM schedule WHERE next_at <= ?1 ORDER BY next_at, name`, now);

/** @returns how many tasks were pushed */
function tickOne(tx: Tx, row: DueRow, most: number, push: Push): number {
  const timed = timedOf(row);
  const due = dueTicks(timed, row.next_at, tx.now, most);
  const { overlap } = timed.rule;
  // Of several that are told together, the first is under way while the others come.
  const isBusy = overlap === "skip" && isUnderWay(tx, row.last_task);
  const told = overlap === "allow" ? due.ticks : due.ticks.slice(0, isBusy ? 0 : 1);
  const pushed = told.length === 0 ? null : push(told.map((at) => taskAt(row, at)));
  // It was validated when it was set; what the queue refuses now, it would refuse for ever: the next tick is tried.
  const ids = pushed?.ok ? pushed.value.map(({ id }) => id) : [];
  tx.sql.all(
    `UPDATE schedule SET next_at = ?2, last_at = coalesce(?3, last_at), last_task = coalesce(?4, last_task),
     ticks = ticks + ?5, skipped = skipped + ?6 WHERE name = ?1`,
    row.name,
    due.nextAt,
    due.ticks.at(-1) ?? null,
    ids.at(-1) ?? null,
    ids.length,
    due.ticks.length - told.length,
  );
  return ids.length;
}

function isUnderWay(tx: Tx, id: string | null): boolean {
  const row = id === null ? undefined : rowsById(tx, [id]).get(id);
  return row !== undefined && !isTerminal(statusOf(row.status));
}

const taskAt = (row: ScheduleRow, at: number): NewTask => ({
  ...(JSON.parse(row.task) as Omit<ScheduledTask, "args">),
  args: row.args,
  idempotencyKey: tickKey(row.name, at),
});

/**
 * Makes a task of it now, beside its ticks, which go on as before: they do not wait for it.
 *
 * @returns the task
 */
export function runSchedule(tx: Tx, name: string, push: Push): Result<Pushed> {
  const known = schedule(tx, name);
  if (!known.ok) return known;
  const { idempotencyKey: _none, ...task } = taskAt(known.value, tx.now);
  const pushed = push([task]);
  if (!pushed.ok) return pushed;
  return ok((pushed.value as readonly [Pushed])[0]);
}
