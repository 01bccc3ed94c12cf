/** Dead letters: a task that fails for good is copied into another queue before its own queue hears of its end. */

import { DEAD_LETTER_RETRY_MS } from "../limits.ts";
import type { HolderEvent, NewTask } from "../task/task.ts";
import type { Delivery, Target } from "./target.ts";

type Leased = Delivery["tasks"][number];

/** Pushes a task into the other queue. Rejects when that cannot be done now. */
type Bury = (letter: NewTask) => Promise<void>;

/**
 * The copy comes first: if the object ends between the two, the task is tried again and copied again, and its key makes
 * both copies one. While the other queue cannot be reached the task snoozes, rather than to be lost.
 */
export const withDeadLetters = (target: Target, bury: Bury): Target => ({
  ...target,
  settle: async ({ tasks }, events) => {
    const byLease = new Map(tasks.map((task) => [task.lease, task]));
    return Promise.all(events.map((event) => buried(byLease.get(event.lease), event, bury)));
  },
});

async function buried(task: Leased | undefined, event: HolderEvent, bury: Bury): Promise<HolderEvent> {
  if (task === undefined || !isDeadly(task, event)) return event;
  try {
    await bury(letterOf(task));
    return event;
  } catch {
    return { type: "snooze", id: event.id, lease: event.lease, delayMs: DEAD_LETTER_RETRY_MS };
  }
}

/** Whether a task is killed by it. */
function isDeadly({ attempt, maxAttempts }: Leased, event: HolderEvent): boolean {
  if (event.type !== "ack" || !("err" in event.result)) return false;
  return event.result.abort === true || attempt >= maxAttempts;
}

const letterOf = ({ id, queue, args, codec, priority, meta }: Leased): NewTask => ({
  args: JSON.stringify(args),
  priority,
  codec,
  meta: { ...meta, deadLetterOf: id, deadLetterFrom: queue },
  idempotencyKey: `dead letter ${id}`,
});
