/** Pauses between tries: each up to twice the one before, and never the same for two clients. */

import { MAX_RETRY_PAUSE_MS, RETRY_PAUSE_MS } from "../limits.ts";

/**
 * How long to wait after so many failures in a row, ms.
 *
 * @param failures from 1
 * @param atLeastMs what the server asked for
 */
export function pauseMs(failures: number, atLeastMs = 0): number {
  const longest = Math.min(RETRY_PAUSE_MS * 2 ** (failures - 1), MAX_RETRY_PAUSE_MS);
  // Added to what the server asked for: it said the same to all whom it turned away.
  return atLeastMs + longest * (0.5 + Math.random() / 2);
}

/** Waits; rejects with the signal's reason as soon as it fires. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const aborted = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }, ms);
    signal?.addEventListener("abort", aborted, { once: true });
  });
}
