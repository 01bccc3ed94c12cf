/** Answers that are not there yet: blanks, which JSON allows before a value, until they are. */

import { POLL_BEAT_MS, POLL_PROBES } from "../limits.ts";
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

/** What a client waits for. */
export interface Held {
  readonly text: string;
  /** Whether it must not go to a client that is gone. */
  readonly precious: boolean;
}

/**
 * Sends a blank at every beat, then the text; before a precious one another blank, and time for it to come back. A
 * client that closed its side in good order is noticed by nobody until something is written to it: workerd takes the end
 * of its sending for no more than that.
 *
 * @param signal of the request
 * @param stop is told when the client is gone
 * @returns the answer, and whether its text was lost since nobody was there; the request must outlive that
 */
export function held(
  timing: Timing,
  waiting: Promise<Held>,
  signal: AbortSignal,
  stop: Stop,
  status = 200,
): { response: Response; lost: Promise<boolean> } {
  const { promise: lost, resolve } = Promise.withResolvers<boolean>();
  const encoder = new TextEncoder();
  let probing = false;
  let gone = signal.aborted;
  const leave = () => {
    gone = true;
    stop.gone();
    void waiting.then(() => resolve(true));
  };
  signal.addEventListener("abort", leave, { once: true });
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const answer = await orBeat(timing, waiting);
        if (probing) await probe(timing);
        if (gone) return;
        // A blank is sent once its turn is over.
        if (answer === null || (answer.precious && !probing)) {
          controller.enqueue(encoder.encode(" "));
          probing = answer !== null;
          return;
        }
        controller.enqueue(encoder.encode(answer.text));
        controller.close();
        resolve(false);
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
  return { response: stream(body, JSON_TYPE, status), lost };
}

/** Some turns of the event loop rather than one long pause: on a busy machine time passes without any. */
async function probe(timing: Timing): Promise<void> {
  for (let turn = 0; turn < POLL_PROBES; turn++) {
    await new Promise<void>((resolve) => {
      timing.after(1, resolve);
    });
  }
}
