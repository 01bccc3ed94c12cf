/** Pushes by requests. */

import type { CallOptions, TaskText } from "../backend/port.ts";
import type { Pushed } from "../task/task.ts";
import { areRepeatable, named, orUnknown, ours } from "./outcome.ts";
import type { Requests } from "./requests.ts";

/** @param path of the queue */
export async function httpPush(
  requests: Requests,
  path: string,
  tasks: readonly TaskText[],
  { signal }: CallOptions,
): Promise<readonly Pushed[]> {
  const [only] = tasks;
  const body = tasks.length === 1 ? only?.text : `[${tasks.map(({ text }) => text).join()}]`;
  const repeat = areRepeatable(tasks);
  try {
    const options = { body, signal, repeat };
    const answer = await requests.call<Pushed & { tasks: Pushed[] }>("POST", `${path}/tasks`, options);
    return ours(tasks.length === 1 ? [answer] : answer.tasks, tasks);
  } catch (error) {
    throw orUnknown(tasks.length === 1 ? error : named(error), repeat);
  }
}
