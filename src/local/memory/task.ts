/** A task as it is kept in memory, and as the world sees it. */

import { MAX_RUNS } from "../../limits.ts";
import { formatLease } from "../../task/id.ts";
import { present } from "../../task/present.ts";
import type { TaskState } from "../../task/state.ts";
import type { IdempotencyUntil, RawJson, Run } from "../../task/task.ts";
import type { LastResult, LeasedTaskView, TaskResultView, TaskView } from "../../task/view.ts";
import type { Heap, Slotted } from "../heap.ts";
import type { Session } from "./sessions.ts";

export interface MemoryTask extends Slotted {
  readonly seq: number;
  readonly id: string;
  readonly createdAt: number;
  readonly groupKey: string | undefined;
  /** `null` for JSON. */
  readonly codec: string | null;
  readonly idempotencyUntil: IdempotencyUntil;
  /** Gone when another task took it while this one had let go of it. */
  idempotencyKey: string | undefined;
  state: TaskState;
  priority: number;
  args: RawJson;
  meta: Readonly<Record<string, unknown>>;
  /** Whose lease it is, while leased. */
  holder: Session | null;
  /** Executions that ended. */
  runs: readonly Run[];
  result: LastResult | null;
  progress: RawJson | null;
  revision: number;
  /** Where it waits for something: to be claimed, to be started, to time out, to be removed. */
  heap: Heap<MemoryTask> | null;
  gone: boolean;
}

/** The live lease as its holder knows it. */
export const leaseOf = ({ state, seq }: MemoryTask): string => formatLease(state.token ?? 0, seq);

function runsOf({ runs, state, holder }: MemoryTask): readonly Run[] {
  if (state.startedAt === null) return runs;
  const underWay: Run = { attempt: state.attempt, worker: holder?.worker ?? "", startedAt: state.startedAt };
  return [...runs, underWay].slice(-MAX_RUNS);
}

export function viewOf(queue: string, task: MemoryTask): TaskView {
  const { state } = task;
  return {
    id: task.id,
    queue,
    args: task.args,
    status: state.status,
    priority: task.priority,
    attempt: state.attempt,
    maxAttempts: state.maxAttempts,
    runAt: state.runAt,
    createdAt: task.createdAt,
    ...present("lockAt", state.lockAt),
    ...present("lockBy", task.holder?.worker),
    ...present("doneAt", state.doneAt),
    ...present("lastResult", task.result),
    runs: runsOf(task),
    backoff: state.backoff,
    ...present("timeoutMs", state.timeoutMs),
    ...present("idempotencyKey", task.idempotencyKey),
    idempotencyUntil: task.idempotencyUntil,
    ...present("groupKey", task.groupKey),
    codec: task.codec ?? "json",
    ...present("progress", task.progress),
    meta: task.meta,
    revision: task.revision,
  };
}

export const leasedViewOf = (queue: string, task: MemoryTask): LeasedTaskView => ({
  ...viewOf(queue, task),
  lease: leaseOf(task),
});

export function resultViewOf({ id, state, result, codec }: MemoryTask): TaskResultView {
  return {
    id,
    status: state.status,
    attempt: state.attempt,
    ...present("result", result),
    ...(result && "ok" in result ? present("codec", codec) : {}),
  };
}
