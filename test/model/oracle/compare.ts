/** Holds a task that is shown against the model's; what the contract leaves to chance is taken over from it. */

import type { SeenTask } from "../port.ts";
import { must, same } from "../violation.ts";
import type { ModelQueue } from "./queue.ts";
import type { ModelRun, ModelTask, Text } from "./task.ts";

/** @throws Violation when it is another than the model's */
export function compare(task: ModelTask, seen: SeenTask, q: ModelQueue): void {
  takeOver(task, seen);
  const due = viewOf(task);
  const { revision, queue: _, ...rest } = seen;
  if (!same(rest, due)) {
    const fields = [...new Set([...Object.keys(rest), ...Object.keys(due)])] as (keyof typeof due)[];
    const wrong = fields.filter((field) => !same(rest[field], due[field]));
    const shown = wrong.map((field) => [field, { seen: rest[field] ?? null, due: due[field] ?? null }]);
    must(false, `task ${seen.id} is shown wrong`, Object.fromEntries(shown));
  }
  judgeRevision(task, revision, q.changed.has(task));
}

/** It grows with every write that one can see, and stays where nothing was written. */
function judgeRevision(task: ModelTask, revision: number, mayHaveChanged: boolean): void {
  const isRight = mayHaveChanged ? revision > task.revision : revision === task.revision;
  must(isRight, `the revision of task ${task.id}`, { before: task.revision, seen: revision, mayHaveChanged });
}

function takeOver(task: ModelTask, { runAt, lastResult, runs }: SeenTask): void {
  if (typeof task.runAt !== "number" && runAt >= task.runAt.from && runAt <= task.runAt.to) task.runAt = runAt;
  if (task.lastResult && "err" in task.lastResult && lastResult && "err" in lastResult) {
    task.lastResult = { err: taken(task.lastResult.err, lastResult.err) };
  }
  for (const [at, run] of task.runs.entries()) {
    if (run.error !== undefined) run.error = taken(run.error, runs[at]?.error ?? "");
  }
}

const taken = (text: Text, seen: string): Text =>
  typeof text !== "string" && seen.startsWith(text.begins) ? seen : text;

/** As it must be shown, without what the model does not foretell: the revision. */
function viewOf(task: ModelTask) {
  const { key, group, timeoutMs, lockAt, holder, doneAt, progress } = task;
  return {
    ...{ id: task.id, args: task.args, status: task.status, priority: task.priority, attempt: task.attempt },
    ...{ maxAttempts: task.maxAttempts, runAt: task.runAt, createdAt: task.createdAt, backoff: task.backoff },
    ...{ idempotencyUntil: task.until, codec: "json", meta: task.meta, progress },
    lockAt: lockAt ?? undefined,
    lockBy: holder?.worker,
    doneAt: doneAt ?? undefined,
    lastResult: task.lastResult ?? undefined,
    runs: runsOf(task),
    timeoutMs: timeoutMs ?? undefined,
    idempotencyKey: key ?? undefined,
    groupKey: group ?? undefined,
  };
}

/** The execution under way is the last, without an end. */
function runsOf({ runs, status, attempt, holder, startedAt }: ModelTask): Partial<ModelRun>[] {
  if (status !== "Running") return runs;
  const open = { attempt, worker: holder?.worker ?? "", startedAt: startedAt ?? -1 };
  return [...runs, open].slice(-20);
}
