/** Who one is to the server: what the token allows, and for how long. */

import type { ComponentChildren } from "preact";
import { Ago } from "./clock.tsx";
import { formatTime } from "./format.ts";
import { type Claims, claimsOf, isOpen, logOut, token } from "./token.ts";

export function Session(): ComponentChildren {
  const text = token.value;
  if (text === null) return isOpen.value === true && <span class="mark">Open server</span>;
  const claims = claimsOf(text);
  return (
    <>
      <button type="button" popoverTarget="session">
        Token: {summary(claims)}
      </button>
      <section id="session" class="panel" popover="auto" aria-label="Your token">
        {claims !== null && <ClaimsList claims={claims} />}
        <button type="button" onClick={() => logOut()}>
          Log out
        </button>
      </section>
    </>
  );
}

const summary = (claims: Claims | null): string => {
  if (claims === null) return "unknown";
  if (claims.scopes.includes("admin")) return "admin";
  return claims.scopes.join(", ") || "no scope";
};

const MEANING: Readonly<Record<string, string>> = {
  push: "push tasks, wait for them",
  work: "be a worker",
  read: "see tasks, numbers and settings",
  manage: "change, retry, cancel and delete tasks",
  admin: "everything, settings and purges included",
};

export const ClaimsList = ({ claims }: { readonly claims: Claims }): ComponentChildren => (
  <dl class="claims">
    {claims.sub !== undefined && (
      <>
        <dt>For</dt>
        <dd>{claims.sub}</dd>
      </>
    )}
    <dt>Allows to</dt>
    <dd>
      <ul>
        {claims.scopes.length === 0 && <li>nothing: it has no scope</li>}
        {claims.scopes.map((scope) => (
          <li key={scope}>
            <strong>{scope}</strong>: {MEANING[scope] ?? "unknown to this board"}
          </li>
        ))}
      </ul>
    </dd>
    <dt>In queues</dt>
    <dd class="mono">{claims.queues.map((name) => (name === "*" ? "* (all)" : name)).join(", ") || "none"}</dd>
    <dt>Ends</dt>
    <dd>
      <Ago at={claims.exp} />, {formatTime(claims.exp)}
    </dd>
  </dl>
);
