/** What code says of a queue's consumer, in our own words or in those of Cloudflare Queues: checked, with its defaults. */

import { MAX_BATCH_WAIT_MS } from "../limits.ts";
import type { ConfigChange } from "../task/config.ts";
import type { Result } from "../task/result.ts";
import { CALL_NUMBERS, type CallNumbers, flawInNumbers } from "./numbers.ts";

/** The method that a consumer's entrypoint has. What it answers is checked, so its type is left open. */
export interface ConsumerBinding {
  // biome-ignore lint/suspicious/noExplicitAny: a binding's type is the platform's, with its own ideas of what crosses.
  consume(batch: any): PromiseLike<unknown>;
}

/** @template E the bindings of the Worker */
export interface ConsumerOptions<E> {
  /** The Worker that the queue hands its tasks to: a service binding, or an entrypoint of this Worker. */
  readonly consumer?: ((env: E) => ConsumerBinding) | undefined;
  /** Tasks in a call, 1 to 1,000; 10 by default. */
  readonly batchSize?: number | undefined;
  /** How long a call that is not full waits for company, 0 to 60,000 ms; 0 by default. */
  readonly batchWaitMs?: number | undefined;
  /** Calls at a time, 1 to 250 for each partition; 10 by default. */
  readonly concurrency?: number | undefined;
  /** Calls that begin in a second, 1 or more for each partition; no limit by default. */
  readonly perSecond?: number | undefined;
  /** How long a call may last, 1 to 900,000 ms; 60,000 by default. */
  readonly timeoutMs?: number | undefined;
  /** `batchSize`, as Cloudflare Queues call it. */
  readonly max_batch_size?: number | undefined;
  /** `batchWaitMs`, in seconds. */
  readonly max_batch_timeout?: number | undefined;
  /** `concurrency`. */
  readonly max_concurrency?: number | undefined;
  /** Attempts after the first: the default `maxAttempts` less one. */
  readonly max_retries?: number | undefined;
  /** Seconds until a task is tried again, each time: the default backoff. */
  readonly retry_delay?: number | undefined;
  /** The queue that is given a copy of each task that fails for good. */
  readonly dead_letter_queue?: string | undefined;
}

/** The same, complete. */
export interface ConsumerSettings extends CallNumbers {
  readonly consumer: (env: never) => ConsumerBinding;
  readonly deadLetterQueue: string | undefined;
}

/** Numbers in the words of Cloudflare Queues. */
const THEIR_NUMBERS = {
  max_batch_size: CALL_NUMBERS.batchSize,
  max_batch_timeout: [0, MAX_BATCH_WAIT_MS / 1000],
  max_concurrency: CALL_NUMBERS.concurrency,
  max_retries: [0, 99],
  retry_delay: [0, 86_400],
} as const;

const NUMBERS = { ...CALL_NUMBERS, ...THEIR_NUMBERS };

/** Options that say the same. */
const TWINS = [
  ["batchSize", "max_batch_size"],
  ["batchWaitMs", "max_batch_timeout"],
  ["concurrency", "max_concurrency"],
] as const;

export const CONSUMER_OPTIONS: readonly string[] = ["consumer", ...Object.keys(NUMBERS), "dead_letter_queue"];

/** @returns what the options mean, `null` where they speak of no consumer, or what is wrong with them */
export function consumerSettings<E>(options: ConsumerOptions<E>): Result<ConsumerSettings | null, string> {
  const wrong = flawIn(options);
  if (wrong !== null) return { ok: false, error: wrong };
  const { consumer, dead_letter_queue: deadLetterQueue } = options;
  if (consumer === undefined) return { ok: true, value: null };
  const { batchSize = options.max_batch_size ?? 10, concurrency = options.max_concurrency ?? 10 } = options;
  const { batchWaitMs = (options.max_batch_timeout ?? 0) * 1000, timeoutMs = 60_000, perSecond } = options;
  const numbers = { batchSize, batchWaitMs, concurrency, perSecond, timeoutMs };
  return { ok: true, value: { consumer: consumer as ConsumerSettings["consumer"], ...numbers, deadLetterQueue } };
}

function flawIn<E>(options: ConsumerOptions<E>): string | null {
  const { consumer, dead_letter_queue: dead } = options;
  if (consumer !== undefined && typeof consumer !== "function") {
    return "`consumer` must be a function of the bindings, as in `consumer: (env) => env.MAILER`.";
  }
  const flaw = flawInNumbers(options, NUMBERS);
  if (flaw !== null) return flaw;
  const lonely = Object.keys(NUMBERS).find((name) => options[name as keyof typeof NUMBERS] !== undefined);
  if (consumer === undefined && lonely !== undefined)
    return `\`${lonely}\` is of a consumer, and there is none: give \`consumer\` as well.`;
  for (const [ours, theirs] of TWINS) {
    if (options[ours] !== undefined && options[theirs] !== undefined)
      return `\`${ours}\` and \`${theirs}\` say the same: give one of them.`;
  }
  if (dead === undefined) return null;
  if (typeof dead !== "string" || dead === "") return "`dead_letter_queue` must be the name of a queue.";
  return consumer === undefined
    ? "`dead_letter_queue` is of a consumer, and there is none: give `consumer` as well."
    : null;
}

/** The settings of a queue that options of Cloudflare Queues speak of. */
export function configIn({ max_retries: retries, retry_delay: seconds }: ConsumerOptions<never>): ConfigChange {
  const baseMs = seconds === undefined ? undefined : seconds * 1000;
  return {
    defaults: {
      ...(retries === undefined ? {} : { maxAttempts: retries + 1 }),
      ...(baseMs === undefined ? {} : { backoff: { type: "fixed", baseMs, maxMs: baseMs, jitter: 0 } as const }),
    },
  };
}
