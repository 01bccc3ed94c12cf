/** Bearer tokens: where they come from, and what they say. */

import { verify } from "hono/jwt";
import { MAX_BEARER_LENGTH, MAX_SOCKET_TOKEN_MS, MAX_TOKEN_TASKS } from "../limits.ts";
import { type Caller, SCOPES, type Scope } from "../protocol/caller.ts";
import { check } from "../protocol/validate.ts";
import { tokenTasksSchema } from "../protocol/wait-token.ts";
import { fail, ok, type Result } from "../task/result.ts";
import { rawQuery } from "./path.ts";

const SUBPROTOCOL_PREFIX = "bearer.";

/** The parameter in which a route may take a token for a wait: a browser's EventSource can set no header. */
export const TOKEN_PARAMETER = "token";

/** What a good token says. */
export interface Verified {
  readonly caller: Caller;
  /** Whom the token was given to, if it says so. */
  readonly subject: string | null;
  /** What the signature is over: all of the token but the signature itself. */
  readonly signed: string;
}

/** A token as it came. */
interface Presented {
  readonly token: string;
  readonly place: "header" | "query";
}

export const isUpgrade = (request: Request): boolean => request.headers.get("upgrade")?.toLowerCase() === "websocket";

/** The subprotocols that an upgrade offers. */
export const subprotocols = (request: Request): string[] =>
  (request.headers.get("sec-websocket-protocol") ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");

/**
 * Reads and verifies the token of a request.
 *
 * @param secrets each of them verifies
 * @param inQuery whether the route also takes one as `?token=`; only one that is for tasks may come so
 * @returns `unauthorized` without a good token; `bad_request` with two
 */
export async function verified(
  request: Request,
  secrets: readonly string[],
  inQuery: boolean,
  now: number,
): Promise<Result<Verified>> {
  const presented = tokenOf(request, inQuery);
  if (!presented.ok) return presented;
  const { token, place } = presented.value;
  const claims = await claimsOf(token, secrets);
  if (claims === null || isPast(claims.exp, now)) {
    return fail("unauthorized", "The token is not one of this server's, or it has expired. Mint a new one.");
  }
  const caller = callerOf(claims);
  if (!caller.ok) return caller;
  const { exp, tasks } = caller.value;
  if (isUpgrade(request) && exp !== null && exp - now > MAX_SOCKET_TOKEN_MS) {
    return fail("unauthorized", "A socket takes no token whose exp is more than 24 hours away. Mint a shorter one.");
  }
  // Addresses end up in histories and logs: what comes in one must not be worth much.
  if (place === "query" && tasks === undefined) {
    return fail("unauthorized", "Only a token for tasks may come in the address. Send this one in `authorization`.");
  }
  const subject = typeof claims.sub === "string" && claims.sub !== "" ? claims.sub : null;
  return ok({ caller: caller.value, subject, signed: token.slice(0, token.lastIndexOf(".")) });
}

function tokenOf(request: Request, inQuery: boolean): Result<Presented> {
  const path = TOKEN_PARAMETER;
  const header = headerToken(request);
  const query = inQuery ? new URLSearchParams(rawQuery(request.url)).getAll(path) : [];
  const [token] = query;
  if (header !== null && token !== undefined) {
    return fail("bad_request", "`token` repeats what the header `authorization` says: give one of them.", { path });
  }
  if (query.length > 1) return fail("bad_request", "`token` is given more than once: give it once.", { path });
  if (header !== null) return ok({ token: header, place: "header" });
  if (token !== undefined) return ok({ token, place: "query" });
  return fail("unauthorized", "This route needs a token: send it as the header `authorization: Bearer <token>`.");
}

function headerToken(request: Request): string | null {
  const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  if (!isUpgrade(request)) return null;
  const offered = subprotocols(request).find((entry) => entry.startsWith(SUBPROTOCOL_PREFIX));
  return offered?.slice(SUBPROTOCOL_PREFIX.length) ?? null;
}

/** Verifies the signature, in constant time. Why a token is bad is told to nobody. */
async function claimsOf(token: string, secrets: readonly string[]): Promise<Record<string, unknown> | null> {
  if (token.length > MAX_BEARER_LENGTH) return null;
  for (const secret of secrets) {
    try {
      // `iat` is no claim of ours, and the clock of whoever minted the token may be ahead; `exp` is checked by our clock.
      return await verify(token, secret, { alg: "HS256", iat: false, exp: false });
    } catch {
      // Perhaps of another secret.
    }
  }
  return null;
}

const isPast = (exp: unknown, now: number): boolean => typeof exp === "number" && exp * 1000 <= now;

function callerOf({ queues, scope, exp, tasks }: Record<string, unknown>): Result<Caller> {
  if (!isPatterns(queues)) {
    return fail("unauthorized", "The token's claim `queues` must be a list of names, each exact or ending in `*`.");
  }
  if (typeof exp !== "number" || !Number.isFinite(exp)) {
    return fail("unauthorized", "The token's claim `exp`, in seconds, is missing: tokens without an end are refused.");
  }
  if (tasks !== undefined) return forTasks(queues, scope, exp, tasks);
  if (!isScopes(scope)) {
    return fail("unauthorized", `The token's claim \`scope\` must be a list of any of ${SCOPES.join(", ")}.`);
  }
  return ok({ queues, scopes: scope, exp: exp * 1000 });
}

/** One queue, and no scope: whoever gave it one meant another kind of token. */
function forTasks(queues: string[], scope: unknown, exp: number, tasks: unknown): Result<Caller> {
  const named = check(tokenTasksSchema, tasks);
  if (!named.ok || queues.length !== 1 || scope !== undefined) {
    return fail(
      "unauthorized",
      `A token with the claim \`tasks\`, a list of 1 to ${MAX_TOKEN_TASKS} ids, names one queue and has no \`scope\`.`,
    );
  }
  return ok({ queues, scopes: [], exp: exp * 1000, tasks: named.value });
}

export const isPatterns = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string" && entry !== "");

export const isScopes = (value: unknown): value is Scope[] =>
  Array.isArray(value) && value.every((entry) => SCOPES.some((scope) => scope === entry));
