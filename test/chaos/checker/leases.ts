/** Leases: one at a time, none too early, none too many. */

import type { Delivery } from "../history.ts";
import { type Evidence, type Listed, markOf } from "./evidence.ts";
import type { Violation } from "./violation.ts";

/** The server's clock and ours are one, but are not read in one moment, ms. */
const SLACK_MS = 20;

export function judgeLeases(evidence: Evidence): Violation[] {
  const wanted = new Map(evidence.pushes.flatMap(({ mark, runAt }) => (runAt === undefined ? [] : [[mark, runAt]])));
  const violations: Violation[] = [];
  for (const [id, leases] of evidence.leases) {
    const task = evidence.tasks.get(id);
    const runAt = wanted.get(markOf(task?.args) ?? Number.NaN) ?? 0;
    violations.push(...leases.flatMap((lease) => [...early(lease, runAt), ...beyond(lease), ...late(lease, task)]));
  }
  violations.push(...stale(evidence), ...evidence.state.tasks.flatMap((task) => [...overlapping(task), ...over(task)]));
  return violations;
}

function early({ id, lockAt, runAt }: Delivery, wanted: number): Violation[] {
  const due = Math.max(runAt, wanted);
  return lockAt >= due
    ? []
    : [{ kind: "before runAt", detail: `${id} was claimed ${due - lockAt} ms before it was due` }];
}

/** A Queued task has not begun the attempt that it is claimed for, so it may hold all but one. */
function beyond({ id, attempt, maxAttempts }: Delivery): Violation[] {
  if (attempt <= maxAttempts) return [];
  return [{ kind: "beyond maxAttempts", detail: `${id} was delivered for attempt ${attempt} of ${maxAttempts}` }];
}

function over({ id, attempt, maxAttempts }: Listed): Violation[] {
  if (attempt <= maxAttempts) return [];
  return [{ kind: "beyond maxAttempts", detail: `${id} has ${attempt} attempts of ${maxAttempts}` }];
}

function late({ lease, lockAt }: Delivery, task: Listed | undefined): Violation[] {
  if (task?.doneAt === undefined || lockAt <= task.doneAt) return [];
  return [{ kind: "ended twice", detail: `${task.id} was claimed under ${lease} after its end` }];
}

/** An event of a lease that was sent when the task had the next one, and was taken all the same. */
function stale({ leases, acked, sentAt }: Evidence): Violation[] {
  return acked.flatMap(({ id, lease, call }) => {
    const all = leases.get(id) ?? [];
    const next = all[all.findIndex((one) => one.lease === lease) + 1];
    const sent = sentAt.get(call);
    if (!next || next.lease === lease || sent === undefined || !all.some((one) => one.lease === lease)) return [];
    if (sent <= next.lockAt + SLACK_MS) return [];
    const detail = `${id}: ${lease} was taken ${sent - next.lockAt} ms after the task had ${next.lease}`;
    return { kind: "two live leases" as const, detail };
  });
}

function overlapping({ id, runs }: Listed): Violation[] {
  return runs.flatMap((run, place) => {
    const next = runs[place + 1];
    if (!next || (run.endedAt ?? Number.POSITIVE_INFINITY) <= next.startedAt) return [];
    const detail = `${id}: attempt ${run.attempt} ended at ${run.endedAt}, when the next had begun at ${next.startedAt}`;
    return { kind: "two live leases" as const, detail };
  });
}
