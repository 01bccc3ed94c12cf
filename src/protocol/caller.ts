/** Who is calling: what the Worker verified, as the object is told it. */

import * as v from "valibot";
import type { Result } from "../task/result.ts";
import { decodeBody } from "./validate.ts";

/**
 * - `push`: push; wait, status, fetch and cancel of ids that the caller can name.
 * - `work`: register, poll, events.
 * - `read`: tasks, lists, stats, config, board.
 * - `manage`: update, reschedule, resume, cancel, delete of tasks.
 * - `admin`: everything, the others included.
 */
export const SCOPES = ["push", "work", "read", "manage", "admin"] as const;

export type Scope = (typeof SCOPES)[number];

/** The subprotocol of every socket. */
export const SUBPROTOCOL = "prinia.v1";

/** The header in which the Worker passes the caller on; it strips every `x-prinia-*` that came from outside. */
export const CALLER_HEADER = "x-prinia-caller";

const callerSchema = v.object({
  scopes: v.array(v.picklist(SCOPES)),
  /** Names, or `prefix*`; `null` means every queue. */
  queues: v.nullable(v.array(v.string())),
  /** When the token ends, ms since the epoch; `null` means never. */
  exp: v.nullable(v.number()),
  /** A token for these tasks of one queue alone: waits for them, their status and they themselves are all it opens. */
  tasks: v.exactOptional(v.array(v.string())),
  /** How the queue is divided, as the Worker is told; left out where it is not. */
  layout: v.exactOptional(v.object({ partitions: v.number(), keyed: v.number(), draining: v.number() })),
  /** The Worker itself: it may send internal frames. */
  internal: v.exactOptional(v.literal(true)),
});

export type Caller = Readonly<v.InferOutput<typeof callerSchema>>;

/** Reads the value of CALLER_HEADER. Headers are Latin-1, so it is written by `encodeCaller`. */
export const decodeCaller = (header: string): Result<Caller> => decodeBody(callerSchema, header);

/** The caller as the value of a header: names of queues may have any character, headers may not. */
export const encodeCaller = (caller: Caller): string =>
  JSON.stringify(caller).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** Whether the caller has one of the scopes; admin has them all. */
export const hasScope = (caller: Caller, scopes: readonly Scope[]): boolean =>
  caller.scopes.includes("admin") || caller.scopes.some((scope) => scopes.includes(scope));

/** Whether a queue is among those named, each exactly or by a `prefix*`; `null` names all. */
export const coversQueue = (patterns: readonly string[] | null, queue: string): boolean =>
  patterns === null ||
  patterns.some((pattern) => (pattern.endsWith("*") ? queue.startsWith(pattern.slice(0, -1)) : pattern === queue));

/** Whether the caller may use a queue at all. A token for tasks names its queue exactly, stars and all. */
export const mayEnter = ({ queues, tasks }: Caller, queue: string): boolean =>
  tasks === undefined ? coversQueue(queues, queue) : (queues?.includes(queue) ?? false);

/** Whether the caller may ask for each of these tasks, as far as its token says: most are for all tasks. */
export const mayName = ({ tasks }: Caller, ids: readonly string[]): boolean =>
  tasks === undefined || ids.every((id) => tasks.includes(id));
