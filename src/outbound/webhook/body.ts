/** What is sent to a webhook: the body, and the id by which a receiver knows what it had already. */

import { type SentTask, sentTask } from "../sent-task.ts";
import type { Delivery } from "../target.ts";

/** A task, as a webhook is sent it. */
interface WebhookTask extends SentTask {
  readonly queue: string;
  readonly idempotencyKey?: string;
}

/** One body for one task, another for a batch; a queue sends always the same of them. */
export function bodyOf({ queue, tasks }: Delivery, isBatch: boolean, now: number): string {
  const timestamp = new Date(now).toISOString();
  const sent = tasks.map(inWebhook);
  return JSON.stringify(
    isBatch
      ? { type: "prinia.tasks", timestamp, data: { queue, tasks: sent } }
      : { type: "prinia.task", timestamp, data: sent[0] },
  );
}

function inWebhook(task: Delivery["tasks"][number]): WebhookTask {
  const { id, queue, idempotencyKey } = task;
  return { ...{ id, queue }, ...sentTask(task), ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
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
