/** Results, one by one. */

import { PriniaError } from "../task/errors.ts";
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
