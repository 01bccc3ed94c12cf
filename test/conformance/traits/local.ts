/** Benches on queues of this process, in virtual time. */

import { PullFeed } from "../../../src/backend/pull.ts";
import { type BackendOptions, QueueBackend } from "../../../src/backend/queue-backend.ts";
import { QueueNames } from "../../../src/backend/shared.ts";
import type { LocalStore } from "../../../src/local/store.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import { LocalWorld } from "../../../src/local/world.ts";
import { freshName, type OpenBench } from "./bench.ts";
import { Consumer } from "./consumer.ts";
import { Lines, overLine, withLines } from "./lines.ts";
import type { Parts } from "./made.ts";
import { Source } from "./source.ts";
import type { Full } from "./traits.ts";

export interface LocalOptions {
  readonly open: (queue: string, clock: VirtualClock) => LocalStore;
  /** What is tested over the queue; the queue's own backend when left out. */
  readonly subject?: (parts: Parts) => unknown;
}

/** Time stands still, but what is to be done at once is done: as it is where nobody holds the clock. */
function attended(clock: VirtualClock): () => void {
  let isOpen = true;
  const attend = async () => {
    while (isOpen) await clock.advance(0);
  };
  void attend();
  return () => {
    isOpen = false;
  };
}

export async function localBench({ open, subject = ({ store }) => store }: LocalOptions): Promise<OpenBench> {
  const clock = new VirtualClock();
  const world = new LocalWorld(clock, (queue) => open(queue, clock));
  const lines = new Lines();
  const portOf = (queue: string, worker: string) => overLine(world.queue(queue).pollPort(worker), lines, worker);
  const transport = withLines(
    world,
    (queue, worker, options) => new PullFeed(portOf(queue, worker.id), worker, options),
  );
  const name = freshName();
  const on = (queue: string, options: BackendOptions<unknown> = {}): Full =>
    new QueueBackend(queue, transport, { clock, ...options });
  const source = new Source();
  const parts: Parts = { store: on(name), clock, port: (worker) => portOf(name, worker), source };
  const backend = subject(parts) as OpenBench["backend"];
  const leave = attended(clock);
  return {
    backend,
    store: on(name),
    isVirtual: true,
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    jump: (ms) => clock.jump(ms),
    events: (events) => world.queue(name).events(events),
    another: (options) => on(name, options),
    elsewhere: (queue) => on(`${name} ${queue}`),
    consumer: (options, of = backend) => new Consumer(of, options),
    silence: async ({ id }) => lines.cut(id),
    disturb: async ({ id }, times) => lines.disturb(id, times),
    shared: () => {
      const names = new QueueNames();
      return {
        makeShared: (queue, own) => new QueueBackend(names.take(`${name} ${queue}`), transport, { ...own, clock }),
      };
    },
    source,
    close: async () => {
      leave();
      world.close();
    },
  };
}
