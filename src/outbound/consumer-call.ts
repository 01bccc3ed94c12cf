/** What crosses between a queue and its consumer: a batch, and a result for each of its tasks. */

import * as v from "valibot";
import { MAX_LOGS } from "../limits.ts";
import { resultsSchema, type Setback } from "./results.ts";
import type { SentTask } from "./sent-task.ts";

/** A task, as a consumer is given it. */
export interface ConsumerTask extends SentTask {
  /** Of the task itself, ms; its lease is lost then. */
  readonly timeoutMs?: number;
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
export type ConsumerResult = Logged & ({ readonly ok: unknown } | Setback);

/** A task without a result has failed. */
export interface ConsumerAnswer {
  readonly results: readonly ConsumerResult[];
}

const logs = v.optional(v.pipe(v.array(v.string()), v.maxLength(MAX_LOGS)));

export const answerSchema = v.object({ results: resultsSchema({ logs }) });
