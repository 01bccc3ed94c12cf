/** Tokens of a server that asks for them. */

import { sign } from "hono/jwt";

export const SECRET = "a secret of the tests, long enough for HS256";

export const seconds = (): number => Math.floor(Date.now() / 1000);

/** A token that may do everything for an hour, unless the claims say otherwise. */
export const token = (claims: object = {}): Promise<string> =>
  sign({ queues: ["*"], scope: ["admin"], exp: seconds() + 3_600, ...claims }, SECRET, "HS256");
