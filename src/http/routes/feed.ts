/** The feed: what happens in a queue, for other programs, as server-sent events. */

import { feedEventSchema } from "../../protocol/queue-answers.ts";
import { ok } from "../../task/result.ts";
import { stream } from "../answer.ts";
import { followQueue } from "../feed.ts";
import { type Route, route } from "../route.ts";

const SSE_TYPE = "text/event-stream";

const feedRoute = route({
  method: "GET",
  path: "/v1/queues/:queue/feed",
  operation: "followQueue",
  summary: "Follow a queue: an event for each change of a task or worker; goes on after the `last-event-id`",
  access: ["read"],
  headers: { "last-event-id": "The `id` of the last event that was read: what came after it is told first." },
  answers: {
    200: { description: "Server-sent events, without end", schema: feedEventSchema, types: [SSE_TYPE] },
  },
  handle: async (call) => {
    const feed = await followQueue(call, call.parameters.queue);
    return feed.ok ? ok(stream(feed.value, SSE_TYPE)) : feed;
  },
});

export const feedRoutes: readonly Route[] = [feedRoute];
