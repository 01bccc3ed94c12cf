/** What is sent for a push: args as they were typed, within what else was chosen. */

import { objectOf } from "./task-model.ts";

/** Tasks of one request; the server takes no more. */
const MOST = 1_000;
/** Characters of one request: half of what the server takes, for what is longer in bytes. */
const MOST_TEXT = 4_000_000;

type Fields = readonly (readonly [string, string | undefined])[];

/**
 * @param args JSON, one for each task
 * @param fields the rest of each task, JSON
 * @param isList whether a list is sent, also for one task
 * @returns bodies, each for one request, in order
 */
export function bodiesOf(args: readonly string[], fields: Fields, isList: boolean): string[] {
  const tasks = args.map((one) => objectOf([["args", one], ...fields]));
  if (!isList) return tasks;
  const bodies: string[] = [];
  let batch: string[] = [];
  let length = 0;
  for (const task of tasks) {
    if (batch.length === MOST || (batch.length > 0 && length + task.length > MOST_TEXT)) {
      bodies.push(`[${batch.join(",")}]`);
      batch = [];
      length = 0;
    }
    batch.push(task);
    length += task.length;
  }
  if (batch.length > 0) bodies.push(`[${batch.join(",")}]`);
  return bodies;
}
