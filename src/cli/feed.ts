/** The feed of a queue, followed: it goes on behind the last position after a break. */

import { sleep, systemClock } from "../backend/clock.ts";
import { pauseMs } from "../backend/pause.ts";
import { isRetryable, pieces, queuePath, Requests, type ServerOptions } from "../client/requests.ts";
import { FEED_SILENCE_MS } from "../limits.ts";
import { PriniaError } from "../task/errors.ts";

/** What happened, as the server tells it. */
export interface FeedEvent {
  /** Where to go on from here. */
  readonly position: string;
  readonly event: "task" | "worker" | "gap";
  readonly data: Readonly<Record<string, unknown>>;
}

interface Following {
  /** Where to begin; from now on when left out. */
  readonly from?: string | undefined;
  readonly signal: AbortSignal;
  /** The server is out of reach, and is tried again. */
  readonly onBreak: (error: PriniaError) => void;
}

/**
 * Yields events until the signal fires.
 *
 * @throws PriniaError when the server refuses, or cannot be reached at first
 */
export async function* follow(
  server: ServerOptions,
  queue: string,
  { from, signal, onBreak }: Following,
): AsyncGenerator<FeedEvent, void, undefined> {
  let position = from;
  let failures = 0;
  let wasOpen = false;
  while (!signal.aborted) {
    try {
      for await (const message of open(server, queue, position, signal)) {
        wasOpen = true;
        failures = 0;
        if (message.position !== undefined) position = message.position;
        if (message.event !== undefined)
          yield { position: position ?? "", event: message.event, data: message.data ?? {} } as FeedEvent;
      }
      failures++;
    } catch (error) {
      if (signal.aborted) return;
      if (!isRetryable(error) || !wasOpen) throw error;
      onBreak(error);
      failures++;
    }
    await sleep(systemClock, pauseMs(failures), signal).catch(() => undefined);
  }
}

interface Message {
  readonly position?: string;
  readonly event?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

async function* open(server: ServerOptions, queue: string, position: string | undefined, signal: AbortSignal) {
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal.addEventListener("abort", abort, { once: true });
  const requests = new Requests({ ...server, fetch: withHeader(server.fetch, position) });
  let timer = setTimeout(abort, FEED_SILENCE_MS);
  try {
    const response = await opened(requests, `${queuePath(queue)}/feed`, stop.signal);
    let text = "";
    for await (const piece of pieces(response)) {
      clearTimeout(timer);
      timer = setTimeout(abort, FEED_SILENCE_MS);
      const messages = (text + piece).split("\n\n");
      text = messages.pop() ?? "";
      for (const message of messages) yield messageOf(message);
    }
  } catch (error) {
    if (error instanceof PriniaError) throw error;
    throw new PriniaError({ code: "unreachable", detail: "The connection broke." }, { cause: error });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    stop.abort();
  }
}

/** The answer while it is still open: `once` would wait for its end. */
function opened(requests: Requests, path: string, signal: AbortSignal): Promise<Response> {
  return requests
    .once("GET", path, {}, FEED_SILENCE_MS, async (response) => response)
    .then((response) => {
      signal.addEventListener("abort", () => void response.body?.cancel().catch(() => undefined), { once: true });
      return response;
    });
}

/** The SDK's requests have no header of their own. */
const withHeader =
  (given: ServerOptions["fetch"], position: string | undefined): NonNullable<ServerOptions["fetch"]> =>
  (url, init) => {
    const headers = position === undefined ? init.headers : { ...init.headers, "last-event-id": position };
    return (given ?? globalThis.fetch)(url, { ...init, headers });
  };

function messageOf(text: string): Message {
  const fields: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name !== undefined) fields[name] = value ?? "";
  }
  const { id, event, data } = fields;
  return {
    ...(id === undefined ? {} : { position: id }),
    ...(event === undefined ? {} : { event }),
    ...(data === undefined ? {} : { data: JSON.parse(data) }),
  };
}
