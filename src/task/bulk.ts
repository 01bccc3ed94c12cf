/** Verbs that many tasks are given at once. */

import type { TaskEvent } from "./state.ts";

export type BulkVerb = "resume" | "cancel" | "reschedule" | "delete";

/**
 * What a verb means for one task.
 *
 * @param runAt for reschedule, ms
 * @param isAbandoned asked for resume alone: whether the task's holder is known to be dead
 */
export function bulkEvent(verb: BulkVerb, runAt: number, isAbandoned: () => boolean): TaskEvent {
  switch (verb) {
    case "resume":
      return { type: "resume", abandoned: isAbandoned() };
    case "cancel":
    case "delete":
      return { type: verb };
    case "reschedule":
      return { type: "reschedule", runAt };
    default:
      return verb satisfies never;
  }
}
