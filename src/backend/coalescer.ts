/** Gathers pushes that come together into one request, and tells each caller of its own task alone. */

import { MAX_BATCH, MAX_FRAME_CHARACTERS } from "../limits.ts";
import { PriniaError } from "../task/errors.ts";
import type { Pushed } from "../task/task.ts";
import type { QueuePort, TaskText } from "./port.ts";

interface Waiting {
  readonly task: TaskText;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (pushed: Pushed) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One request is under way at a time, and what comes meanwhile goes with the next: the order is kept, and the busier the
 * callers are, the larger are the batches.
 */
export class Coalescer {
  readonly #port: Pick<QueuePort, "push">;
  #line: Waiting[] = [];
  #busy = false;

  constructor(port: Pick<QueuePort, "push">) {
    this.#port = port;
  }

  push(task: TaskText, signal: AbortSignal | undefined): Promise<Pushed> {
    const { promise, resolve, reject } = Promise.withResolvers<Pushed>();
    if (signal?.aborted) return Promise.reject(signal.reason);
    const waiting: Waiting = { task, signal, resolve, reject };
    this.#line.push(waiting);
    if (!this.#busy) {
      this.#busy = true;
      // What is pushed in this turn goes together.
      queueMicrotask(() => this.#drain());
    }
    if (!signal) return promise;
    const aborted = () => this.#leave(waiting);
    signal.addEventListener("abort", aborted, { once: true });
    return promise.finally(() => signal.removeEventListener("abort", aborted));
  }

  /** One who gave up does not stand in the line. What was sent may be pushed all the same. */
  #leave(waiting: Waiting): void {
    this.#line = this.#line.filter((one) => one !== waiting);
    waiting.reject(waiting.signal?.reason);
  }

  async #drain(): Promise<void> {
    while (this.#line.length > 0) {
      await this.#send(this.#take());
      await this.#gather();
    }
    this.#busy = false;
  }

  /**
   * Those who were just told push again, each after a few turns of its own. They go together, or the callers would fall
   * into two groups of which each waits for the other's answer. A timer would cost a millisecond; turns cost next to nothing.
   */
  async #gather(): Promise<void> {
    for (let quiet = 0, length = this.#line.length; quiet < QUIET_TURNS; quiet++) {
      await undefined;
      if (this.#line.length === length) continue;
      length = this.#line.length;
      quiet = 0;
    }
  }

  /** The next batch: in order, and all of a kind, so that what may be sent again is not held back by what may not. */
  #take(): Waiting[] {
    let characters = 0;
    let count = 0;
    const repeatable = this.#line[0]?.task.repeatable;
    for (const { task } of this.#line) {
      characters += task.text.length;
      const full = count === MAX_BATCH || (count > 0 && characters > MAX_FRAME_CHARACTERS);
      if (full || task.repeatable !== repeatable) break;
      count++;
    }
    return this.#line.splice(0, count);
  }

  async #send(batch: Waiting[]): Promise<void> {
    try {
      const [only] = batch;
      const options = batch.length === 1 && only?.signal ? { signal: only.signal } : {};
      const pushed = await this.#port.push(
        batch.map(({ task }) => task),
        options,
      );
      for (const [at, one] of pushed.entries()) batch[at]?.resolve(one);
    } catch (error) {
      await this.#refused(batch, error);
    }
  }

  /** A refusal means that nothing was pushed: it is told to who caused it, and the others are sent again. */
  async #refused(batch: Waiting[], error: unknown): Promise<void> {
    const faulty = batch.length > 1 ? faultyOf(error) : undefined;
    if (batch.length === 1 || faulty === undefined) {
      for (const one of batch) one.reject(batch.length === 1 ? single(error) : error);
      return;
    }
    if (faulty === "unknown") {
      for (const one of batch) await this.#send([one]);
      return;
    }
    batch[faulty]?.reject(single(error));
    const others = batch.filter((_, at) => at !== faulty);
    if (others.length > 0) await this.#send(others);
  }
}

/** So many microtasks in which nobody joins the line: about as many as a dozen functions that await each other take. */
const QUIET_TURNS = 32;

/** Refusals of what was asked, in which nothing happened; for anything else all callers are in the same boat. */
const REFUSALS: ReadonlySet<string> = new Set(["bad_request", "payload_too_large"]);

/** Which task of a batch a refusal is about. */
function faultyOf(error: unknown): number | "unknown" | undefined {
  if (!(error instanceof PriniaError) || !REFUSALS.has(error.code)) return undefined;
  const at = PLACE.exec(error.path ?? "")?.[1];
  return at === undefined ? "unknown" : Number(at);
}

/** Where a batch was refused: `tasks.3.priority`. */
export const PLACE = /^tasks\.(\d+)(?:\.|$)/;

/** The refusal of a batch as that of one task: `tasks.3.priority` is its `priority`. */
export function single(error: unknown): unknown {
  if (!(error instanceof PriniaError) || error.path === undefined) return error;
  const prefix = PLACE.exec(error.path)?.[0];
  if (prefix === undefined) return error;
  const path = error.path.slice(prefix.length) || undefined;
  return new PriniaError({ ...error, path, detail: error.detail.replaceAll(prefix, "") }, { cause: error.cause });
}
