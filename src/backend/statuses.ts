/** check-status of any number of tasks. */

import { MAX_BATCH } from "../limits.ts";
import type { Codecs } from "./codec.ts";
import type { QueuePort } from "./port.ts";
import type { NoResult, TaskId, TaskStatus } from "./task.ts";
import { statusOf, unknownTask } from "./view.ts";

/** @param ids each once @returns one for each, in their order */
export async function statusesOf<Out>(
  port: Pick<QueuePort, "status">,
  ids: readonly TaskId[],
  codecs: Codecs,
): Promise<(TaskStatus<Out> | NoResult)[]> {
  const found = new Map<TaskId, TaskStatus<Out> | NoResult>();
  for (let from = 0; from < ids.length; from += MAX_BATCH) {
    const { results } = await port.status(ids.slice(from, from + MAX_BATCH));
    for (const view of results) found.set(view.id, statusOf<Out>(view, codecs));
  }
  return ids.map((id) => found.get(id) ?? unknownTask(id));
}
