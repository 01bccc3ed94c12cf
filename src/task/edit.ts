/** What a user may change of a task, held against the task. */

import { completeBackoff } from "./backoff.ts";
import { fail } from "./result.ts";
import type { StatePatch } from "./state.ts";
import type { Status } from "./status.ts";
import type { QueueConfig, TaskPatch } from "./task.ts";
import { isBase64Json } from "./text.ts";

/** What a patch is held against; `codec` is `null` for JSON. */
interface Edited {
  readonly revision: number;
  readonly status: Status;
  readonly codec: string | null;
}

/** Why a patch does not fit the task, whatever its status: `null` when it does. */
export function misfit(patch: TaskPatch, { revision, status, codec }: Edited): ReturnType<typeof fail> | null {
  if (patch.revision !== undefined && patch.revision !== revision) {
    const detail = `The task has revision ${revision}, not ${patch.revision}: read it again, then change it.`;
    return fail("revision_conflict", detail, { taskStatus: status });
  }
  if (patch.args !== undefined && codec !== null && !isBase64Json(patch.args)) {
    const detail = `A task with the codec ${JSON.stringify(codec)} has its \`args\` as a base64 string.`;
    return fail("bad_request", detail, { path: "args" });
  }
  return null;
}

/** `null` goes back to what a push without the field would have got. */
export function statePatch(patch: TaskPatch, defaults: QueueConfig["defaults"]): StatePatch {
  const { backoff, timeoutMs, runAt, maxAttempts } = patch;
  return {
    ...(runAt === undefined ? {} : { runAt }),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(backoff === undefined ? {} : { backoff: backoff === null ? defaults.backoff : completeBackoff(backoff) }),
  };
}
