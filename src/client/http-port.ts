/** A queue over HTTP: its workers poll. */

import type { WorkerContext } from "../backend/context.ts";
import type { PollAnswer, PollPort, SessionRef } from "../backend/poll-port.ts";
import type { Feed, FeedOptions } from "../backend/port.ts";
import { PullFeed } from "../backend/pull.ts";
import { eventsText } from "../backend/report.ts";
import { REQUEST_TIMEOUT_MS } from "../limits.ts";
import type { HolderEvent } from "../task/task.ts";
import { RequestPort } from "./request-port.ts";
import { jsonOf } from "./requests.ts";

export class HttpPort extends RequestPort {
  override connect(worker: WorkerContext, options: FeedOptions): Feed {
    return new PullFeed(pollsOf(this), worker, options);
  }
}

/** The worker's side, one request a call, each tried once. */
function pollsOf(port: RequestPort): PollPort {
  const once = <T>(method: string, route: string, body: string, heldMs = 0, signal?: AbortSignal): Promise<T> =>
    port.requests.once(method, port.path + route, { body, signal }, heldMs + REQUEST_TIMEOUT_MS, jsonOf<T>);
  const withEvents = ({ events, ...rest }: { readonly events: readonly HolderEvent[] }): string =>
    `${JSON.stringify({ ...rest, events: [] }).slice(0, -3)}${eventsText(events)}}`;
  const asWorker = <T>(method: string, route: string, { worker, session }: SessionRef): Promise<T> =>
    once(method, `/workers/${encodeURIComponent(worker)}${route}`, JSON.stringify({ session }));
  return {
    poll: (request, signal) => once<PollAnswer>("POST", "/poll", withEvents(request), request.waitMs, signal),
    events: async (request) => (await once<Pick<PollAnswer, "events">>("POST", "/events", withEvents(request))).events,
    register: (introduction) => once("POST", "/workers", JSON.stringify(introduction)),
    heartbeat: (session) => asWorker("POST", "/heartbeat", session),
    goodbye: (session) => asWorker("DELETE", "", session),
    status: (ids) => once("POST", "/status", JSON.stringify({ ids })),
  };
}
