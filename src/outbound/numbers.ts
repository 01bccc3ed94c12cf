/** The numbers that each target has: how many tasks a call takes, how many calls there are, how long one may last. */

import { MAX_BATCH, MAX_BATCH_WAIT_MS, MAX_CALL_MS, MAX_CALLS } from "../limits.ts";
import type { Target } from "./target.ts";

export type CallNumbers = Pick<Target, "batchSize" | "batchWaitMs" | "concurrency" | "perSecond" | "timeoutMs">;

type Ranges = Readonly<Record<string, readonly [least: number, most: number]>>;

export const CALL_NUMBERS = {
  batchSize: [1, MAX_BATCH],
  batchWaitMs: [0, MAX_BATCH_WAIT_MS],
  concurrency: [1, MAX_CALLS],
  perSecond: [1, 1_000],
  timeoutMs: [1, MAX_CALL_MS],
} as const satisfies Ranges;

/**
 * @param prefix of the names, in the refusal
 * @returns what is wrong with the first that is out of its range, or `null`
 */
export function flawInNumbers(options: object, ranges: Ranges, prefix = ""): string | null {
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined && (!Number.isInteger(value) || Number(value) < least || Number(value) > most))
      return `\`${prefix}${name}\` must be a whole number from ${least} to ${most}, got ${String(value)}.`;
  }
  return null;
}

/** Of settings that have more than these. */
export const numbersOf = ({ batchSize, batchWaitMs, concurrency, perSecond, timeoutMs }: CallNumbers): CallNumbers => ({
  ...{ batchSize, batchWaitMs, concurrency, perSecond, timeoutMs },
});
