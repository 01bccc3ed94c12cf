/** Whether a lease is lost, told from what became of its task. */

import type { Status } from "../../task/status.ts";
import type { LostReason } from "../../task/task.ts";
import type { TaskResultView } from "../../task/view.ts";

/** What a worker holds, as it was handed over. */
export interface Held {
  readonly id: string;
  readonly lease: string;
  readonly status: Status;
  readonly attempt: number;
}

/**
 * Why a lease is lost, as far as its task's status can tell; nothing when it may well be live. A task that another
 * worker holds in the same attempt is not told apart: the next report of it will be.
 */
export function lostReason(
  held: Held,
  now: Pick<TaskResultView<unknown>, "status" | "attempt" | "result">,
): LostReason | undefined {
  const wasRunning = held.status === "Running";
  const error = now.result && "err" in now.result ? now.result.err : "";
  switch (now.status) {
    case "Running":
      return now.attempt > (wasRunning ? held.attempt : held.attempt + 1) ? "orphaned" : undefined;
    case "Queued":
      return wasRunning || now.attempt > held.attempt ? "orphaned" : undefined;
    case "Pending":
      // What was not begun goes back when it is not begun soon.
      return wasRunning ? "rescheduled" : "orphaned";
    case "Failed":
      return reasonIn(error);
    case "Killed":
      return error === "cancelled" ? "cancelled" : reasonIn(error);
    case "Done":
      return "orphaned";
    default:
      return now.status satisfies never;
  }
}

const reasonIn = (error: string): LostReason => (error.startsWith("timed out") ? "timeout" : "orphaned");
