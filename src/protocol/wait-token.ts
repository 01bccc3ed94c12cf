/** Tokens for one wait: for a few tasks of one queue, short-lived, and so safe to hand to a browser. */

import * as v from "valibot";
import { DEFAULT_WAIT_TOKEN_MS, MAX_TOKEN_TASKS, MAX_WAIT_TOKEN_MS, MIN_WAIT_TOKEN_MS } from "../limits.ts";
import { whole } from "./answers.ts";
import { integer, list, object, token } from "./vocabulary.ts";

/** The tasks that a token for a wait names. */
export const tokenTasksSchema = list(token, 1, MAX_TOKEN_TASKS);

export const waitTokenSchema = object({
  ids: tokenTasksSchema,
  ttlMs: v.exactOptional(integer(MIN_WAIT_TOKEN_MS, MAX_WAIT_TOKEN_MS), DEFAULT_WAIT_TOKEN_MS),
});

/** The token, and when it ends, ms since the epoch. */
export const waitTokenAnswerSchema = v.strictObject({ token: v.string(), expiresAt: whole });
export type WaitToken = Readonly<v.InferOutput<typeof waitTokenAnswerSchema>>;

/**
 * The claims of a token for a wait. It has no scope, so that a server that does not know of `tasks` lets it do nothing.
 *
 * @param expiresAt ms since the epoch; the claim is in seconds, as JWT has it, with a fraction
 */
export const waitClaims = (queue: string, ids: readonly string[], expiresAt: number) => ({
  queues: [queue],
  tasks: [...new Set(ids)],
  exp: expiresAt / 1000,
});
