/** Queues of one place in this process, by name. */

import type { Clock } from "../backend/clock.ts";
import type { DirectoryPort, Transport } from "../backend/port.ts";
import { LocalDirectory } from "./directory.ts";
import { LocalQueue } from "./queue.ts";
import type { LocalStore } from "./store.ts";

export class LocalWorld implements Transport {
  readonly clock: Clock;
  readonly #open: (queue: string) => LocalStore;
  readonly #queues = new Map<string, LocalQueue>();
  readonly directory: DirectoryPort = new LocalDirectory(() => [...this.#queues.values()]);

  /** @param open gives the store of a queue, at its first use */
  constructor(clock: Clock, open: (queue: string) => LocalStore) {
    this.clock = clock;
    this.#open = open;
  }

  queue(name: string): LocalQueue {
    const known = this.#queues.get(name);
    if (known) return known;
    const queue = new LocalQueue(name, this.#open(name), this.clock);
    this.#queues.set(name, queue);
    return queue;
  }

  /** Whoever waits is told that it waits in vain; the stores are closed. */
  close(): void {
    for (const queue of this.#queues.values()) queue.close();
    this.#queues.clear();
  }
}
