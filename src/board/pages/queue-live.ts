/** The numbers of one queue, as they change, drawn once a frame at most. */

import { signal } from "@preact/signals";
import { ApiError, get } from "../api.ts";
import { Kept } from "../kept.ts";
import { watchQueue } from "../live.ts";
import { token } from "../token.ts";
import type { LiveEvent, QueueStats } from "../types.ts";
import { errorText, isUnreachable, RETRY_MS } from "../ui/act.ts";
import { queuePath } from "./paths.ts";
import { mergedStats } from "./queue-merge.ts";

/** Rates are those of the last minute: so long after the last change they are nothing, which nobody tells. */
const STILL_MS = 61_000;

/** The last numbers of queues, for whoever comes back to their pages. */
const known = new Kept<{ readonly stats: QueueStats; readonly asOf: number }>(16);

export class LiveQueue {
  readonly stats = signal<QueueStats | null>(null);
  /** When they were so, ms. */
  readonly asOf = signal(0);
  /** Why there is nothing to show, in words. */
  readonly problem = signal<string | null>(null);
  readonly isUnknown = signal(false);
  /** Once it is known. */
  readonly partitions = signal(0);
  readonly #queue: string;
  readonly #parts = new Map<number, QueueStats>();
  #unwatch = () => {};
  #isEnded = false;
  #frame = 0;
  #still: ReturnType<typeof setTimeout> | undefined;

  constructor(queue: string) {
    this.#queue = queue;
    const last = known.get(queue);
    if (last === undefined) return;
    this.stats.value = last.stats;
    this.asOf.value = last.asOf;
  }

  /** @returns ends it */
  start(): () => void {
    const last = this.stats.peek();
    if (last !== null) this.#watch(last.partitions);
    this.refresh();
    return () => {
      this.#isEnded = true;
      this.#unwatch();
      cancelAnimationFrame(this.#frame);
      clearTimeout(this.#still);
    };
  }

  /** Reads the numbers: at first, and after what no watcher is told of, such as a change of the settings. */
  async refresh(): Promise<void> {
    try {
      const stats = await get<QueueStats>(queuePath(this.#queue, "/stats"));
      if (this.#isEnded) return;
      this.#take(stats);
      this.isUnknown.value = false;
      this.problem.value = null;
      this.#watch(stats.partitions);
    } catch (error) {
      this.isUnknown.value = error instanceof ApiError && error.code === "queue_not_found";
      this.problem.value = errorText(error);
      if (this.#isEnded || !isUnreachable(error)) return;
      clearTimeout(this.#still);
      this.#still = setTimeout(() => this.refresh(), RETRY_MS);
    }
  }

  #watch(partitions: number): void {
    if (this.partitions.peek() === partitions) return;
    this.partitions.value = partitions;
    this.#unwatch();
    this.#unwatch = watchQueue(this.#queue, partitions, ["stats"], (event) => this.#hear(event));
  }

  #take(stats: QueueStats): void {
    const asOf = Date.now();
    this.stats.value = stats;
    this.asOf.value = asOf;
    known.set(this.#queue, { stats, asOf }, token.peek());
  }

  #hear(event: LiveEvent): void {
    if (event.topic === "reconnected") {
      this.refresh();
      return;
    }
    if (event.topic !== "stats") return;
    this.#parts.set(event.partition, event.stats as QueueStats);
    clearTimeout(this.#still);
    this.#still = setTimeout(() => this.refresh(), STILL_MS);
    // Until all have told theirs, what was read at first is the better number.
    if (this.#parts.size < this.partitions.peek() || this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#take(mergedStats([...this.#parts.values()]));
    });
  }
}
