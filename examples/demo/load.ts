/** The load: pushes all that is planned, a batch at a time on each lane, and waits for the results as they come. */

import { type DurableBackend, type NoResult, type TaskResult, unwrap } from "prinia";
import type { Digest } from "./digest.ts";
import type { FileArgs, Planned } from "./plan.ts";

export type FileQueue = DurableBackend<FileArgs, Digest>;

/** What became of a task. */
export interface Outcome {
  readonly planned: Planned;
  readonly id: string;
  readonly results: (TaskResult<Digest> | NoResult)[];
  /** From the call of push to the first result, ms. */
  latencyMs: number;
}

export interface LoadOptions {
  readonly signal?: AbortSignal;
  /** Push so that it can be tried again: one more row a task, and no push fails though the server goes away for a while. */
  readonly retry?: boolean;
  /** Is told of each result. */
  readonly onResult?: () => void;
}

/** Enough to keep the workers busy, few enough that a result does not wait long behind others. */
const BATCH = 100;
const LANES = 4;

/** Resolves when every task has its result. */
export async function runLoad(
  queue: FileQueue,
  plan: readonly Planned[],
  options: LoadOptions = {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < plan.length) {
      const batch = plan.slice(next, next + BATCH);
      next += BATCH;
      outcomes.push(...(await runBatch(queue, batch, options)));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return outcomes;
}

async function runBatch(
  queue: FileQueue,
  batch: readonly Planned[],
  { signal, retry, onResult }: LoadOptions,
): Promise<Outcome[]> {
  const pushedAt = performance.now();
  const pushed = await queue.pushTasks(
    batch.map(({ task }) => task),
    { signal, retry },
  );
  const outcomes = pushed.flatMap(({ id }, at): Outcome[] => {
    const planned = batch[at];
    return planned ? [{ planned, id, results: [], latencyMs: 0 }] : [];
  });
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  for await (const result of queue.waitFor(byId.keys(), { signal })) {
    const outcome = byId.get(result.id);
    if (!outcome) throw new Error(`a result came for ${result.id}, which was not asked for`);
    outcome.results.push(result);
    outcome.latencyMs = performance.now() - pushedAt;
    onResult?.();
  }
  return outcomes;
}

/** Runs tasks one after the other; answers how long each took from push to result, ms. */
export async function runAlone(queue: FileQueue, plan: readonly Planned[], signal?: AbortSignal): Promise<number[]> {
  const latencies: number[] = [];
  for (const { task } of plan) {
    const pushedAt = performance.now();
    unwrap(await queue.waitForSingle(await queue.push(task.args), { signal }));
    latencies.push(performance.now() - pushedAt);
  }
  return latencies;
}
