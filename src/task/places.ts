/** Where tasks that are pushed go in a queue that is divided: pure, and told in words where they cannot. */

import type { Keyed } from "./key.ts";
import { countsOf, type Layout } from "./layout.ts";
import { keyOf, partitionOfKey } from "./partition.ts";
import { type Failure, fail, ok, type Result } from "./result.ts";

/** The path of the key that decides, within a list. */
const pathOf = (task: Keyed, at: number): string =>
  `${at}.${task.groupKey === undefined ? "idempotencyKey" : "groupKey"}`;

const placeOf = (task: Keyed, keyed: number): number | undefined => {
  const key = keyOf(task);
  return key === undefined ? undefined : partitionOfKey(key, keyed);
};

/**
 * The one partition of a batch: that of its keys, and any of those that take new tasks where it has none.
 *
 * @param random uniform in [0, 1)
 * @returns `bad_request` with the path of the first task whose key belongs elsewhere than those before it
 */
export function placeOfBatch(tasks: readonly Keyed[], layout: Layout, random: () => number): Result<number> {
  const { partitions, keyed, draining } = layout;
  if (partitions === 1) return ok(0);
  let place: number | undefined;
  for (const [at, task] of tasks.entries()) {
    const own = placeOf(task, keyed);
    if (own === undefined || own === place) continue;
    if (place === undefined) place = own;
    else return severalPlaces(task, at, own, place, layout);
  }
  return ok(place ?? Math.floor(random() * (partitions - draining)));
}

const severalPlaces = (task: Keyed, at: number, own: number, place: number, layout: Layout) =>
  fail(
    "bad_request",
    `\`${pathOf(task, at)}\` belongs to partition ${own}, and what stands before it to partition ${place}: a list is one partition's, so push these apart.`,
    { path: pathOf(task, at), ...countsOf(layout) },
  );

/** Cuts a batch into one for each partition: the places of its tasks, in order. What has no key goes together. */
export function placesOfChunk(
  tasks: readonly Keyed[],
  { partitions, keyed, draining }: Layout,
  random: () => number,
): Map<number, number[]> {
  if (partitions === 1) return new Map([[0, [...tasks.keys()]]]);
  const keyless = Math.floor(random() * (partitions - draining));
  return Map.groupBy(tasks.keys(), (at) => placeOf(tasks[at] ?? {}, keyed) ?? keyless);
}

/**
 * Whether all these tasks may be pushed to this partition.
 *
 * @param keyed the number that the queue has, whatever the layout says
 * @returns `wrong_partition`, and where the first of the others belongs
 */
export function belongHere(tasks: readonly Keyed[], here: number, layout: Layout, keyed: number): Result<null> {
  const more: Omit<Failure, "code" | "detail"> = countsOf(layout, keyed);
  for (const [at, task] of tasks.entries()) {
    const place = placeOf(task, keyed);
    if (place === undefined || place === here) continue;
    const path = `tasks.${pathOf(task, at)}`;
    const detail = `\`${path}\` belongs to partition ${place}, and this is partition ${here}: push it on a socket of that one.`;
    return fail("wrong_partition", detail, { path, ...more });
  }
  const open = layout.partitions - layout.draining;
  if (here < open) return ok(null);
  return fail(
    "wrong_partition",
    `Partition ${here} takes no new tasks, since it is being emptied: push these to any from 0 to ${open - 1}.`,
    { path: "tasks", ...more },
  );
}
