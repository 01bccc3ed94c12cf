/** Answers that are not there yet: blanks, which JSON allows before a value, until they are. */

import { POLL_BEAT_MS } from "../limits.ts";
import { stream } from "./answer.ts";
import { JSON_TYPE } from "./body.ts";
import type { Stop } from "./stop.ts";
import type { Timing } from "./timing.ts";

/** Waits for `answer` until the first beat; `null` when it takes longer. */
export async function orBeat<T>(timing: Timing, answer: Promise<T>): Promise<T | null> {
  const { promise: beat, resolve } = Promise.withResolvers<null>();
  const cancel = timing.after(POLL_BEAT_MS, () => resolve(null));
  try {
    return await Promise.race([answer, beat]);
  } finally {
    cancel();
  }
}

/**
 * Sends a blank at every beat, then the text. A client that closed its side in good order is noticed by nobody until
 * something is written to it: workerd takes the end of its sending for no more than that.
 *
 * @param stop is told when the client is gone
 */
export function held(timing: Timing, text: Promise<string>, stop: Stop): Response {
  const encoder = new TextEncoder();
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const answer = await orBeat(timing, text);
        if (cancelled) return;
        controller.enqueue(encoder.encode(answer ?? " "));
        if (answer !== null) controller.close();
      },
      cancel: () => {
        cancelled = true;
        stop.gone();
      },
    },
    { highWaterMark: 0 },
  );
  return stream(body, JSON_TYPE);
}
