/** Who uses the board, and what they may do: a pasted token, kept for as long as the tab is open. */

import { effect, signal } from "@preact/signals";
import { formatTime } from "./format.ts";
import type { Scope } from "./types.ts";

const KEY = "prinia-token";

/** What a token says of itself. The board shows it and leaves out what would be refused; the server alone verifies. */
export interface Claims {
  readonly scopes: readonly string[];
  readonly queues: readonly string[];
  /** When it ends, ms since the epoch. */
  readonly exp: number;
  readonly sub?: string;
}

/** Absent outside a browser, and refused where site data are blocked: then a token lasts until the page is left. */
function storage(): Storage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}

export const token = signal<string | null>(storage()?.getItem(KEY) ?? null);

/** Whether the server asks for no tokens; `null` until it is known. */
export const isOpen = signal<boolean | null>(null);

/** Why one has to log in again, in words. */
export const farewell = signal<string | null>(null);

/** The payload of a JWT, unverified. `null` when the text is none that this server could take. */
export function claimsOf(text: string): Claims | null {
  try {
    const [, payload = ""] = text.split(".");
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (unit) =>
      unit.charCodeAt(0),
    );
    const { scope, queues, exp, sub } = JSON.parse(new TextDecoder().decode(bytes));
    if (!Array.isArray(scope) || !Array.isArray(queues) || typeof exp !== "number") return null;
    return { scopes: scope, queues, exp: exp * 1000, ...(typeof sub === "string" ? { sub } : {}) };
  } catch {
    return null;
  }
}

/**
 * Takes a token in use, for this tab.
 *
 * @returns what is wrong with it, in words, or `null`
 */
export function logIn(text: string): string | null {
  const pasted = text.trim().replace(/^Bearer\s+/i, "");
  const claims = claimsOf(pasted);
  if (claims === null) {
    return "This is no token of a Prinia server: it has three parts, with dots between them, and names queues, scopes and an end.";
  }
  if (claims.exp <= Date.now()) return `This token ended ${formatTime(claims.exp)}. Mint a new one.`;
  storage()?.setItem(KEY, pasted);
  token.value = pasted;
  farewell.value = null;
  return null;
}

/** @param why what whoever has to log in again is told */
export function logOut(why: string | null = null): void {
  storage()?.removeItem(KEY);
  farewell.value = why;
  token.value = null;
}

/** The longest wait that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Logs out when the token ends, rather than with the first call after that. */
export function followExpiry(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (exp: number): void => {
    const left = exp - Date.now();
    if (left <= 0) logOut(`Your token ended ${formatTime(exp)}. Log in with a new one.`);
    else timer = setTimeout(look, Math.min(left, MAX_TIMER_MS), exp);
  };
  return effect(() => {
    clearTimeout(timer);
    const exp = token.value === null ? undefined : claimsOf(token.value)?.exp;
    if (exp !== undefined) look(exp);
  });
}

let last: Claims | null = null;

/** What has ended still says what its page was made of, which waits out of sight for the next token. */
function lastClaims(): Claims | null {
  if (token.value !== null) last = claimsOf(token.value);
  else if (farewell.value === null) last = null;
  return last;
}

/** Whether the token, as it says itself, allows this: in a queue, if one is named, or else in any. */
export function can(scope: Scope, queue?: string): boolean {
  if (isOpen.value === true) return true;
  const claims = lastClaims();
  if (claims === null) return false;
  if (!claims.scopes.includes(scope) && !claims.scopes.includes("admin")) return false;
  return queue === undefined || claims.queues.some((pattern) => covers(pattern, queue));
}

/** A name exactly, or a prefix that ends in `*`. */
const covers = (pattern: string, queue: string): boolean =>
  pattern.endsWith("*") ? queue.startsWith(pattern.slice(0, -1)) : pattern === queue;
