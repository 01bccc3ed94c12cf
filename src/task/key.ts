/** Idempotency keys: a key belongs to its group, or to the queue when there is no group. */

import { isTerminal, type Status } from "./status.ts";
import type { IdempotencyUntil } from "./task.ts";

export interface Keyed {
  readonly idempotencyKey?: string | undefined;
  readonly groupKey?: string | undefined;
}

/** Names a key within its group, for maps. */
export const keyName = (task: Keyed): string => JSON.stringify([task.idempotencyKey, task.groupKey ?? null]);

/** Whether a task of this status has let go of its idempotency key. */
export const isKeyFreed = (status: Status, until: IdempotencyUntil | null): boolean =>
  until === "terminal" && isTerminal(status);
