/** What crosses between a queue and its consumer: a batch, and a result for each of its tasks. */

import * as v from "valibot";
import { MAX_DURATION_MS, MAX_LOGS } from "../limits.ts";

/** A task, as a consumer is given it. */
export interface ConsumerTask {
  readonly id: string;
  /** JSON; a base64 string for a task with a `codec`. */
  readonly args: unknown;
  /** Left out for JSON. */
  readonly codec?: string;
  /** From 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Instant, ms. */
  readonly createdAt: number;
  readonly priority: number;
  /** Of the task itself, ms; its lease is lost then. */
  readonly timeoutMs?: number;
  readonly groupKey?: string;
  /** With `traceparent` and `tracestate` where the task has a trace. */
  readonly meta: Readonly<Record<string, unknown>>;
}

export interface ConsumerBatch {
  readonly queue: string;
  readonly tasks: readonly ConsumerTask[];
  /** When the queue gives the call up, ms. */
  readonly deadline: number;
  /** Resolves when nobody waits for the answer any more. */
  readonly aborted?: () => PromiseLike<void>;
}

interface Logged {
  readonly id: string;
  /** At most 50 lines. */
  readonly logs?: readonly string[] | undefined;
}

/** What became of a task. A `codec`'s `ok` is a base64 string, or null. */
export type ConsumerResult =
  | (Logged & { readonly ok: unknown })
  | (Logged & {
      readonly err: string;
      /** Instead of the backoff. */
      readonly retryAfterMs?: number | undefined;
      /** The task is killed, whatever attempts it has left. */
      readonly abort?: boolean | undefined;
    })
  | (Logged & { readonly snoozeMs: number });

/** A task without a result has failed. */
export interface ConsumerAnswer {
  readonly results: readonly ConsumerResult[];
}

const duration = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_DURATION_MS));
const logged = { id: v.string(), logs: v.optional(v.pipe(v.array(v.string()), v.maxLength(MAX_LOGS))) };

export const answerSchema = v.object({
  results: v.array(
    v.union([
      v.object({ ...logged, snoozeMs: duration }),
      v.object({ ...logged, err: v.string(), retryAfterMs: v.optional(duration), abort: v.optional(v.boolean()) }),
      v.object({ ...logged, ok: v.unknown() }),
    ]),
  ),
});
