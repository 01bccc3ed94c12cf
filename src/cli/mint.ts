/** What `token` is asked for, and the claims that come of it. */

import { parseArgs, parseEnv } from "node:util";
import { MAX_TOKEN_TASKS, MAX_WAIT_TOKEN_MS } from "../limits.ts";
import { SCOPES, type Scope } from "../protocol/caller.ts";
import { check } from "../protocol/validate.ts";
import { tokenTasksSchema, waitClaims } from "../protocol/wait-token.ts";
import type { Result } from "../task/result.ts";
import type { Environment } from "./settings.ts";

/** @param command how it is called */
export const usageOf = (
  command: string,
): string => `Usage: ${command} --queues <names> --scope <scopes> [--sub <name>] [--ttl <duration>]
       ${command} --queues <name> --task <id> [--ttl <duration>]

Prints a token for Prinia, signed with PRINIA_SECRET (from the environment, else from .dev.vars).

  --queues  names of queues, each exact or a prefix ending in *; separated by commas, or given again
  --scope   any of ${SCOPES.join(", ")}; separated by commas, or given again
  --task    instead of scopes: a token that is good for waiting for these tasks of one queue, and for nothing else;
            ids, up to ${MAX_TOKEN_TASKS}, separated by commas, or given again
  --sub     whom it is for, a name for the audit log
  --ttl     how long it lasts, a whole number of s, m, h or d: 30s, 10m, 1h, 7d
            (default 1h; for tasks 10m, and at most 1h)
  --help    this text

Examples: ${command} --queues 'emails*' --scope push,read --ttl 1h
          ${command} --queues emails --task 01M865NYVW00000000019X76PY`;

/** A token with scopes. */
interface ScopeRequest {
  /** Names, or `prefix*`. */
  readonly queues: readonly string[];
  readonly scopes: readonly Scope[];
  /** Whom it is for. */
  readonly subject?: string;
  readonly ttlMs: number;
}

/** A token for a wait. */
interface TaskRequest {
  readonly queue: string;
  readonly tasks: readonly string[];
  readonly ttlMs: number;
}

export type TokenRequest = ScopeRequest | TaskRequest;

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Reads the command line.
 * @param args what follows the script's name
 * @returns null when help is asked for; an error for people when something is missing or wrong
 */
export function readTokenRequest(args: readonly string[]): Result<TokenRequest | null, string> {
  const options = readOptions(args);
  if (!options.ok) return options;
  const { help, queues, scope, task, sub, ttl } = options.value;
  if (help) return { ok: true, value: null };
  const names = split(queues);
  if (names.length === 0) {
    return { ok: false, error: "--queues is missing: name the queues that the token is for, '*' for all." };
  }
  const tasks = split(task);
  if (task.length > 0) return readTaskRequest(names, tasks, scope.length > 0 || sub !== undefined, ttl);
  const scopes = readScopes(split(scope));
  if (!scopes.ok) return scopes;
  const ttlMs = readTtl(ttl ?? "1h");
  if (!ttlMs.ok) return ttlMs;
  const subject = sub === undefined ? {} : { subject: sub };
  return { ok: true, value: { queues: names, scopes: scopes.value, ...subject, ttlMs: ttlMs.value } };
}

/** @param more whether something is asked that such a token has not */
function readTaskRequest(
  queues: readonly string[],
  tasks: readonly string[],
  more: boolean,
  ttl = "10m",
): Result<TaskRequest, string> {
  const [queue] = queues;
  if (more)
    return { ok: false, error: "--task excludes --scope and --sub: such a token waits, and does nothing else." };
  if (queue === undefined || queues.length > 1 || queue.endsWith("*")) {
    return { ok: false, error: "--queues must name one queue, without a *: that of the tasks." };
  }
  if (!check(tokenTasksSchema, tasks).ok) {
    return { ok: false, error: `--task must name 1 to ${MAX_TOKEN_TASKS} tasks, by ids as a push answers them.` };
  }
  const ttlMs = readTtl(ttl);
  if (!ttlMs.ok) return ttlMs;
  if (ttlMs.value > MAX_WAIT_TOKEN_MS)
    return { ok: false, error: "--ttl is more than 1h, which no token for tasks lasts." };
  return { ok: true, value: { queue, tasks, ttlMs: ttlMs.value } };
}

function readTtl(ttl: string): Result<number, string> {
  const value = parseDuration(ttl);
  if (value !== undefined) return { ok: true, value };
  return {
    ok: false,
    error: `--ttl is ${JSON.stringify(ttl)}; it takes a whole number, at least 1, of s, m, h or d, such as 30s, 10m, 1h or 7d.`,
  };
}

function readOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        queues: { type: "string", multiple: true, default: [] },
        scope: { type: "string", multiple: true, default: [] },
        task: { type: "string", multiple: true, default: [] },
        sub: { type: "string" },
        ttl: { type: "string" },
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

/** The claims of a token that is minted at `now` (ms); `exp` and `iat` in seconds, as JWT has them. */
export function claimsAt(request: TokenRequest, now: number): Readonly<Record<string, unknown>> {
  const iat = Math.floor(now / 1000);
  const exp = iat + request.ttlMs / 1000;
  if ("tasks" in request) return { ...waitClaims(request.queue, request.tasks, exp * 1000), iat };
  const { queues, scopes, subject } = request;
  return { queues, scope: scopes, ...(subject === undefined ? {} : { sub: subject }), iat, exp };
}

/**
 * The secret to sign with: the environment's, else that of a `.dev.vars` file.
 * @param devVars the file's text, or nothing when there is none
 */
export const findSecret = (env: Environment, devVars: string | undefined): string | undefined =>
  env.PRINIA_SECRET || parseEnv(devVars ?? "").PRINIA_SECRET || undefined;
