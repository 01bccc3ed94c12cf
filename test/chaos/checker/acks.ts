/** Acks: what was answered is kept, and a task ends once. */

import type { Acked } from "../history.ts";
import { type Evidence, endOf, isTerminal, type Listed } from "./evidence.ts";
import type { Violation } from "./violation.ts";

export function judgeAcks(evidence: Evidence): Violation[] {
  return [...evidence.acked.flatMap((acked) => lost(evidence, acked)), ...endedTwice(evidence)];
}

function lost({ tasks }: Evidence, acked: Acked): Violation[] {
  const task = tasks.get(acked.id);
  const violation = (why: string): Violation[] => [
    { kind: "lost ack", detail: `the ${acked.kind} of ${acked.id} under ${acked.lease} (${acked.status}): ${why}` },
  ];
  // That the task itself is gone is found where pushes are judged.
  if (!task || isKept(task, acked)) return [];
  return violation(`the task is ${task.status} with the runs ${task.runs.map(({ outcome }) => outcome).join(", ")}`);
}

/** Failures and the like are kept in the runs; what ended the task also in its status. */
function isKept(task: Listed, { kind, lease, status }: Acked): boolean {
  switch (kind) {
    case "ok":
      return task.status === "Done" && status === "Done" && endOf(task)?.lease === lease;
    case "abort":
      return task.status === "Killed" && has(task, "killed");
    case "err":
      return has(task, "failed") && (status !== "Killed" || task.status === "Killed");
    // What was never started leaves no run when it is given back.
    case "snooze":
    case "release":
      return true;
    default:
      return kind satisfies never;
  }
}

/** Runs end after twenty: then the oldest are not there to be found. */
const has = (task: Listed, outcome: string): boolean =>
  task.runs.length >= 20 || task.runs.some((run) => run.outcome === outcome);

function endedTwice({ state, acked }: Evidence): Violation[] {
  const ends = new Map<string, Set<string>>();
  for (const { id, lease, status } of acked) {
    if (isTerminal(status)) ends.set(id, (ends.get(id) ?? new Set()).add(lease));
  }
  return state.tasks.flatMap((task) => {
    const ended = task.runs.filter(({ outcome }) => outcome === "done" || outcome === "killed").length;
    const leases = ends.get(task.id)?.size ?? 0;
    if (ended <= 1 && leases <= 1) return [];
    return { kind: "ended twice" as const, detail: `${task.id} has ${ended} runs that ended it, by ${leases} leases` };
  });
}
