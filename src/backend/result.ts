/** Results, one by one. */

import { PriniaError, TaskFailedError } from "../task/errors.ts";
import { idOf, type NoResult, type TaskRef, type TaskResult } from "./task.ts";

/**
 * The result of the only task that is waited for.
 *
 * @throws PriniaError `task_not_found` when there is none
 */
export async function onlyResult<Out>(
  task: TaskRef,
  results: AsyncIterable<TaskResult<Out> | NoResult> | Iterable<TaskResult<Out> | NoResult>,
): Promise<TaskResult<Out>> {
  for await (const result of results) {
    if (result.status !== "Unknown") return result;
    throw new PriniaError({ code: "task_not_found", detail: `${result.error} Its id is ${result.id}.`, status: 404 });
  }
  throw new PriniaError({ code: "unreachable", detail: `The wait for ${idOf(task)} ended without a result.` });
}

/**
 * The value of a task that is Done: the seed's `take`.
 *
 * @throws TaskFailedError when it is Killed, PriniaError `task_not_found` when there is none
 */
export function unwrap<Out>(result: TaskResult<Out> | NoResult): Out {
  switch (result.status) {
    case "Done":
      return result.value;
    case "Killed":
      throw new TaskFailedError(result.id, result.attempt, result.error);
    case "Unknown":
      throw new PriniaError({ code: "task_not_found", detail: `${result.error} Its id is ${result.id}.`, status: 404 });
    default:
      return result satisfies never;
  }
}
