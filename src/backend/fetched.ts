/** Tasks as a program's own fetcher has them: an id, args, and whatever else it knows. */

import { DEFAULT_BACKOFF } from "../task/task.ts";
import { randomText } from "./outgoing.ts";
import type { LeasedTask } from "./task.ts";

/**
 * A task that a fetcher brings. What is left out is what it is for a task that runs for the first and only time: it has
 * been started by being fetched, its lease is made here, and it has no priority. A `status` of `Queued` says that it is
 * started when its handler begins; then `attempt` counts the executions before.
 */
export type FetchedTask<Args = unknown, Out = unknown> = Pick<LeasedTask<Args, Out>, "id" | "args"> &
  Partial<LeasedTask<Args, Out>>;

export function leasedOf<Args, Out>(task: FetchedTask<Args, Out>, queue: string, now: number): LeasedTask<Args, Out> {
  const { status = "Running" } = task;
  return {
    ...{ lease: randomText(), queue, status, priority: 0, attempt: status === "Queued" ? 0 : 1, maxAttempts: 1 },
    ...{ runAt: now, createdAt: now, runs: [], backoff: DEFAULT_BACKOFF, idempotencyUntil: "gone", codec: "json" },
    ...{ meta: {}, revision: 1 },
    ...task,
  };
}
