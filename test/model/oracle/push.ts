/** A push: new tasks, or those that have the keys already. */

import type { Status } from "../../../src/task/status.ts";
import type { CallOf, TaskToPush } from "../port.ts";
import { must } from "../violation.ts";
import { wholeBackoff } from "./moves.ts";
import type { ModelQueue } from "./queue.ts";
import type { ModelTask } from "./task.ts";

interface Pushed {
  readonly id: string;
  readonly status: Status;
  readonly created: boolean;
}

export function judgePush(q: ModelQueue, { tasks }: CallOf<"push">, answer: { tasks: readonly Pushed[] }): void {
  must(answer.tasks.length === tasks.length, "each task has its answer", answer);
  for (const [at, pushed] of answer.tasks.entries()) {
    const task = tasks[at] as TaskToPush;
    const { idempotencyKey: key, groupKey = null } = task;
    const known = key === undefined ? undefined : q.keyHolder(key, groupKey);
    must(pushed.created === !known, "a key is made use of once", task, pushed);
    if (known) must(pushed.id === known.id && pushed.status === known.status, "the one that has the key", pushed);
    else add(q, pushed, task);
  }
}

function add(q: ModelQueue, { id, status }: Pushed, given: TaskToPush): void {
  must(!q.allIds.includes(id), "an id is new", id);
  must(status === "Pending", "nobody waits for it", id);
  const { defaults } = q.config;
  const task: ModelTask = {
    id,
    order: q.order++,
    args: given.args,
    status: "Pending",
    priority: given.priority ?? defaults.priority,
    attempt: 0,
    maxAttempts: given.maxAttempts ?? defaults.maxAttempts,
    runAt: given.runAt ?? q.now + (given.delayMs ?? 0),
    createdAt: q.now,
    backoff: given.backoff ? wholeBackoff(given.backoff) : defaults.backoff,
    timeoutMs: given.timeoutMs ?? defaults.timeoutMs,
    key: given.idempotencyKey ?? null,
    until: given.idempotencyUntil ?? "gone",
    holdsKey: given.idempotencyKey !== undefined,
    group: given.groupKey ?? null,
    progress: undefined,
    meta: given.meta ?? {},
    lastResult: null,
    runs: [],
    ...{ doneAt: null, lease: null, holder: null, lockAt: null, startedAt: null, deadline: null, ended: null },
    strikes: 0,
    executions: 0,
    revision: 1,
  };
  q.costs.pushed(task);
  q.tasks.set(id, task);
  q.allIds.push(id);
}
