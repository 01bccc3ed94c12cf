/** A queue at the edge, to push to: the smallest part. */

import { checkName, type Queue } from "../backend/queue.ts";
import { QueueSink, type SinkOptions } from "../backend/queue-sink.ts";
import { httpPush } from "./http-push.ts";
import { queuePath, Requests, type ServerOptions } from "./requests.ts";

/**
 * Pushes to a queue, and nothing else: for where every byte is paid for, such as an edge function. It is under 5 KB.
 *
 * @example
 * const emails = new DurableSink<{ to: string }>("emails", { url: "https://queues.example.com", token });
 * const { id } = await emails.push({ to: "a@example.com" });
 */
export class DurableSink<Input = unknown> extends QueueSink<Input> {
  constructor(queue: Queue, server: ServerOptions, options?: SinkOptions<Input>) {
    const requests = new Requests(server);
    const path = queuePath(checkName(queue, "queue"));
    super({ push: (tasks, given = {}) => httpPush(requests, path, tasks, given) }, options);
  }
}
