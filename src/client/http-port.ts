/** A queue over HTTP: its workers poll. */

import type { WorkerContext } from "../backend/context.ts";
import type { PollAnswer, PollPort, SessionRef } from "../backend/poll-port.ts";
import type { CallOptions, Feed, FeedOptions, PushedResult, Registered, TaskText } from "../backend/port.ts";
import { PullFeed } from "../backend/pull.ts";
import { eventsText } from "../backend/report.ts";
import type { HolderEvent } from "../task/task.ts";
import { httpPushAndWait } from "./http-run.ts";
import { Patience } from "./patience.ts";
import { RequestPort } from "./request-port.ts";
import { jsonOf, textOf } from "./requests.ts";

export class HttpPort extends RequestPort {
  pushAndWait(task: TaskText, options: CallOptions & { readonly waitMs: number }): Promise<PushedResult> {
    return httpPushAndWait(this.requests, this.path, task, options);
  }

  override connect(worker: WorkerContext, options: FeedOptions): Feed {
    return new PullFeed(pollsOf(this), worker, options);
  }
}

/** The worker's side, one request a call, each tried once. */
function pollsOf({ requests, path }: RequestPort): PollPort {
  const patience = new Patience();
  const withEvents = ({ events, ...rest }: { readonly events: readonly HolderEvent[] }): string =>
    `${JSON.stringify({ ...rest, events: [] }).slice(0, -3)}${eventsText(events)}}`;
  const once = <T>(method: string, route: string, body: string): Promise<T> =>
    requests.once(method, path + route, { body }, patience.for(body.length), jsonOf<T>);
  const asWorker = <T>(method: string, route: string, { worker, session }: SessionRef): Promise<T> =>
    once(method, `/workers/${encodeURIComponent(worker)}${route}`, JSON.stringify({ session }));
  const learn = <T extends { readonly orphanAfterMs: number }>(answer: T): T => {
    patience.learn(answer.orphanAfterMs);
    return answer;
  };
  return {
    poll: async (request, signal) => {
      const body = withEvents(request);
      const watch = patience.watch(body.length, signal);
      const read = async (response: Response) => JSON.parse(await textOf(response, watch.heard)) as PollAnswer;
      const wholeMs = patience.for(body.length, request.waitMs);
      try {
        return await requests.once("POST", `${path}/poll`, { body, signal: watch.signal }, wholeMs, read);
      } finally {
        watch.end();
      }
    },
    events: async (request) => (await once<Pick<PollAnswer, "events">>("POST", "/events", withEvents(request))).events,
    register: async (introduction) => learn(await once<Registered>("POST", "/workers", JSON.stringify(introduction))),
    heartbeat: async (session) => learn(await asWorker<{ orphanAfterMs: number }>("POST", "/heartbeat", session)),
    goodbye: (session) => asWorker("DELETE", "", session),
    status: (ids) => once("POST", "/status", JSON.stringify({ ids })),
  };
}
