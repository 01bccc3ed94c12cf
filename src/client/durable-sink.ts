/** A queue at the edge, to push to: the smallest part. */

import type { QueuePort } from "../backend/port.ts";
import { checkName, type Queue } from "../backend/queue.ts";
import { QueueSink, type SinkOptions } from "../backend/queue-sink.ts";
import { httpPush } from "./http-push.ts";
import { Partitions } from "./partitions.ts";
import { queuePath, Requests, type ServerOptions } from "./requests.ts";
import { splitPush } from "./split-push.ts";

/**
 * Pushes to a queue, and nothing else: for where every byte is paid for, such as an edge function. It is under 5.5 KB.
 *
 * @example
 * const emails = new DurableSink<{ to: string }>("emails", { url: "https://queues.example.com", token });
 * const { id } = await emails.push({ to: "a@example.com" });
 */
export class DurableSink<Input = unknown> extends QueueSink<Input> {
  constructor(queue: Queue, server: ServerOptions, options?: SinkOptions<Input>) {
    const requests = new Requests(server);
    const path = queuePath(checkName(queue, "queue"));
    const partitions = new Partitions();
    const push: QueuePort["push"] = (tasks, given = {}) =>
      splitPush(tasks, partitions, (part) => httpPush(requests, path, part, given));
    super({ push }, options);
  }
}
