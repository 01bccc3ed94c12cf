/** Judges a history by what the queue lists in the end, in the manner of Jepsen's checks of queues. Pure. */

import type { Entry } from "../history.ts";
import { judgeAcks } from "./acks.ts";
import { judgeEnds } from "./ends.ts";
import { evidenceOf, markOf, type State } from "./evidence.ts";
import { type Doubled, judgeExecutions } from "./executions.ts";
import { judgeLeases } from "./leases.ts";
import { judgePushes } from "./pushes.ts";
import type { Violation } from "./violation.ts";

interface Figures {
  /** Pushes, events and executions that clients began. */
  readonly operations: number;
  /** Tasks whose push was answered. */
  readonly pushed: number;
  /** Tasks whose push was never answered, and how many of those are there. */
  readonly unknown: number;
  readonly unknownThere: number;
  readonly deliveries: number;
  readonly executions: number;
  /** Ends of leases that were answered, and those whose answer was lost. */
  readonly acked: number;
  readonly ackUnknown: number;
  /** Those refused: the lease was lost. */
  readonly ackRefused: number;
  readonly results: number;
}

export interface Verdict {
  readonly figures: Figures;
  readonly violations: readonly Violation[];
  readonly doubled: readonly Doubled[];
}

export function judge(entries: readonly Entry[], state: State): Verdict {
  const evidence = evidenceOf(entries, state);
  const { violations, doubled } = judgeExecutions(evidence);
  return {
    figures: figuresOf(entries, state),
    violations: [
      ...judgePushes(evidence),
      ...judgeAcks(evidence),
      ...violations,
      ...judgeLeases(evidence),
      ...judgeEnds(evidence),
    ],
    doubled,
  };
}

function figuresOf(entries: readonly Entry[], state: State): Figures {
  const count = (type: Entry["type"]) => entries.reduce((sum, entry) => sum + (entry.type === type ? 1 : 0), 0);
  const answered = new Set(entries.flatMap((entry) => (entry.type === "pushed" ? entry.mark : [])));
  const there = new Set(state.tasks.map((task) => markOf(task.args)));
  const marks = new Set(entries.flatMap((entry) => (entry.type === "push-unknown" ? entry.mark : [])));
  const unknown = [...marks].filter((mark) => !answered.has(mark));
  return {
    operations: count("push") + count("ack") + count("execution"),
    pushed: answered.size,
    unknown: unknown.length,
    unknownThere: unknown.filter((mark) => there.has(mark)).length,
    deliveries: count("delivery"),
    executions: count("execution"),
    acked: count("acked"),
    ackUnknown: count("ack-unknown"),
    ackRefused: count("ack-refused"),
    results: count("result"),
  };
}
