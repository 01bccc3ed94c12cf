/** Push and wait by one request. */

import { sleep, systemClock } from "../backend/clock.ts";
import { pauseMs } from "../backend/pause.ts";
import type { CallOptions, PushedResult, TaskText } from "../backend/port.ts";
import { REQUEST_TIMEOUT_MS } from "../limits.ts";
import { orUnknown } from "./outcome.ts";
import { isRetryable, jsonOf, type Requests } from "./requests.ts";

/**
 * Pushes a task, and again where it may be sent twice: then what is left of the time is waited.
 *
 * @param path of the queue
 */
export async function httpPushAndWait(
  requests: Requests,
  path: string,
  { text, repeatable }: TaskText,
  { waitMs, signal }: CallOptions & { readonly waitMs: number },
): Promise<PushedResult> {
  const end = performance.now() + waitMs;
  for (let failures = 1; ; failures++) {
    const leftMs = Math.max(0, Math.ceil(Math.min(waitMs, end - performance.now())));
    const route = `${path}/tasks?waitMs=${leftMs}`;
    try {
      const options = { body: text, signal };
      return await requests.once("POST", route, options, leftMs + REQUEST_TIMEOUT_MS, jsonOf<PushedResult>);
    } catch (error) {
      if (!repeatable || failures >= requests.tries || !isRetryable(error)) throw orUnknown(error, repeatable);
      await sleep(systemClock, pauseMs(failures, error.retryAfterMs), signal);
    }
  }
}
