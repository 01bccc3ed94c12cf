/** Executions: a task may run again only because the lease it had before ended otherwise than by success. */

import type { Delivery, Execution } from "../history.ts";
import type { Evidence, Listed } from "./evidence.ts";
import type { Violation } from "./violation.ts";

/** A task that ran again though its handler had not failed: its lease was taken back. */
export interface Doubled {
  readonly id: string;
  readonly lease: string;
  /** What became of the lease before. */
  readonly why: string;
}

/** The server's clock and ours are one, but are not read in one moment, ms. */
const SLACK_MS = 20;

const TRIED_AGAIN: ReadonlySet<string> = new Set(["failed", "snoozed", "Failed", "Pending"]);

export function judgeExecutions(evidence: Evidence): { violations: Violation[]; doubled: Doubled[] } {
  const violations: Violation[] = [];
  const doubled: Doubled[] = [];
  for (const [id, executions] of evidence.executions) {
    for (const [place, again] of executions.entries()) {
      const before = executions[place - 1];
      if (!before) continue;
      const why = explanation(evidence, before, again);
      if (why === null) violations.push({ kind: "unexplained execution", detail: unexplained(id, before, again) });
      else if (!TRIED_AGAIN.has(why)) doubled.push({ id, lease: again.lease, why });
    }
  }
  return { violations, doubled };
}

/** Why a task ran again; null when there is no reason. */
function explanation(evidence: Evidence, before: Execution, again: Execution): string | null {
  const leases = evidence.leases.get(before.id) ?? [];
  const held = leases.find(({ lease }) => lease === before.lease);
  const next = leases.find(({ lease }) => lease === again.lease);
  if (!held || !next || held.lease === next.lease) return null;
  const answer = evidence.acked.find(({ lease }) => lease === before.lease);
  if (answer && !isOver(answer.status)) return answer.status;
  const run = runOf(evidence.tasks.get(before.id), held);
  if (run?.outcome !== undefined && run.outcome !== "done" && (run.endedAt ?? 0) <= next.lockAt + SLACK_MS)
    return run.outcome;
  const lost = evidence.lost.get(before.lease);
  if (lost) return lost.reason;
  // A lease that nobody started in time leaves no trace but the time that it took.
  return next.lockAt - held.lockAt >= evidence.state.orphanAfterMs ? "expired" : null;
}

const isOver = (status: string): boolean => status === "Done" || status === "Killed";

/** The run that a lease has left: the first of its worker's since it was locked. */
const runOf = (task: Listed | undefined, { worker, lockAt }: Delivery): Listed["runs"][number] | undefined =>
  task?.runs.find((run) => run.worker === worker && run.startedAt >= lockAt);

const unexplained = (id: string, before: Execution, again: Execution): string =>
  `${id} ran under ${before.lease} (${before.worker}, ${before.at}) and again under ${again.lease} (${again.worker}, ${again.at})`;
