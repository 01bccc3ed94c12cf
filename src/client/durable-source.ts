/** A queue at the edge, for workers alone. */

import type { QueuePort } from "../backend/port.ts";
import { checkName, type Queue } from "../backend/queue.ts";
import { QueueSource, type SourceOptions } from "../backend/queue-source.ts";
import { Channel } from "./channel.ts";
import { httpEvents } from "./http-events.ts";
import { Partitions } from "./partitions.ts";
import { placeOf } from "./place.ts";
import { Pulse } from "./pulse.ts";
import { queuePath, Requests, type ServerOptions } from "./requests.ts";
import { SpreadFeed } from "./spread-feed.ts";

/**
 * What a worker needs of a queue, over a socket, and nothing else: with the `Worker` it is under 13.75 KB.
 *
 * @example
 * const worker = new Worker("mailer", new DurableSource<Email>("emails", { url, token }), ({ to }) => send(to));
 */
export class DurableSource<Args = unknown, Out = unknown, Input = Args> extends QueueSource<Args, Out, Input> {
  constructor(queue: Queue, server: ServerOptions, options?: SourceOptions<Args, Input>) {
    const requests = new Requests(server);
    const path = queuePath(checkName(queue, "queue"));
    const pulse = new Pulse();
    const partitions = new Partitions();
    const tell: QueuePort["events"] = (events) => httpEvents(requests, path, events);
    const channel = (partition: number) => new Channel(placeOf(requests, path, pulse, partitions, partition));
    const connect: QueuePort["connect"] = (worker, { clock }) =>
      new SpreadFeed({ worker, clock, tell, partitions, channel });
    super({ queue, isPushed: true, connect }, options);
  }
}
