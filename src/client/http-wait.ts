/** Waiting for tasks over HTTP: asks again with what is pending until all have come. */

import { sleep, systemClock } from "../backend/clock.ts";
import { pauseMs } from "../backend/pause.ts";
import type { WaitPortOptions, WaitView } from "../backend/port.ts";
import { MAX_BATCH, MAX_WAIT_MS, REQUEST_TIMEOUT_MS, RETRY_PAUSE_MS, WAIT_STREAMS, WAIT_TURN_MS } from "../limits.ts";
import type { WaitLine } from "../protocol/types.ts";
import { isRetryable, pieces, type Requests } from "./requests.ts";

/**
 * Yields each id once, as soon as its task is terminal.
 *
 * @param path of the queue
 * @throws PriniaError when the server refuses, the signal's reason when that fires; never because it is silent
 */
export async function* httpWait(
  requests: Requests,
  path: string,
  ids: Iterable<string>,
  { signal, onProgress }: WaitPortOptions,
): AsyncGenerator<WaitView, void, undefined> {
  const stop = new AbortController();
  const stopped = () => stop.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener("abort", stopped, { once: true });
  const wait = new Wait(requests, path, [...new Set(ids)], { signal: stop.signal, onProgress });
  try {
    yield* wait.results();
  } finally {
    signal?.removeEventListener("abort", stopped);
    stop.abort();
  }
}

/** Ids stand in a line; each stream takes up to a batch from its head, and puts what is pending at its end. */
class Wait {
  readonly #requests: Requests;
  readonly #path: string;
  readonly #line: string[];
  readonly #options: WaitPortOptions;
  #arrived: WaitView[] = [];
  #failed: { readonly error: unknown } | undefined;
  #news = Promise.withResolvers<void>();

  constructor(requests: Requests, path: string, ids: string[], options: WaitPortOptions) {
    this.#requests = requests;
    this.#path = path;
    this.#line = ids;
    this.#options = options;
  }

  async *results(): AsyncGenerator<WaitView, void, undefined> {
    const streams = Math.min(WAIT_STREAMS, Math.ceil(this.#line.length / MAX_BATCH));
    let open = streams;
    for (let stream = 0; stream < streams; stream++) {
      this.#stream()
        .catch((error) => {
          this.#failed ??= { error };
        })
        .finally(() => {
          open--;
          this.#news.resolve();
        });
    }
    while (open > 0 || this.#arrived.length > 0) {
      await this.#news.promise;
      this.#news = Promise.withResolvers();
      const arrived = this.#arrived;
      this.#arrived = [];
      yield* arrived;
      if (this.#failed) throw this.#failed.error;
    }
  }

  async #stream(): Promise<void> {
    const { signal } = this.#options;
    for (let failures = 0; this.#line.length > 0; ) {
      const pending = new Set(this.#line.splice(0, MAX_BATCH));
      // Others stand in the line: all are asked for now and then.
      const waitMs = this.#line.length > 0 ? WAIT_TURN_MS : MAX_WAIT_MS;
      const asked = pending.size;
      const began = performance.now();
      try {
        await this.#ask(pending, waitMs);
        failures = 0;
        // A server that does not hold the request must not be asked all the time.
        if (pending.size === asked && performance.now() - began < RETRY_PAUSE_MS)
          await sleep(systemClock, RETRY_PAUSE_MS, signal);
      } catch (error) {
        if (!isRetryable(error)) throw error;
        failures = pending.size < asked ? 1 : failures + 1;
        await sleep(systemClock, pauseMs(failures, error.retryAfterMs), signal);
      }
      this.#line.push(...pending);
    }
  }

  /** Takes what finishes off `pending`; returns when the server ends the answer. */
  #ask(pending: Set<string>, waitMs: number): Promise<void> {
    const { signal, onProgress } = this.#options;
    const body = JSON.stringify({ ids: [...pending], waitMs, progress: onProgress && true });
    const read = async (response: Response): Promise<void> => {
      for await (const line of jsonLines(response)) {
        if (!("id" in line)) continue;
        if ("progress" in line) this.#progressed(line.id, line.progress);
        else if (pending.delete(line.id)) this.#arrived.push(line as WaitView);
        this.#news.resolve();
      }
    };
    return this.#requests.once("POST", `${this.#path}/wait`, { body, signal }, waitMs + REQUEST_TIMEOUT_MS, read);
  }

  /** What the listener throws ends the wait. */
  #progressed(id: string, progress: unknown): void {
    try {
      this.#options.onProgress?.(id, progress);
    } catch (error) {
      this.#failed ??= { error };
    }
  }
}

async function* jsonLines(response: Response): AsyncGenerator<WaitLine, void, undefined> {
  let rest = "";
  for await (const piece of pieces(response)) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as WaitLine;
  }
}
