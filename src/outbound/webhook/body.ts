/** What is sent to a webhook: the body, and the id by which a receiver knows what it had already. */

import type { Delivery } from "../target.ts";

/** A task, as a webhook is sent it. */
interface WebhookTask {
  readonly id: string;
  readonly queue: string;
  /** JSON; a base64 string for a task with a `codec`. */
  readonly args: unknown;
  /** Left out for JSON. */
  readonly codec?: string;
  /** From 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Unix ms. */
  readonly createdAt: number;
  readonly priority: number;
  readonly idempotencyKey?: string;
  readonly groupKey?: string;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** One body for one task, another for a batch; a queue sends always the same of them. */
export function bodyOf({ queue, tasks }: Delivery, isBatch: boolean, now: number): string {
  const timestamp = new Date(now).toISOString();
  const sent = tasks.map(sentTask);
  return JSON.stringify(
    isBatch
      ? { type: "prinia.tasks", timestamp, data: { queue, tasks: sent } }
      : { type: "prinia.task", timestamp, data: sent[0] },
  );
}

function sentTask(task: Delivery["tasks"][number]): WebhookTask {
  const { id, queue, args, attempt, maxAttempts, createdAt, priority, meta } = task;
  const { codec, idempotencyKey, groupKey } = task;
  return {
    ...{ id, queue, args, attempt, maxAttempts, createdAt, priority, meta },
    ...(codec === "json" ? {} : { codec }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(groupKey === undefined ? {} : { groupKey }),
  };
}

/**
 * The same for each attempt: the task's id; of a batch a digest of its tasks' ids in any order, so that the same batch is
 * known again. Batches are put together anew for each attempt, so a receiver of batches looks at the ids of the tasks.
 */
export async function messageId({ tasks }: Delivery, isBatch: boolean): Promise<string> {
  const ids = tasks.map(({ id }) => id);
  if (!isBatch) return ids[0] ?? "";
  const text = new TextEncoder().encode(ids.toSorted().join("\n"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text)).subarray(0, 16);
  return `batch_${[...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
