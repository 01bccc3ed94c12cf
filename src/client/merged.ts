/** Several waits as one: what comes first is first. */

import type { WaitPortOptions } from "../backend/port.ts";

type Stream<T> = AsyncGenerator<T, void, undefined>;

/** @param waits begin a wait each; they end when the signal that they are given fires */
export async function* merged<T>(
  waits: readonly ((options: WaitPortOptions) => Stream<T>)[],
  options: WaitPortOptions,
): Stream<T> {
  const { signal } = options;
  const stop = new AbortController();
  const stopped = () => stop.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener("abort", stopped, { once: true });
  const streams = waits.map((wait) => wait({ ...options, signal: stop.signal }));
  const nexts = new Map(streams.map((stream) => [stream, nextOf(stream)]));
  try {
    while (nexts.size > 0) {
      const { stream, value, done } = await Promise.race(nexts.values());
      if (done) nexts.delete(stream);
      else {
        nexts.set(stream, nextOf(stream));
        yield value;
      }
    }
  } finally {
    signal?.removeEventListener("abort", stopped);
    // Those that still wait hear of nothing else.
    for (const next of nexts.values()) next.catch(() => undefined);
    stop.abort();
  }
}

async function nextOf<T>(stream: Stream<T>) {
  return { stream, ...(await stream.next()) };
}
