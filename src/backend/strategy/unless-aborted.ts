/** Waiting for something that may never come. */

/**
 * Waits for a promise, or the signal.
 *
 * @returns false when the signal fired first
 */
export async function unlessAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  const { promise: aborted, resolve } = Promise.withResolvers<false>();
  const abort = () => resolve(false);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([aborted, promise.then(() => true)]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
