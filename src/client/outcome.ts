/** What a push came to: of tasks whose keys were made here, and when nobody knows. */

import type { TaskText } from "../backend/port.ts";
import { PriniaError } from "../task/errors.ts";
import type { Pushed } from "../task/task.ts";

/** Whether all may be sent again. */
export const areRepeatable = (tasks: readonly TaskText[]): boolean => tasks.every(({ repeatable }) => repeatable);

/** If a task was there already under a key that is nobody else's, an earlier try of ours had made it. */
export const ours = (pushed: readonly Pushed[], tasks: readonly TaskText[]): Pushed[] =>
  pushed.map((one, at) => (tasks[at]?.minted ? { ...one, created: true } : one));

/** In the path of a refusal a list that is a whole body has no name: every queue calls it `tasks`. */
export function named(error: unknown): unknown {
  if (!(error instanceof PriniaError) || error.path === undefined) return error;
  const path = error.path === "body" ? "tasks" : error.path.replace(/^\d/, "tasks.$&");
  const detail = error.detail.replaceAll(`\`${error.path}\``, `\`${path}\``);
  return new PriniaError({ ...error, path, detail }, { cause: error.cause });
}

/** A push that was not answered may have happened, and its caller must know. */
export function orUnknown(error: unknown, repeated: boolean): unknown {
  if (!(error instanceof PriniaError) || error.code !== "unreachable") return error;
  const advice = repeated ? "look for the task" : "look for the task, or push with { retry: true }";
  const detail = `${error.detail} Whether the push happened is unknown: ${advice}.`;
  return new PriniaError({ ...error, detail }, { cause: error.cause });
}
