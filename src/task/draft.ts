/** The state of a task that is pushed. */

import { completeBackoff } from "./backoff.ts";
import type { TaskState } from "./state.ts";
import type { NewTask, QueueConfig } from "./task.ts";

/** What the push leaves out comes from the queue's defaults. */
export function newState(task: NewTask, defaults: QueueConfig["defaults"], now: number): TaskState {
  return {
    status: "Pending",
    attempt: 0,
    maxAttempts: task.maxAttempts ?? defaults.maxAttempts,
    runAt: task.runAt ?? (task.delayMs === undefined ? now : now + task.delayMs),
    timeoutMs: task.timeoutMs ?? defaults.timeoutMs,
    backoff: task.backoff ? completeBackoff(task.backoff) : defaults.backoff,
    strikes: 0,
    token: null,
    lockAt: null,
    startedAt: null,
    deadline: null,
    doneAt: null,
    past: null,
  };
}

interface Ordered {
  readonly priority: number;
  readonly state: Pick<TaskState, "runAt">;
  readonly seq: number;
}

/** The order in which tasks are claimed: priority descending, then `runAt`, then sequence. */
export const inOrder = (a: Ordered, b: Ordered): number =>
  b.priority - a.priority || a.state.runAt - b.state.runAt || a.seq - b.seq;
