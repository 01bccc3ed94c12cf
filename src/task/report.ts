/** What the holder of a lease reports, as the rules take it, and as it is answered. */

import { MAX_PROGRESS_BYTES, MAX_RESULT_BYTES } from "../limits.ts";
import { type Failure, fail } from "./result.ts";
import type { TaskEvent, TaskState } from "./state.ts";
import type { EventAnswer, HolderEvent, RawJson } from "./task.ts";
import { exceedsBytes, isBase64Json } from "./text.ts";

/** What an event brings beside itself. */
export interface Luggage {
  readonly ok?: RawJson;
  readonly logs?: readonly string[] | undefined;
  readonly progress?: RawJson;
}

/** @param token of the lease that the sender claims to hold */
export function ruleEvent(event: HolderEvent, token: number): TaskEvent {
  switch (event.type) {
    case "start":
    case "release":
    case "progress":
      return { type: event.type, token };
    case "snooze":
      return { type: "snooze", token, delayMs: event.delayMs };
    case "extend":
      return { type: "extend", token, timeoutMs: event.timeoutMs };
    case "ack":
      if ("ok" in event.result) return { type: "succeed", token };
      if (event.result.abort) return { type: "abort", token, error: event.result.err };
      return { type: "fail", token, error: event.result.err, retryAfterMs: event.result.retryAfterMs };
    default:
      return event satisfies never;
  }
}

export function luggageOf(event: HolderEvent): Luggage {
  if (event.type === "progress") return { progress: event.progress };
  if (event.type !== "ack") return {};
  return { logs: event.logs, ...("ok" in event.result ? { ok: event.result.ok } : {}) };
}

export const notYours = ({ status }: Pick<TaskState, "status">) =>
  fail("lease_lost", "This lease belongs to another session: a lease is its claimer's alone.", { taskStatus: status });

/**
 * Too large a value refuses its event, not the request: the other results of the batch are as good as before. Only what
 * would be kept is measured: an ack that is sent again gets its first answer, whatever it brings.
 *
 * @param token of the lease that the sender claims to hold
 * @param codec of the task, `null` for JSON
 */
export function unfit(
  event: HolderEvent,
  token: number,
  state: Pick<TaskState, "status" | "token">,
  codec: string | null,
): ReturnType<typeof fail> | null {
  if (state.token !== token) return null;
  const taskStatus = state.status;
  if (event.type === "progress" && exceedsBytes(event.progress, MAX_PROGRESS_BYTES)) {
    return fail("payload_too_large", `\`progress\` must be at most ${MAX_PROGRESS_BYTES} bytes of JSON.`, {
      taskStatus,
    });
  }
  if (event.type !== "ack" || !("ok" in event.result)) return null;
  if (exceedsBytes(event.result.ok, MAX_RESULT_BYTES)) {
    return fail("payload_too_large", `\`result.ok\` must be at most ${MAX_RESULT_BYTES} bytes of JSON.`, {
      taskStatus,
    });
  }
  if (codec !== null && !isEncoded(event.result.ok)) {
    const detail = `A task with the codec ${JSON.stringify(codec)} must have its result as a base64 string, or null.`;
    return fail("bad_request", detail, { path: "result.ok", taskStatus });
  }
  return null;
}

const isEncoded = (json: RawJson): boolean => json === "null" || isBase64Json(json);

export function refusedEvent(id: string, { code, detail, taskStatus, path }: Failure): EventAnswer {
  const more = { ...(taskStatus === undefined ? {} : { taskStatus }), ...(path === undefined ? {} : { path }) };
  return { id, error: { code, detail, ...more } };
}
