/** What `token` is asked for, and the claims that come of it. */

import { parseArgs, parseEnv } from "node:util";
import { SCOPES, type Scope } from "../protocol/caller.ts";
import type { Result } from "../task/result.ts";
import type { Environment } from "./settings.ts";

export const USAGE = `Usage: npm run -s token -- --queues <names> --scope <scopes> [--ttl <duration>]

Prints a token for Prinia, signed with PRINIA_SECRET (from the environment, else from .dev.vars).

  --queues  names of queues, each exact or a prefix ending in *; separated by commas, or given again
  --scope   any of ${SCOPES.join(", ")}; separated by commas, or given again
  --ttl     how long it lasts, a whole number of s, m, h or d: 30s, 10m, 1h, 7d (default 1h)
  --help    this text

Example: npm run -s token -- --queues 'emails*' --scope push,read --ttl 1h`;

export interface TokenRequest {
  /** Names, or `prefix*`. */
  readonly queues: readonly string[];
  readonly scopes: readonly Scope[];
  readonly ttlMs: number;
}

/** The claims of a token; `exp` and `iat` in seconds, as JWT has them. */
export interface Claims {
  readonly queues: readonly string[];
  readonly scope: readonly Scope[];
  readonly iat: number;
  readonly exp: number;
}

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Reads the command line.
 * @param args what follows the script's name
 * @returns null when help is asked for; an error for people when something is missing or wrong
 */
export function readTokenRequest(args: readonly string[]): Result<TokenRequest | null, string> {
  const options = readOptions(args);
  if (!options.ok) return options;
  const { help, queues, scope, ttl } = options.value;
  if (help) return { ok: true, value: null };
  const names = split(queues);
  if (names.length === 0) {
    return { ok: false, error: "--queues is missing: name the queues that the token is for, '*' for all." };
  }
  const scopes = readScopes(split(scope));
  if (!scopes.ok) return scopes;
  const ttlMs = parseDuration(ttl);
  if (ttlMs === undefined) {
    return {
      ok: false,
      error: `--ttl is ${JSON.stringify(ttl)}; it takes a whole number, at least 1, of s, m, h or d, such as 30s, 10m, 1h or 7d.`,
    };
  }
  return { ok: true, value: { queues: names, scopes: scopes.value, ttlMs } };
}

function readOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        queues: { type: "string", multiple: true, default: [] },
        scope: { type: "string", multiple: true, default: [] },
        ttl: { type: "string", default: "1h" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return { ok: true, value: values } as const;
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) } as const;
  }
}

/** Each entry once, without the blanks around it. */
const split = (values: readonly string[]): string[] => [
  ...new Set(values.flatMap((value) => value.split(",").map((entry) => entry.trim())).filter((entry) => entry !== "")),
];

function readScopes(names: readonly string[]): Result<Scope[], string> {
  if (names.length === 0) return { ok: false, error: `--scope is missing: give any of ${SCOPES.join(", ")}.` };
  const unknown = names.filter((name) => !SCOPES.some((scope) => scope === name));
  if (unknown.length > 0) {
    const quoted = unknown.map((name) => JSON.stringify(name)).join(", ");
    return { ok: false, error: `--scope does not know ${quoted}: it takes any of ${SCOPES.join(", ")}.` };
  }
  return { ok: true, value: SCOPES.filter((scope) => names.includes(scope)) };
}

/** A duration such as `90s` in ms; nothing when it is none. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  if (unit !== "s" && unit !== "m" && unit !== "h" && unit !== "d") return undefined;
  return Number(count) * UNIT_MS[unit];
}

/** The claims of a token that is minted at `now` (ms). */
export function claimsAt({ queues, scopes, ttlMs }: TokenRequest, now: number): Claims {
  const iat = Math.floor(now / 1000);
  return { queues, scope: scopes, iat, exp: iat + ttlMs / 1000 };
}

/**
 * The secret to sign with: the environment's, else that of a `.dev.vars` file.
 * @param devVars the file's text, or nothing when there is none
 */
export const findSecret = (env: Environment, devVars: string | undefined): string | undefined =>
  env.PRINIA_SECRET || parseEnv(devVars ?? "").PRINIA_SECRET || undefined;
