/** Pauses between tries: each up to twice the one before, and never the same for two clients. */

import { MAX_RETRY_PAUSE_MS, RETRY_PAUSE_MS } from "../limits.ts";

/**
 * How long to wait after so many failures in a row, ms.
 *
 * @param failures from 1
 * @param atLeastMs what the server asked for
 * @param random from 0 to 1
 */
export function pauseMs(failures: number, atLeastMs = 0, random: () => number = Math.random): number {
  const longest = Math.min(RETRY_PAUSE_MS * 2 ** (failures - 1), MAX_RETRY_PAUSE_MS);
  // Added to what the server asked for: it said the same to all whom it turned away.
  return atLeastMs + longest * (0.5 + random() / 2);
}
