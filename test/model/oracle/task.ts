/** A task as the model knows it. */

import type { Status } from "../../../src/task/status.ts";
import type { Backoff, IdempotencyUntil, Outcome } from "../../../src/task/task.ts";

/** A text of which the contract gives the beginning alone, until it is seen. */
interface Beginning {
  readonly begins: string;
}

export type Text = string | Beginning;

/** Bounds of an instant that hangs on chance, until it is seen. */
export interface Between {
  readonly from: number;
  readonly to: number;
}

export interface ModelRun {
  readonly attempt: number;
  readonly worker: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
  error?: Text;
  readonly logs?: readonly string[];
}

/** A registration of a worker's name. */
export interface ModelSession {
  /** As the system calls it. */
  readonly token: string;
  readonly worker: string;
  superseded: boolean;
  /** The last sign of life that this process had; `null` when it had none since it started. */
  heardAt: number | null;
  /** The one that is written down: once in a third of the deadline, while it holds leases. */
  writtenAt: number;
  /** Since when it is known to be missing: a process that never heard it found it silent for too long. */
  missingAt: number | null;
}

export interface ModelTask {
  readonly id: string;
  /** Its place in the order of creation. */
  readonly order: number;
  args: unknown;
  status: Status;
  priority: number;
  attempt: number;
  maxAttempts: number;
  runAt: number | Between;
  readonly createdAt: number;
  backoff: Backoff;
  timeoutMs: number | null;
  key: string | null;
  readonly until: IdempotencyUntil;
  /** Whether nobody else may have the key. */
  holdsKey: boolean;
  readonly group: string | null;
  progress: unknown;
  meta: Readonly<Record<string, unknown>>;
  lastResult: { readonly ok: unknown } | { err: Text } | null;
  /** Executions that ended, oldest first. */
  runs: ModelRun[];
  doneAt: number | null;
  /** The live lease, its holder, and when it was given. */
  lease: string | null;
  holder: ModelSession | null;
  lockAt: number | null;
  /** Of the execution under way. */
  startedAt: number | null;
  deadline: number | null;
  /** Orphanings from Queued in a row, by workers that died. */
  strikes: number;
  /** The lease that ended by its holder's own word, and the first answer to that. */
  ended: { readonly lease: string; readonly kind: string; readonly status: Status; readonly by: ModelSession } | null;
  /** Executions that there were, whether remembered or not. */
  executions: number;
  revision: number;
}

export const isTerminal = ({ status }: ModelTask): boolean => status === "Done" || status === "Killed";
export const isLeased = ({ status }: ModelTask): boolean => status === "Queued" || status === "Running";
export const isWaiting = ({ status }: ModelTask): boolean => status === "Pending" || status === "Failed";

/** When it may run; the latest that it can be while it is unknown. */
export const runAtOf = ({ runAt }: ModelTask): number => (typeof runAt === "number" ? runAt : runAt.to);
