/** Who is calling, and what they may do: bearer tokens, the open server, and trusted service bindings. */

import { verify } from "hono/jwt";
import type { Settings } from "../env.ts";
import { MAX_SOCKET_TOKEN_MS } from "../limits.ts";
import { type Caller, coversQueue, hasScope, SCOPES, type Scope } from "../protocol/caller.ts";
import { fail, ok, type Result } from "../task/result.ts";

/** What a route asks of its caller: nothing, a server with a secret, or any of these scopes. */
export type Access = "open" | "configured" | readonly Scope[];

const EVERYBODY: Caller = { scopes: ["admin"], queues: null, exp: null };

const SUBPROTOCOL_PREFIX = "bearer.";

/**
 * Finds out who is calling. A token comes in `authorization: Bearer …` or, with an upgrade, as the subprotocol
 * `bearer.<token>`, since a browser cannot set headers there.
 *
 * @returns `unauthorized` without a good token, `not_configured` when the server has no secret
 */
export async function authenticate(request: Request, settings: Settings, now: number): Promise<Result<Caller>> {
  const { auth } = settings;
  switch (auth.mode) {
    case "open":
      return ok(EVERYBODY);
    case "missing":
      return notConfigured();
    case "token":
      return fromToken(tokenOf(request), auth.secret, isUpgrade(request), now);
    default:
      return auth satisfies never;
  }
}

export const notConfigured = () =>
  fail(
    "not_configured",
    "This server has no secret yet, so it answers nothing but /v1/health. Set PRINIA_SECRET, or PRINIA_AUTH=off on purpose.",
  );

export const isUpgrade = (request: Request): boolean => request.headers.get("upgrade")?.toLowerCase() === "websocket";

/** The subprotocols that an upgrade offers. */
export const subprotocols = (request: Request): string[] =>
  (request.headers.get("sec-websocket-protocol") ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");

function tokenOf(request: Request): string | null {
  const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  if (!isUpgrade(request)) return null;
  const offered = subprotocols(request).find((entry) => entry.startsWith(SUBPROTOCOL_PREFIX));
  return offered?.slice(SUBPROTOCOL_PREFIX.length) ?? null;
}

async function fromToken(token: string | null, secret: string, socket: boolean, now: number): Promise<Result<Caller>> {
  if (token === null) {
    return fail("unauthorized", "This route needs a token: send it as the header `authorization: Bearer <token>`.");
  }
  const claims = await claimsOf(token, secret);
  if (claims === null || isPast(claims.exp, now)) {
    return fail("unauthorized", "The token is not one of this server's, or it has expired. Mint a new one.");
  }
  const caller = callerOf(claims);
  if (!caller.ok) return caller;
  if (socket && caller.value.exp !== null && caller.value.exp - now > MAX_SOCKET_TOKEN_MS) {
    return fail("unauthorized", "A socket takes no token whose exp is more than 24 hours away. Mint a shorter one.");
  }
  return caller;
}

/** Verifies the signature, in constant time. Why a token is bad is told to nobody. */
async function claimsOf(token: string, secret: string): Promise<Record<string, unknown> | null> {
  try {
    // `iat` is no claim of ours, and the clock of whoever minted the token may be ahead; `exp` is checked by our clock.
    return await verify(token, secret, { alg: "HS256", iat: false, exp: false });
  } catch {
    return null;
  }
}

const isPast = (exp: unknown, now: number): boolean => typeof exp === "number" && exp * 1000 <= now;

function callerOf(claims: Record<string, unknown>): Result<Caller> {
  const { queues, scope, exp } = claims;
  if (!isPatterns(queues)) {
    return fail("unauthorized", "The token's claim `queues` must be a list of names, each exact or ending in `*`.");
  }
  if (!isScopes(scope)) {
    return fail("unauthorized", `The token's claim \`scope\` must be a list of any of ${SCOPES.join(", ")}.`);
  }
  if (typeof exp !== "number" || !Number.isFinite(exp)) {
    return fail("unauthorized", "The token's claim `exp`, in seconds, is missing: tokens without an end are refused.");
  }
  return ok({ queues, scopes: scope, exp: exp * 1000 });
}

const isPatterns = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string" && entry !== "");

const isScopes = (value: unknown): value is Scope[] =>
  Array.isArray(value) && value.every((entry) => SCOPES.some((scope) => scope === entry));

/**
 * The caller behind a service binding, which is trusted; `props` may narrow it. Props of the wrong shape trust nobody,
 * since whoever wrote them meant to narrow something.
 */
export function trustedCaller(props: unknown): Result<Caller> {
  if (props === undefined || props === null) return ok(EVERYBODY);
  const { queues, scope } = props as { queues?: unknown; scope?: unknown };
  if ((queues !== undefined && !isPatterns(queues)) || (scope !== undefined && !isScopes(scope))) {
    return fail(
      "not_configured",
      `The props of this service binding are wrong: \`queues\` is a list of names, \`scope\` a list of any of ${SCOPES.join(", ")}.`,
    );
  }
  return ok({ scopes: scope ?? EVERYBODY.scopes, queues: queues ?? null, exp: null });
}

/**
 * Checks what a route asks for. `queue` is the one in its path; routes over all queues have none and show what is in
 * the claim.
 */
export function authorize(caller: Caller, scopes: readonly Scope[], queue: string | undefined): Result<null> {
  if (!hasScope(caller, scopes)) {
    return fail("forbidden", `This needs the scope ${scopes.join(" or ")}, which the token does not have.`);
  }
  if (queue !== undefined && !coversQueue(caller.queues, queue)) {
    return fail("forbidden", "The token's claim `queues` does not cover this queue.");
  }
  return ok(null);
}
