/** Minting tokens for a wait. */

import { sign } from "hono/jwt";
import { DEFAULT_WAIT_TOKEN_MS } from "../limits.ts";
import { nameSchema } from "../protocol/names.ts";
import { check } from "../protocol/validate.ts";
import { object } from "../protocol/vocabulary.ts";
import { type WaitToken, waitClaims, waitTokenSchema } from "../protocol/wait-token.ts";

/** What a token for a wait is to be for. */
export interface WaitTokenOrder {
  /** The server's `PRINIA_SECRET`. */
  readonly secret: string;
  readonly queue: string;
  /** 1 to 100 tasks of the queue. */
  readonly ids: readonly string[];
  /** How long it is good for, in ms: 1,000 to 3,600,000; ten minutes when left out. */
  readonly ttlMs?: number;
}

const orderSchema = object({ ...waitTokenSchema.entries, queue: nameSchema });

/**
 * Mints a token that is good for waiting for some tasks, their status and fetching them, and for nothing else: to be
 * handed to a browser. For who has the secret; others ask the server for one.
 *
 * @returns the token, and when it ends, ms since the epoch
 * @throws TypeError when the queue, the ids or the time are none
 * @example
 * const { token } = await waitToken({ secret: env.PRINIA_SECRET, queue: "emails", ids: [id] });
 */
export async function waitToken({
  secret,
  queue,
  ids,
  ttlMs = DEFAULT_WAIT_TOKEN_MS,
}: WaitTokenOrder): Promise<WaitToken> {
  const checked = check(orderSchema, { queue, ids, ttlMs });
  if (!checked.ok) throw new TypeError(checked.error.detail);
  if (secret === "") throw new TypeError("`secret` is empty: there is nothing to sign with.");
  return signWaitToken(secret, queue, ids, Date.now() + ttlMs);
}

/** @param expiresAt ms since the epoch */
export const signWaitToken = async (
  secret: string,
  queue: string,
  ids: readonly string[],
  expiresAt: number,
): Promise<WaitToken> => ({ token: await sign(waitClaims(queue, ids, expiresAt), secret, "HS256"), expiresAt });
