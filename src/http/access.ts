/** Who is calling, and what they may do: bearer tokens, the open server, and trusted service bindings. */

import type { Settings } from "../env.ts";
import { type Caller, hasScope, mayEnter, mayName, SCOPES, type Scope } from "../protocol/caller.ts";
import { fail, ok, type Result } from "../task/result.ts";
import { type Actor, ANYBODY, actorOf, BINDING } from "./audit.ts";
import { isPatterns, isScopes, verified } from "./token.ts";

/** What a route asks of its caller: nothing, a server with a secret, or any of these scopes. */
export type Access = "open" | "configured" | readonly Scope[];

/** A caller, and by what name an audit line knows them. */
export interface Visitor {
  readonly caller: Caller;
  readonly actor: Actor;
}

const EVERYTHING: Caller = { scopes: ["admin"], queues: null, exp: null };

/**
 * Finds out who is calling. A token comes in `authorization: Bearer …` or, with an upgrade, as the subprotocol
 * `bearer.<token>`, since a browser cannot set headers there.
 *
 * @param inQuery whether the route takes a token for tasks as `?token=`, too
 * @returns `unauthorized` without a good token, `not_configured` when the server has no secret
 */
export async function authenticate(
  request: Request,
  { auth }: Settings,
  inQuery: boolean,
  now: number,
): Promise<Result<Visitor>> {
  switch (auth.mode) {
    case "open":
      return ok({ caller: EVERYTHING, actor: ANYBODY });
    case "missing":
      return notConfigured();
    case "token": {
      const found = await verified(request, auth.secrets, inQuery, now);
      return found.ok ? ok({ caller: found.value.caller, actor: actorOf(found.value) }) : found;
    }
    default:
      return auth satisfies never;
  }
}

export const notConfigured = () =>
  fail(
    "not_configured",
    "This server has no secret yet, so it answers nothing but /v1/health. Set PRINIA_SECRET, or PRINIA_AUTH=off on purpose.",
  );

/**
 * The caller behind a service binding, which is trusted; `props` may narrow it. Props of the wrong shape trust nobody,
 * since whoever wrote them meant to narrow something.
 */
export function trustedCaller(props: unknown): Result<Visitor> {
  if (props === undefined || props === null) return ok({ caller: EVERYTHING, actor: BINDING });
  const { queues, scope } = props as { queues?: unknown; scope?: unknown };
  if ((queues !== undefined && !isPatterns(queues)) || (scope !== undefined && !isScopes(scope))) {
    return fail(
      "not_configured",
      `The props of this service binding are wrong: \`queues\` is a list of names, \`scope\` a list of any of ${SCOPES.join(", ")}.`,
    );
  }
  const caller = { scopes: scope ?? EVERYTHING.scopes, queues: queues ?? null, exp: null };
  return ok({ caller, actor: BINDING });
}

/**
 * Checks what a route asks for, before its request is read. `queue` is the one in its path; routes over all queues have
 * none and show what is in the claim.
 *
 * @param forTasks whether the route says which tasks a request names, and so is open to a token for tasks
 */
export function authorize(
  caller: Caller,
  scopes: readonly Scope[],
  forTasks: boolean,
  queue: string | undefined,
): Result<null> {
  if (caller.tasks !== undefined && !forTasks) {
    return fail("forbidden", "A token for tasks is good for a wait, a status and a fetch alone.");
  }
  if (caller.tasks === undefined && !hasScope(caller, scopes)) {
    return fail("forbidden", `This needs the scope ${scopes.join(" or ")}, which the token does not have.`);
  }
  if (queue !== undefined && !mayEnter(caller, queue)) {
    return fail("forbidden", "The token's claim `queues` does not cover this queue.");
  }
  return ok(null);
}

/** Checks the tasks that a request names, once it is read. Whether they exist makes no difference. */
export const authorizeTasks = (caller: Caller, ids: readonly string[]): Result<null> =>
  mayName(caller, ids) ? ok(null) : fail("forbidden", "The token is for other tasks than these.");
