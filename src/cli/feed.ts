/** The feed of a queue, followed: it goes on behind the last position after a break. */

import { sleep, systemClock } from "../backend/clock.ts";
import { pauseMs } from "../backend/pause.ts";
import { Timer } from "../backend/timer.ts";
import { isRetryable, queuePath, Requests, type ServerOptions } from "../client/requests.ts";
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
  const requests = new Requests({ ...server, fetch: withHeader(server.fetch, position) });
  // The answer while it is still open: a request ends with what is read of it.
  const open = async (response: Response) => response;
  const { body } = await requests.once("GET", `${queuePath(queue)}/feed`, { signal }, FEED_SILENCE_MS, open);
  const reader = body?.getReader();
  const stop = () => void reader?.cancel().catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const silence = new Timer();
  try {
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      silence.set(FEED_SILENCE_MS, stop);
      const next = await reader?.read();
      if (!next || next.done) return;
      const messages = (text + decoder.decode(next.value, { stream: true })).split("\n\n");
      text = messages.pop() ?? "";
      for (const message of messages) yield messageOf(message);
    }
  } catch (cause) {
    throw new PriniaError({ code: "unreachable", detail: "The connection broke." }, { cause });
  } finally {
    silence.clear();
    signal.removeEventListener("abort", stop);
    stop();
  }
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
