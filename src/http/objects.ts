/** Calls of the objects that a request is about: one partition, the one that a task is in, or the directory. */

import { type DirectoryStub, directoryStub, type QueueStub, queueStub } from "../env.ts";
import { parseId } from "../task/id.ts";
import { type Counts, countsOf, type Layout, layoutIn } from "../task/layout.ts";
import { taskNotFound } from "../task/refusals.ts";
import type { Result } from "../task/result.ts";
import { callObject, type Repetition } from "./call.ts";
import type { Arrival } from "./route.ts";

/** What a call needs to know of its request. */
export type Reach = Pick<Arrival, "env" | "timing" | "layouts">;

/** The partition that decides for all of them; and the only one of a queue that is not divided. */
export const FIRST_PARTITION = 0;

/** How the queue is divided. */
export const layoutOf = ({ layouts }: Reach, queue: string): Layout => layoutIn(layouts, queue);

/** The layout as an object is told it: nothing, where the queue is not divided. */
export const toldLayout = (reach: Reach, queue: string): [layout?: Layout] => {
  const layout = layoutOf(reach, queue);
  return layout.partitions === 1 ? [] : [layout];
};

/** The counts of a queue that is divided: they are code, and no object's to tell. */
export function divisionOf(reach: Reach, queue: string): Partial<Counts> {
  const layout = layoutOf(reach, queue);
  return layout.partitions === 1 ? {} : countsOf(layout);
}

/** Calls a partition of a queue. Only a push without keys may not be repeated. */
export const callPartition = <T>(
  { env, timing }: Reach,
  queue: string,
  partition: number,
  run: (stub: QueueStub) => Promise<Result<T>>,
  repetition: Repetition = "repeat",
): Promise<Result<T>> => callObject(() => queueStub(env, queue, partition), run, repetition, timing);

/** The partition that an id names; `null` where the queue has no such one, and so no such task. */
export function partitionOfId(reach: Reach, queue: string, id: string): number | null {
  const partition = parseId(id)?.partition ?? FIRST_PARTITION;
  return partition < layoutOf(reach, queue).partitions ? partition : null;
}

/** Calls the partition of a task. */
export async function callTask<T>(
  reach: Reach,
  queue: string,
  id: string,
  run: (stub: QueueStub) => Promise<Result<T>>,
): Promise<Result<T>> {
  const partition = partitionOfId(reach, queue, id);
  return partition === null ? taskNotFound(id) : callPartition(reach, queue, partition, run);
}

/** Calls the directory. */
export const callDirectory = <T>(
  { env, timing }: Pick<Arrival, "env" | "timing">,
  run: (stub: DirectoryStub) => Promise<Result<T>>,
): Promise<Result<T>> => callObject(() => directoryStub(env), run, "repeat", timing);
