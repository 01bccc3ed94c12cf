/** Pushes whose keys belong to several partitions: split, each part all or none, and answered in the order given. */

import { PLACE } from "../backend/coalescer.ts";
import type { TaskText } from "../backend/port.ts";
import { type RefusedPart, SplitPushError } from "../backend/split-push-error.ts";
import { PriniaError } from "../task/errors.ts";
import { partitionOfKey } from "../task/partition.ts";
import type { Pushed } from "../task/task.ts";
import type { Partitions } from "./partitions.ts";

/** Sends tasks that belong to one partition; to any of them, when none is named. */
export type Send = (tasks: readonly TaskText[], partition: number | undefined) => Promise<readonly Pushed[]>;

/**
 * Pushes by as few requests as there are partitions to go to: by one, as long as nobody has said that there are several.
 * Nothing is asked for that: a push that needs more than one is refused, and the refusal names the number.
 *
 * @throws SplitPushError when a part was refused
 */
export async function splitPush(
  tasks: readonly TaskText[],
  partitions: Partitions,
  send: Send,
): Promise<readonly Pushed[]> {
  const { count, keyed, version } = partitions;
  const keys = tasks.map(({ key }) => (count === 1 || key === undefined ? undefined : partitionOfKey(key, keyed)));
  // What has no key goes along with what has one.
  const any = keys.find((partition) => partition !== undefined);
  const parts = Map.groupBy(tasks.keys(), (at) => keys[at] ?? any);
  if (parts.size > 1) return inParts([...parts.values()], tasks, (part) => splitPush(part, partitions, send));
  try {
    return await send(tasks, any);
  } catch (error) {
    if (!partitions.learn(error) || partitions.version === version) throw error;
    return splitPush(tasks, partitions, send);
  }
}

/** @param parts where the tasks of each part stand */
async function inParts(
  parts: readonly number[][],
  tasks: readonly TaskText[],
  push: (tasks: TaskText[]) => Promise<readonly Pushed[]>,
): Promise<readonly Pushed[]> {
  const pushed: (Pushed | undefined)[] = tasks.map(() => undefined);
  const refused: RefusedPart[] = [];
  const one = async (places: readonly number[]) => {
    try {
      const answers = await push(places.map((at) => tasks[at] as TaskText));
      for (const [at, place] of places.entries()) pushed[place] = answers[at];
    } catch (error) {
      refused.push({ places, error });
    }
  };
  await Promise.all(parts.map(one));
  if (refused[0]) throw refusal(pushed, refused, refused[0]);
  return pushed as Pushed[];
}

function refusal(pushed: (Pushed | undefined)[], refused: RefusedPart[], { error, places }: RefusedPart): unknown {
  // What is no refusal is the caller's own: its signal.
  if (!(error instanceof PriniaError)) return error;
  const path = error.path?.replace(PLACE, (text, at: number) => text.replace(`${at}`, `${places[at]}`));
  const count = pushed.filter(Boolean).length;
  const detail = `${error.detail} The batch is of several partitions: ${count} of ${pushed.length} tasks were pushed.`;
  return new SplitPushError({ ...error, path, detail }, pushed, refused);
}
