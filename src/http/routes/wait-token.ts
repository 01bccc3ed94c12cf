/** Tokens for a wait, for callers who could wait themselves. */

import { type Settings, settings } from "../../env.ts";
import { decodeBody } from "../../protocol/validate.ts";
import { waitTokenAnswerSchema, waitTokenSchema } from "../../protocol/wait-token.ts";
import { ok } from "../../task/result.ts";
import { notConfigured } from "../access.ts";
import { json } from "../answer.ts";
import { type Route, route } from "../route.ts";
import { signWaitToken } from "../wait-token.ts";

/** What signs: on an open server a key that nobody keeps, since its tokens need be good for nothing. */
function secretOf({ auth }: Settings): string | null {
  if (auth.mode === "token") return auth.secrets[0];
  return auth.mode === "open" ? crypto.randomUUID() : null;
}

const waitTokenRoute = route({
  method: "POST",
  path: "/v1/queues/:queue/wait-token",
  operation: "mintWaitToken",
  summary: "Mint a token for waiting for these tasks, short-lived and safe to hand to a browser",
  access: ["push"],
  body: { schema: waitTokenSchema, decode: (text) => decodeBody(waitTokenSchema, text) },
  answers: { 201: { description: "The token, and when it ends", schema: waitTokenAnswerSchema } },
  handle: async (call) => {
    const secret = secretOf(settings(call.env));
    // A service binding is answered without one, but has nothing to sign with.
    if (secret === null) return notConfigured();
    const { ids, ttlMs } = call.body;
    const expiresAt = Math.min(call.timing.now() + ttlMs, call.caller.exp ?? Number.POSITIVE_INFINITY);
    return ok(json(await signWaitToken(secret, call.parameters.queue, ids, Math.floor(expiresAt)), 201));
  },
});

export const waitTokenRoutes: readonly Route[] = [waitTokenRoute];
