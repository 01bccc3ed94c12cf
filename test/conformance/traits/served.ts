/** Benches on queues of a server, in real time. */

import type { Transport } from "../../../src/backend/port.ts";
import type { BackendOptions } from "../../../src/backend/queue-backend.ts";
import { DurableBackend } from "../../../src/client/durable-backend.ts";
import type { Fetch } from "../../../src/client/requests.ts";
import { shared } from "../../../src/client/shared.ts";
import { freshName, type OpenBench } from "./bench.ts";
import { Consumer } from "./consumer.ts";
import type { Lines } from "./lines.ts";
import { Source } from "./source.ts";
import type { Full } from "./traits.ts";

export interface ServedOptions {
  /** A client of its own, of the kind that is tested. */
  readonly connect: () => Transport;
  /** The client that arranges and looks; its requests go over no line. */
  readonly aside: Transport;
  /** Lines that workers speak over. */
  readonly lines: Lines;
}

export async function servedBench({ connect, aside, lines }: ServedOptions): Promise<OpenBench> {
  const name = freshName();
  const transport = connect();
  const on = (queue: string, by: Transport, options?: BackendOptions<unknown>): Full =>
    new DurableBackend(queue, by, options);
  const backend = on(name, transport) as unknown as OpenBench["backend"];
  const consumers: Consumer[] = [];
  return {
    backend,
    store: on(name, aside),
    isVirtual: false,
    now: () => Date.now(),
    advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    events: (events) => transport.queue(name).events(events),
    another: (options) => on(name, connect(), options),
    elsewhere: (queue) => on(`${name} ${queue}`, aside),
    consumer: (options, of = backend) => {
      const consumer = new Consumer(of, options);
      consumers.push(consumer);
      return consumer;
    },
    silence: async ({ id }) => lines.cut(id),
    disturb: async ({ id }, times) => lines.disturb(id, times),
    shared: () => {
      const { makeShared } = shared(connect());
      return { makeShared: (queue, options) => makeShared(`${name} ${queue}`, options) };
    },
    source: new Source(),
    close: async () => {
      // One that was cut off tries for a while to say goodbye, and nobody waits for it.
      const stops = consumers.map((consumer) => [consumer, consumer.stop().catch(() => {})] as const);
      await Promise.all(stops.map(([{ id }, stop]) => (lines.isCut(id) ? undefined : stop)));
    },
  };
}

/** Requests of workers go over their lines. */
export const fetchBy =
  (lines: Lines, fetch: Fetch): Fetch =>
  async (url, init) => {
    const worker = senderOf(url, init.body);
    if (worker === undefined) return fetch(url, init);
    const line = lines.signal(worker);
    line.throwIfAborted();
    if (lines.loses(worker)) throw new TypeError("lost on its way");
    return fetch(url, { ...init, signal: AbortSignal.any([init.signal, line]) });
  };

/** The worker that a request speaks for. */
function senderOf(url: string, body: string | undefined): string | undefined {
  const named = /\/workers\/([^/?]+)/.exec(url)?.[1];
  if (named !== undefined) return decodeURIComponent(named);
  if (body === undefined || !/\/(poll|events|workers)$/.test(url)) return undefined;
  return (JSON.parse(body) as { worker?: string }).worker;
}
