/** Pushes to the partition that they belong to. */

import { placeOfBatch, placesOfChunk } from "../task/places.ts";
import type { Result } from "../task/result.ts";
import type { NewTask, Pushed } from "../task/task.ts";
import { aFewAtATime } from "./fan-out.ts";
import { callPartition, layoutOf, type Reach, toldLayout } from "./objects.ts";

/** Whether a second push is the same as one: with a key that is held for as long as the task has a row. */
const isRepeatable = (task: NewTask): boolean =>
  task.idempotencyKey !== undefined && task.idempotencyUntil !== "terminal";

/** Any other is sent once: a second time might make a second task. */
const pushTo = (reach: Reach, queue: string, partition: number, tasks: readonly NewTask[]): Promise<Result<Pushed[]>> =>
  callPartition(
    reach,
    queue,
    partition,
    (stub) => stub.push(tasks, ...toldLayout(reach, queue)),
    tasks.every(isRepeatable) ? "repeat" : "once",
  );

/** Pushes a list, all or nothing, and so to one partition. */
export async function push(reach: Reach, queue: string, tasks: readonly NewTask[]): Promise<Result<Pushed[]>> {
  const place = placeOfBatch(tasks, layoutOf(reach, queue), () => reach.timing.random());
  return place.ok ? pushTo(reach, queue, place.value, tasks) : place;
}

/** What became of some tasks of a chunk, which stand or fall together. */
export interface PushedPart {
  /** Which of the chunk's they are, in order. */
  readonly places: readonly number[];
  readonly outcome: Result<Pushed[]>;
}

/** Pushes a chunk of a stream: what belongs to one partition, all or nothing. */
export function pushParts(reach: Reach, queue: string, tasks: readonly NewTask[]): Promise<PushedPart[]> {
  const parts = [...placesOfChunk(tasks, layoutOf(reach, queue), () => reach.timing.random())];
  return aFewAtATime(parts, async ([partition, places]) => {
    const part = places.flatMap((at) => tasks[at] ?? []);
    return { places, outcome: await pushTo(reach, queue, partition, part) };
  });
}
