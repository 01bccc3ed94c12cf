/** One task, read anew whenever it changes: never twice at a time, and always once after the last change. */

import { signal } from "@preact/signals";
import { ApiError, get, getText } from "../api.ts";
import { watchQueue } from "../live.ts";
import type { LiveEvent, QueueInfo, WorkerInfo } from "../types.ts";
import { errorText, isUnreachable, RETRY_MS } from "../ui/act.ts";
import { queuePath, taskPath } from "./paths.ts";
import { type Task, taskOf } from "./task-model.ts";

export class LiveTask {
  readonly task = signal<Task | null>(null);
  /** Why there is nothing to show, in words. */
  readonly problem = signal<string | null>(null);
  /** It was there, and was deleted or vacuumed. */
  readonly isGone = signal(false);
  readonly #queue: string;
  readonly #id: string;
  #isReading = false;
  #isStale = false;
  #isEnded = false;

  constructor(queue: string, id: string) {
    this.#queue = queue;
    this.#id = id;
  }

  /** @returns ends it */
  start(): () => void {
    let unwatch = () => {};
    this.read();
    partitionsOf(this.#queue).then((partitions) => {
      if (!this.#isEnded) unwatch = watchQueue(this.#queue, partitions, ["tasks"], (event) => this.#hear(event));
    });
    return () => {
      this.#isEnded = true;
      unwatch();
    };
  }

  async read(): Promise<void> {
    this.#isStale = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isStale && !this.#isEnded) {
      this.#isStale = false;
      await this.#readOnce();
    }
    this.#isReading = false;
  }

  async #readOnce(): Promise<void> {
    try {
      this.task.value = taskOf(await getText(taskPath(this.#queue, this.#id)));
      this.problem.value = null;
    } catch (error) {
      if (error instanceof ApiError && error.code === "task_not_found" && this.task.peek() !== null) {
        this.isGone.value = true;
      } else {
        this.problem.value = errorText(error);
        if (isUnreachable(error)) setTimeout(() => this.read(), RETRY_MS);
      }
    }
  }

  #hear(event: LiveEvent): void {
    if (event.topic === "reconnected") this.read();
    else if (event.topic === "tasks" && event.tasks.some(({ id }) => id === this.#id)) this.read();
  }
}

/** One where it is not told: a token that may not read the queue still sees its task. */
const partitionsOf = (queue: string): Promise<number> =>
  get<QueueInfo>(queuePath(queue)).then(
    (info) => info.partitions,
    () => 1,
  );

export interface Holder {
  /** The last sign of life, ms. */
  readonly heardAt: number;
  readonly orphanAfterMs: number;
}

/** Follows the worker that holds a task, for as long as it does. */
export function watchHolder(queue: string, worker: string, onChange: (holder: Holder) => void): () => void {
  let isEnded = false;
  let unwatch = () => {};
  get<QueueInfo>(queuePath(queue)).then(
    ({ partitions, config: { orphanAfterMs } }) => {
      if (isEnded) return;
      let heardAt = 0;
      const hear = (workers: readonly WorkerInfo[]): void => {
        const found = workers.find(({ id }) => id === worker);
        if (found === undefined || found.heardAt <= heardAt) return;
        heardAt = found.heardAt;
        onChange({ heardAt, orphanAfterMs });
      };
      unwatch = watchQueue(queue, partitions, ["workers"], (event) => {
        if (event.topic === "workers") hear(event.workers);
      });
    },
    // Whoever may not read the queue sees who holds the task, and not since when that one was silent.
    () => {},
  );
  return () => {
    isEnded = true;
    unwatch();
  };
}
