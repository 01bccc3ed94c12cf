/** Reports of a holder by requests. */

import { eventsText } from "../backend/report.ts";
import type { EventAnswer, HolderEvent } from "../task/task.ts";
import type { Requests } from "./requests.ts";

/** @param path of the queue */
export async function httpEvents(
  requests: Requests,
  path: string,
  events: readonly HolderEvent[],
): Promise<readonly EventAnswer[]> {
  const body = `{"events":${eventsText(events)}}`;
  return (await requests.call<{ events: EventAnswer[] }>("POST", `${path}/events`, { body })).events;
}
