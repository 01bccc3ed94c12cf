/** Push and wait by one request. */

import type { CallOptions, PushedResult, TaskText } from "../backend/port.ts";
import { REQUEST_TIMEOUT_MS } from "../limits.ts";
import { orUnknown } from "./outcome.ts";
import { jsonOf, type Requests } from "./requests.ts";

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
  const send = () => {
    const leftMs = Math.max(0, Math.ceil(Math.min(waitMs, end - performance.now())));
    const route = `${path}/tasks?waitMs=${leftMs}`;
    return requests.once("POST", route, { body: text, signal }, leftMs + REQUEST_TIMEOUT_MS, jsonOf<PushedResult>);
  };
  try {
    return await requests.repeated(send, { repeat: repeatable, signal });
  } catch (error) {
    throw orUnknown(error, repeatable);
  }
}
