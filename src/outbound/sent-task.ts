/** A task as the other side of a call is given it. */

import type { Delivery } from "./target.ts";

export interface SentTask {
  readonly id: string;
  /** JSON; a base64 string for a task with a `codec`. */
  readonly args: unknown;
  /** Left out for JSON. */
  readonly codec?: string;
  /** From 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Instant, ms. */
  readonly createdAt: number;
  readonly priority: number;
  readonly groupKey?: string;
  /** With `traceparent` and `tracestate` where the task has a trace. */
  readonly meta: Readonly<Record<string, unknown>>;
}

export function sentTask(task: Delivery["tasks"][number]): SentTask {
  const { id, args, attempt, maxAttempts, createdAt, priority, meta, codec, groupKey } = task;
  return {
    ...{ id, args, attempt, maxAttempts, createdAt, priority, meta },
    ...(codec === "json" ? {} : { codec }),
    ...(groupKey === undefined ? {} : { groupKey }),
  };
}
