/** Builds a task to be pushed, one word at a time. */

import { type Duration, durationMs, type Instant, instantMs } from "../task/duration.ts";
import type { Backoff, IdempotencyUntil } from "../task/task.ts";
import type { NewTask, TaskOptions } from "./task.ts";

/** How long to wait before each retry; what is left out comes from the built-in backoff. */
export interface BackoffOptions {
  readonly type?: Backoff["type"];
  /** The first wait. */
  readonly base?: Duration;
  readonly factor?: number;
  readonly max?: Duration;
  /** 0.1 varies each wait by up to 10 %, up and down. */
  readonly jitter?: number;
}

/** A task that is being built: each word gives a new one, and leaves this as it is. */
export class TaskBuilder<Args> {
  readonly #task: NewTask<Args>;

  constructor(task: NewTask<Args>) {
    this.#task = task;
  }

  /** Not before so long from now. Replaces `runAt`. */
  runIn(delay: Duration): TaskBuilder<Args> {
    return this.#with({ delayMs: durationMs(delay, "runIn"), runAt: undefined });
  }

  /** Not before this instant. Replaces `runIn`. */
  runAt(instant: Instant): TaskBuilder<Args> {
    return this.#with({ runAt: instantMs(instant, "runAt"), delayMs: undefined });
  }

  /** Larger first; 0 by default, negative allowed. */
  priority(priority: number): TaskBuilder<Args> {
    return this.#with({ priority });
  }

  /** At most so many executions. */
  maxAttempts(maxAttempts: number): TaskBuilder<Args> {
    return this.#with({ maxAttempts });
  }

  backoff({ base, max, ...rest }: BackoffOptions): TaskBuilder<Args> {
    const baseMs = base === undefined ? {} : { baseMs: durationMs(base, "backoff.base") };
    const maxMs = max === undefined ? {} : { maxMs: durationMs(max, "backoff.max") };
    return this.#with({ backoff: { ...rest, ...baseMs, ...maxMs } });
  }

  /** The longest that one execution may take. */
  timeout(timeout: Duration): TaskBuilder<Args> {
    return this.#with({ timeoutMs: durationMs(timeout, "timeout") });
  }

  /**
   * A push with the key of a task that is still there answers that task.
   *
   * @param until when the key is free again: once the row is gone, or once the task is Done or Killed
   */
  idempotencyKey(key: string, until: IdempotencyUntil = "gone"): TaskBuilder<Args> {
    return this.#with({ idempotencyKey: key, idempotencyUntil: until });
  }

  /** Tasks of one group keep the order among them. */
  groupKey(groupKey: string): TaskBuilder<Args> {
    return this.#with({ groupKey });
  }

  /** Adds to what stands beside the args, for people and for tracing. */
  meta(meta: Readonly<Record<string, unknown>>): TaskBuilder<Args> {
    return this.#with({ meta: { ...this.#task.meta, ...meta } });
  }

  build(): NewTask<Args> {
    return this.#task;
  }

  #with(options: TaskOptions): TaskBuilder<Args> {
    return new TaskBuilder({ ...this.#task, ...options });
  }
}

/**
 * Begins a task.
 *
 * @example
 * await emails.pushTask(task({ to: "a@example.com" }).runIn("10m").priority(5).idempotencyKey("welcome-1"));
 */
export const task = <Args>(args: Args): TaskBuilder<Args> => new TaskBuilder({ args });
