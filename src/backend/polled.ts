/** A backend whose workers poll a port: what all that are made here have in common. */

import { acknowledging } from "./ack.ts";
import type { Backend, TaskStream } from "./backend.ts";
import type { Clock } from "./clock.ts";
import { json } from "./codec.ts";
import type { WorkerContext } from "./context.ts";
import type { Layer } from "./layer.ts";
import type { PollPort } from "./poll-port.ts";
import type { PollStrategy } from "./poll-strategy.ts";
import { PullFeed } from "./pull.ts";
import type { LeasedTask } from "./task.ts";

export interface PolledOptions {
  readonly strategy?: PollStrategy | undefined;
  readonly clock: Clock;
  /** Whether somebody reads the results: then they must be JSON. True by default. */
  readonly keepsResults?: boolean;
}

/** Args and results are values here: nothing is encoded. */
export class Polled<Args, Out> implements Backend<Args, Out> {
  readonly #connect: (worker: WorkerContext) => PollPort;
  readonly #options: PolledOptions;
  readonly #feeds = new WeakMap<WorkerContext, PullFeed>();

  constructor(connect: (worker: WorkerContext) => PollPort, options: PolledOptions) {
    this.#connect = connect;
    this.#options = options;
  }

  heartbeat(worker: WorkerContext): AsyncIterableIterator<void> {
    return this.#feed(worker).beats();
  }

  middleware(): Layer {
    const { keepsResults = true } = this.#options;
    return acknowledging({
      report: (worker, event) => this.#feed(worker).report(event),
      encodeResult: (_codec, value) => (keepsResults ? json.encode(value ?? null) : null),
    });
  }

  poll(worker: WorkerContext): TaskStream<LeasedTask<Args, Out>> {
    return this.#feed(worker).tasks() as TaskStream<LeasedTask<Args, Out>>;
  }

  #feed(worker: WorkerContext): PullFeed {
    const known = this.#feeds.get(worker);
    if (known) return known;
    const feed = new PullFeed(this.#connect(worker), worker, this.#options);
    this.#feeds.set(worker, feed);
    return feed;
  }
}
