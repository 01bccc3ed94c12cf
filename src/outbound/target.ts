/** Where a queue hands its tasks by itself: the code of another Worker, or a URL. */

import type { HolderEvent } from "../task/task.ts";
import type { LeasedTaskView } from "../task/view.ts";

/** One call: tasks that are leased to the target, in the order in which they were claimed. */
export interface Delivery {
  readonly queue: string;
  readonly tasks: readonly LeasedTaskView<unknown>[];
  /** Fires when the call has lasted too long, or when no lease of it is held any more. */
  readonly signal: AbortSignal;
}

/** What a target made of a call. */
export interface Receipt {
  /** At most one end for each task. A task without one has failed, with a message that says so. */
  readonly events: readonly HolderEvent[];
  /** The target asks to be left alone for so long: nothing is handed to it until then. */
  readonly restMs?: number | undefined;
}

export interface Target {
  /** The name by which ListWorkers shows it. */
  readonly worker: string;
  /** The most tasks that one call takes. */
  readonly batchSize: number;
  /** How long a call that is not full waits for company, in ms. */
  readonly batchWaitMs: number;
  /** The most calls at a time. */
  readonly concurrency: number;
  /** The most calls that begin in a second; no limit when it is left out. */
  readonly perSecond?: number | undefined;
  /** How long a call may last, in ms. */
  readonly timeoutMs: number;
  /** Hands tasks over. If it rejects, each task of the call has failed with that error. */
  deliver(delivery: Delivery): Promise<Receipt>;
  /** Does what must be done before the ends of a call are reported, and may report others instead. Never rejects. */
  settle?(delivery: Delivery, events: readonly HolderEvent[]): Promise<readonly HolderEvent[]>;
}
