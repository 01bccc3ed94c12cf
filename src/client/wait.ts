/** Waiting for tasks: asks again with what is pending until all have come. */

import { MAX_BATCH, MAX_WAIT_MS, REQUEST_TIMEOUT_MS, RETRY_PAUSE_MS, WAIT_STREAMS, WAIT_TURN_MS } from "../limits.ts";
import type { WaitEntry, WaitLine, TaskResult as WireResult } from "../protocol/types.ts";
import { pauseMs, sleep } from "./pause.ts";
import { isPassing, type Transport } from "./transport.ts";
import type { TaskResult, WaitOptions } from "./types.ts";

/**
 * Yields each id once, as soon as its task is terminal.
 *
 * @param path of the queue
 * @throws PriniaError when the server refuses, the signal's reason when that fires; never because it is silent
 */
export async function* waitFor<Out>(
  transport: Transport,
  path: string,
  ids: Iterable<string>,
  { waitMs = MAX_WAIT_MS, signal }: WaitOptions,
): AsyncGenerator<TaskResult<Out>, void, undefined> {
  const stop = new AbortController();
  const stopped = () => stop.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener("abort", stopped, { once: true });
  const wait = new Wait(transport, path, [...new Set(ids)], waitMs, stop.signal);
  try {
    yield* wait.results() as AsyncGenerator<TaskResult<Out>, void, undefined>;
  } finally {
    signal?.removeEventListener("abort", stopped);
    stop.abort();
  }
}

/** Ids stand in a line; each stream takes up to a batch from its head, and puts what is pending at its end. */
class Wait {
  readonly #transport: Transport;
  readonly #path: string;
  readonly #line: string[];
  readonly #waitMs: number;
  readonly #signal: AbortSignal;
  #arrived: TaskResult<unknown>[] = [];
  #news = Promise.withResolvers<void>();

  constructor(transport: Transport, path: string, ids: string[], waitMs: number, signal: AbortSignal) {
    this.#transport = transport;
    this.#path = path;
    this.#line = ids;
    this.#waitMs = waitMs;
    this.#signal = signal;
  }

  async *results(): AsyncGenerator<TaskResult<unknown>, void, undefined> {
    const streams = Math.min(WAIT_STREAMS, Math.ceil(this.#line.length / MAX_BATCH));
    let open = streams;
    let failed: { readonly error: unknown } | undefined;
    for (let stream = 0; stream < streams; stream++) {
      this.#stream()
        .catch((error) => {
          failed = { error };
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
      if (failed) throw failed.error;
    }
  }

  async #stream(): Promise<void> {
    for (let failures = 0; this.#line.length > 0; ) {
      const pending = new Set(this.#line.splice(0, MAX_BATCH));
      // Others stand in the line: all are asked for now and then.
      const waitMs = this.#line.length > 0 ? Math.min(WAIT_TURN_MS, this.#waitMs) : this.#waitMs;
      const asked = pending.size;
      const began = performance.now();
      try {
        await this.#ask(pending, waitMs);
        failures = 0;
        // A server that does not hold the request must not be asked all the time.
        if (pending.size === asked && performance.now() - began < RETRY_PAUSE_MS)
          await sleep(RETRY_PAUSE_MS, this.#signal);
      } catch (error) {
        if (!isPassing(error)) throw error;
        failures = pending.size < asked ? 1 : failures + 1;
        await sleep(pauseMs(failures, error.retryAfterMs), this.#signal);
      }
      this.#line.push(...pending);
    }
  }

  /** Takes what finishes off `pending`; returns when the server ends the answer. */
  #ask(pending: Set<string>, waitMs: number): Promise<void> {
    const options = { body: { ids: [...pending], waitMs }, signal: this.#signal };
    const read = async (response: Response): Promise<void> => {
      for await (const line of jsonLines(response)) {
        if ("id" in line && !("progress" in line) && pending.delete(line.id)) this.#arrived.push(resultOf(line));
        this.#news.resolve();
      }
    };
    return this.#transport.once("POST", `${this.#path}/wait`, options, waitMs + REQUEST_TIMEOUT_MS, read);
  }
}

function resultOf(entry: WaitEntry): TaskResult<unknown> {
  if ("error" in entry) return { id: entry.id, status: "Unknown", error: "there is no such task, or it was deleted" };
  const { id, attempt, result }: WireResult = entry;
  if (result && "ok" in result) return { id, attempt, status: "Done", value: result.ok };
  return { id, attempt, status: "Killed", error: result?.err ?? "" };
}

async function* jsonLines(response: Response): AsyncGenerator<WaitLine, void, undefined> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const lines = (rest + decoder.decode(next.value, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as WaitLine;
  }
}
