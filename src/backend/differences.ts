/** What a program changed of a task since it was fetched. */

import { PriniaError } from "../task/errors.ts";
import type { TaskView } from "../task/view.ts";
import type { Codecs } from "./codec.ts";
import type { Changes } from "./port.ts";
import type { Task } from "./task.ts";

const WRITABLE = ["priority", "runAt", "maxAttempts", "backoff", "timeoutMs", "meta"] as const;

/**
 * Holds a task against what stands: while the revision is the one that was fetched, what differs is what was changed.
 *
 * @throws PriniaError `revision_conflict` when somebody else changed it meanwhile
 */
export function differences(stands: TaskView<unknown>, task: Task, codecs: Codecs): Changes {
  if (stands.revision !== task.revision) {
    const detail = `The task ${task.id} was changed meanwhile: it has revision ${stands.revision}, and ${task.revision} was fetched. Fetch it again.`;
    throw new PriniaError({ code: "revision_conflict", detail, taskStatus: stands.status, status: 409 });
  }
  const changes: Record<string, unknown> = { revision: task.revision };
  const args = codecs.encode(task.args);
  if (!isSame(args, stands.args)) changes.args = args;
  for (const field of WRITABLE) {
    // A timeout that was taken off is cleared; the other fields a task always has.
    if (!isSame(task[field], stands[field])) changes[field] = task[field] ?? null;
  }
  return changes;
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
