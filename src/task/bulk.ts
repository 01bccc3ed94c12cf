/** Verbs that many tasks are given at once. */

import type { TaskEvent } from "./state.ts";

export const BULK_VERBS = ["resume", "cancel", "reschedule", "delete"] as const;

export type BulkVerb = (typeof BULK_VERBS)[number];

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
