/** The invariants (a) to (j) of the contract, held against what the system shows after each step. */

import type { ModelQueue } from "./oracle/queue.ts";
import { isLeased, isTerminal, type ModelSession } from "./oracle/task.ts";
import { deathAt } from "./oracle/workers.ts";
import type { Bill, Call, SeenTask, Sight } from "./port.ts";
import { must } from "./violation.ts";

export interface Step {
  readonly before: Sight | null;
  readonly after: Sight;
  /** What was called; nothing for time, alarms and restarts. */
  readonly calls: readonly Call[];
  readonly bill: Bill | null;
}

export function invariants(q: ModelQueue, step: Step): void {
  for (const task of step.after.tasks) ofTask(q, task);
  ofLeases(q);
  ofCounts(step.after);
  ofTerminals(q, step);
  ofAlarm(q, step.after);
  ofPushes(q, step.after);
  if (step.bill) ofRows(q, step.bill);
}

/** (b) attempts, (c) runs. */
function ofTask(q: ModelQueue, { id, attempt, maxAttempts, runs }: SeenTask): void {
  must(attempt <= maxAttempts, "(b) attempt ≤ maxAttempts", id, { attempt, maxAttempts });
  const executions = q.tasks.get(id)?.executions ?? 0;
  must(runs.length === Math.min(20, executions), "(c) every execution appears once in runs", id, { executions, runs });
}

/** (a) and (i): no lease is live twice. That a claim gives out nothing that is leased is looked at as it is answered. */
function ofLeases(q: ModelQueue): void {
  const live = [...q.tasks.values()].filter(isLeased).map(({ lease }) => lease);
  must(new Set(live).size === live.length && !live.includes(null), "(a) at most one live lease per task", live);
}

/** (d) */
function ofCounts({ counts, tasks }: Sight): void {
  const sum = Object.values(counts).reduce((total, count) => total + count, 0);
  must(sum === tasks.length, "(d) counters sum to rows", counts, tasks.length);
}

const LEAVING_DONE = new Set(["delete", "vacuum", "purge", "drop", "bulk"]);
const LEAVING_KILLED = new Set([...LEAVING_DONE, "resume", "reschedule"]);

/** (e); by alarm, rows go whose retention is over. */
function ofTerminals(q: ModelQueue, { before, after, calls }: Step): void {
  const now = new Map(after.tasks.map((task) => [task.id, task.status]));
  for (const { id, status, doneAt } of before?.tasks ?? []) {
    if ((status !== "Done" && status !== "Killed") || now.get(id) === status) continue;
    const { doneMs, killedMs } = q.config.retention;
    const keptMs = (status === "Done" ? doneMs : killedMs) ?? Infinity;
    const isOver = calls.length === 0 && !now.has(id) && (doneAt ?? 0) + keptMs <= q.now;
    const verbs = status === "Done" ? LEAVING_DONE : LEAVING_KILLED;
    const isMoved = calls.some(({ verb }) => verbs.has(verb));
    must(isOver || isMoved, `(e) ${id} left its terminal state`, { status, calls, now: now.get(id) });
  }
}

/** (f) The alarm is never later than the earliest deadline. */
function ofAlarm(q: ModelQueue, { alarmAt }: Sight): void {
  for (const task of q.tasks.values()) {
    for (const [what, at] of deadlines(q, task.holder, task.id)) {
      const latest = Math.max(at, q.now);
      must(alarmAt !== null && alarmAt <= latest, `(f) the alarm is late for ${what} of ${task.id}`, {
        ...{ now: q.now, alarmAt, deadline: at },
      });
    }
  }
}

function deadlines(q: ModelQueue, holder: ModelSession | null, id: string): [string, number][] {
  const task = q.tasks.get(id);
  const found: [string, number][] = [];
  if (!task) return found;
  if (holder) found.push(["the death of the holder", deathAt(q, holder) ?? foundMissingAt(q, holder)]);
  if (task.status === "Queued") found.push(["the start", (task.lockAt ?? 0) + q.config.orphanAfterMs]);
  if (task.deadline !== null) found.push(["the timeout", task.deadline]);
  const keptUntil = isTerminal(task) ? q.keptUntil(task) : null;
  if (keptUntil !== null) found.push(["the retention", keptUntil + q.retentionSlackMs]);
  return found;
}

/** A new process first looks; from then on silence counts. */
const foundMissingAt = (q: ModelQueue, { writtenAt }: ModelSession): number =>
  Math.max(q.restartedAt ?? 0, writtenAt + q.config.orphanAfterMs) + q.config.orphanAfterMs;

/** (g) A push that was answered is found again: only what the model knows to be removed is not there. */
function ofPushes(q: ModelQueue, { tasks }: Sight): void {
  const there = new Set(tasks.map(({ id }) => id));
  for (const id of q.tasks.keys()) must(there.has(id), `(g) ${id} was pushed, and is lost`);
  must(there.size === q.tasks.size, "nothing is there that was not pushed, or was removed", [...there]);
}

/** (j) */
function ofRows(q: ModelQueue, bill: Bill): void {
  const { task, session, commits, settings } = q.costs;
  const history = q.costs.history(q.now);
  if (bill.state > 0) q.costs.wrote(q.now);
  // An alarm of its own may come with each transaction, and the report to the directory is one more.
  const budget = { task, session, state: commits + settings + history + 1, alarms: commits + 1 };
  const isWithin = (Object.keys(budget) as (keyof Bill)[]).every((line) => bill[line] <= budget[line]);
  must(isWithin, "(j) the rows written stay within the budget", { bill, budget });
}
