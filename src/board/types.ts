/** What the server answers the board, as far as the client does not say it already. */

import type {
  QueueInfo as ClientQueueInfo,
  QueueStats as ClientQueueStats,
  RunningWorker,
  Totals,
} from "../client/index.ts";

export type Scope = "push" | "work" | "read" | "manage" | "admin";

/** What a queue has cost since its first task. */
interface Costs {
  readonly rowsWritten: number;
  readonly alarmsSet: number;
  readonly commits: number;
}

export type QueueStats = ClientQueueStats & Costs;
/** In the list of queues, which has all of it where the snapshot told it. */
export type QueueInfo = ClientQueueInfo & Partial<QueueStats>;

export type AllStats = Totals & { readonly asOf: number };

export type WorkerInfo = RunningWorker;

/** A task's change; only `id` and `gone` once it is gone. */
export interface TaskChange {
  readonly id: string;
  readonly queue?: string;
  readonly status?: string;
  readonly attempt?: number;
  readonly priority?: number;
  readonly runAt?: number;
  readonly gone?: true;
}

export type Topic = "tasks" | "workers" | "stats";

/** `partition` is the socket's; over all queues it is 0. */
export type LiveEvent = { readonly partition: number } & (
  | { readonly topic: "tasks"; readonly tasks: readonly TaskChange[] }
  | { readonly topic: "workers"; readonly workers: readonly WorkerInfo[] }
  | { readonly topic: "stats"; readonly stats: QueueInfo | QueueStats | AllStats }
  /** The connection broke and is back: whatever was shown may have changed meanwhile, so read it anew. */
  | { readonly topic: "reconnected" }
);
