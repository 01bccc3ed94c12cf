/** Frames that come in over a socket. */

import * as v from "valibot";
import { MAX_BATCH, MAX_CREDIT, MAX_INSTANT_MS, MAX_REF_LENGTH } from "../limits.ts";
import type { Failure, Result } from "../task/result.ts";
import { eitherOf } from "./alternatives.ts";
import type { Scope } from "./caller.ts";
import { eventsSchema, eventsShape } from "./events.ts";
import { parseJson } from "./json.ts";
import { nameSchema } from "./names.ts";
import { newTasksSchema, tasksShape } from "./new-task.ts";
import { type Shape, scanJson } from "./scan.ts";
import { idsSchema } from "./selection.ts";
import { check, decodeBody } from "./validate.ts";
import { characters, flag, integer, list, object, oneOf, token } from "./vocabulary.ts";
import { introduction } from "./workers.ts";

const refSchema = characters(1, MAX_REF_LENGTH);
const creditSchema = integer(0, MAX_CREDIT);
const is = <const T extends string>(type: T) => ({ type: v.literal(type) });
const answered = <const T extends string>(type: T) => ({ ...is(type), ref: refSchema });

const waitSchema = object({ ...answered("wait"), ids: idsSchema, progress: v.exactOptional(flag, false) });
const unwaitSchema = object(answered("unwait"));

export const WATCH_TOPICS = ["tasks", "workers", "stats"] as const;
export type WatchTopic = (typeof WATCH_TOPICS)[number];

const unknownType = (types: readonly string[]) => (issue: v.BaseIssue<unknown>) =>
  issue.path ? `must be one of ${types.map((type) => `"${type}"`).join(", ")}` : "must be an object";

const FRAME_TYPES = ["register", "events", "credit", "push", "wait", "unwait", "watch", "goodbye"];

export const clientFrameSchema = v.variant(
  "type",
  [
    object({
      ...is("register"),
      worker: nameSchema,
      session: v.exactOptional(token),
      credit: creditSchema,
      held: v.exactOptional(list(token, 0, MAX_CREDIT), () => []),
      autoStart: v.exactOptional(flag, false),
      ...introduction,
    }),
    object({ ...answered("events"), events: eventsSchema, credit: v.exactOptional(creditSchema) }),
    v.pipe(
      object({ ...is("credit"), credit: v.exactOptional(creditSchema), set: v.exactOptional(creditSchema) }),
      eitherOf("credit", "set"),
    ),
    object({ ...answered("push"), tasks: newTasksSchema }),
    waitSchema,
    unwaitSchema,
    object({ ...answered("watch"), topics: list(oneOf(WATCH_TOPICS), 1, WATCH_TOPICS.length) }),
    object(is("goodbye")),
  ],
  unknownType(FRAME_TYPES),
);
export type ClientFrame = v.InferOutput<typeof clientFrameSchema>;

/** What the Worker's own sockets may say: waits, one long poll each, and to follow. Never taken from outside. */
export const internalFrameSchema = v.variant(
  "type",
  [
    object({ ...is("poll"), worker: nameSchema, session: token, max: integer(1, MAX_BATCH), autoStart: flag }),
    object(is("cancel")),
    object({ ...is("follow"), after: v.exactOptional(integer(0, MAX_INSTANT_MS)) }),
    waitSchema,
    unwaitSchema,
  ],
  unknownType(["poll", "cancel", "follow", "wait", "unwait"]),
);
export type InternalFrame = v.InferOutput<typeof internalFrameSchema>;

/** The scope that each frame needs. */
export const FRAME_SCOPE = {
  register: "work",
  events: "work",
  credit: "work",
  goodbye: "work",
  push: "push",
  wait: "push",
  unwait: "push",
  watch: "read",
} as const satisfies Record<ClientFrame["type"], Scope>;

/** Why a frame was refused, and the `ref` that it had, if that can be told. */
export interface FrameFailure extends Failure {
  readonly ref?: string;
}

/** Reads a frame of a client. Refusals have paths as those of bodies, `tasks.0.args`. */
export const decodeFrame = (frame: string): Result<ClientFrame, FrameFailure> => decode(clientFrameSchema, frame);

/** Reads a frame of the Worker's own sockets. */
export const decodeInternalFrame = (frame: string): Result<InternalFrame, FrameFailure> =>
  decode(internalFrameSchema, frame);

const frameShape: Shape = {
  fields: new Map([
    ["tasks", tasksShape],
    ["events", eventsShape],
  ]),
};

function decode<const S extends v.GenericSchema>(schema: S, frame: string): Result<v.InferOutput<S>, FrameFailure> {
  const decoded = decodeBody(schema, frame, frameShape);
  if (decoded.ok) return decoded;
  const ref = refOf(frame);
  return ref === undefined ? decoded : { ok: false, error: { ...decoded.error, ref } };
}

const refShape: Shape = { fields: new Map([["ref", "raw"]]) };

/** The `ref` of a frame that may be no JSON at all: whoever sent it waits for an answer to it. */
function refOf(frame: string): string | undefined {
  const { raws } = scanJson(frame, refShape);
  const raw = raws instanceof Map ? raws.get("ref") : undefined;
  if (typeof raw !== "string") return undefined;
  const parsed = parseJson(raw);
  const ref = parsed.ok ? check(refSchema, parsed.value) : parsed;
  return ref.ok ? ref.value : undefined;
}
