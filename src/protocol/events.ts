/** What holders of leases report: with a poll, on their own, or in a frame. */

import * as v from "valibot";
import { MAX_BATCH, MAX_LOG_BYTES, MAX_LOGS, MAX_PROGRESS_BYTES, MAX_RESULT_BYTES, MAX_WAIT_MS } from "../limits.ts";
import type { Result } from "../task/result.ts";
import type { HolderEvent } from "../task/task.ts";
import { byKey } from "./alternatives.ts";
import { isJsonObject } from "./json.ts";
import { nameSchema } from "./names.ts";
import type { Shape } from "./scan.ts";
import { decodeBody } from "./validate.ts";
import {
  duration,
  flag,
  integer,
  isSmallJson,
  isToken,
  list,
  message,
  object,
  positiveDuration,
  rawJson,
  token,
} from "./vocabulary.ts";

const held = <const T extends string>(type: T) => ({ type: v.literal(type), id: token, lease: token });

// Results and progress that are too large are refused event by event, by who applies them.
const okSchema = object({ ok: rawJson(MAX_RESULT_BYTES, "pass") });
const errSchema = object({
  err: message(),
  retryAfterMs: v.exactOptional(duration),
  abort: v.exactOptional(v.literal(true, "must be true, or left out")),
});

const TYPES = ["start", "ack", "snooze", "release", "extend", "progress"] as const satisfies HolderEvent["type"][];

export const eventSchema = v.variant(
  "type",
  [
    object(held("start")),
    object({
      ...held("ack"),
      result: byKey("ok", okSchema, "err", errSchema),
      logs: v.exactOptional(list(message(MAX_LOG_BYTES), 0, MAX_LOGS)),
    }),
    object({ ...held("snooze"), delayMs: duration }),
    object(held("release")),
    object({ ...held("extend"), timeoutMs: positiveDuration }),
    object({ ...held("progress"), progress: rawJson(MAX_PROGRESS_BYTES, "pass") }),
  ],
  (issue) => (issue.path ? `must be one of ${TYPES.map((type) => `"${type}"`).join(", ")}` : "must be an object"),
);

export const eventsSchema = list<HolderEvent>(eventSchema, 1, MAX_BATCH, isPlainAck);

/** An ack that brings nothing but a small result. */
function isPlainAck(event: unknown): boolean {
  if (!isJsonObject(event) || event.type !== "ack" || Object.keys(event).length !== 4) return false;
  const { id, lease, result } = event;
  if (!isToken(id) || !isToken(lease) || !isJsonObject(result) || Object.keys(result).length !== 1) return false;
  return isSmallJson(result.ok, MAX_RESULT_BYTES);
}

/** Where JSON is kept as text in a list of events. */
export const eventsShape: Shape = {
  items: {
    fields: new Map<string, Shape>([
      ["result", { fields: new Map([["ok", "raw"]]) }],
      ["progress", "raw"],
    ]),
  },
};
const bodyShape: Shape = { fields: new Map([["events", eventsShape]]) };

export const pollSchema = object({
  worker: nameSchema,
  session: v.exactOptional(token),
  max: v.exactOptional(integer(1, MAX_BATCH), 1),
  waitMs: v.exactOptional(integer(0, MAX_WAIT_MS), 0),
  autoStart: v.exactOptional(flag, true),
  events: v.exactOptional(list<HolderEvent>(eventSchema, 0, MAX_BATCH, isPlainAck), () => []),
});

export const eventsBodySchema = object({
  worker: v.exactOptional(nameSchema),
  session: v.exactOptional(token),
  events: eventsSchema,
});

/** A poll, with its defaults filled in. */
export type PollInput = v.InferOutput<typeof pollSchema>;
export type EventsInput = v.InferOutput<typeof eventsBodySchema>;

export const decodePoll = (body: string): Result<PollInput> => decodeBody(pollSchema, body, bodyShape);
export const decodeEvents = (body: string): Result<EventsInput> => decodeBody(eventsBodySchema, body, bodyShape);
