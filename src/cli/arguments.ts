/** What stands behind a command, read strictly. */

import { type Duration, durationMs } from "../task/duration.ts";
import { errorText } from "../task/errors.ts";
import { STATUSES, type Status } from "../task/status.ts";
import { UsageError } from "./exit.ts";

/** @throws UsageError */
export function jsonOf(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    const quoted = JSON.stringify(JSON.stringify(text)).slice(1, -1).replaceAll('\\"', '"');
    const advice = /^[\w .,@-]+$/.test(text) ? ` A text is written '${quoted}'.` : "";
    throw new UsageError(`${what} is ${shown}, which is not JSON: ${errorText(error)}.${advice}`);
  }
}

/** A duration in ms, as `90s`, `10m`, `250ms`; a bare number is refused, since nobody knows of what. */
export function durationOf(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  try {
    return durationMs(text as Duration, flag);
  } catch {
    throw new UsageError(
      `${flag} is ${JSON.stringify(text)}: give a number with its unit, such as 250ms, 30s, 10m, 2h or 1d.`,
    );
  }
}

/** An instant in ms: `2026-11-24T23:00:00Z`, or ms since the epoch. */
export function instantOf(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,16}$/.test(text) ? Number(text) : /^\d{4}-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms) && ms >= 0) return ms;
  throw new UsageError(
    `${flag} is ${JSON.stringify(text)}: give a date such as 2030-01-31T12:00:00Z, or milliseconds since the epoch.`,
  );
}

export function integerOf(text: string | undefined, flag: string, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(`${flag} is ${JSON.stringify(text)}: give an integer from ${min} to ${max}.`);
}

/** A status, in whatever case it is written. */
export function statusOf<S extends Status = Status>(
  text: string | undefined,
  known: readonly S[] = STATUSES as readonly Status[] as readonly S[],
): S | undefined {
  if (text === undefined) return undefined;
  const status = known.find((one) => one.toLowerCase() === text.toLowerCase());
  if (status !== undefined) return status;
  throw new UsageError(`--status is ${JSON.stringify(text)}: give one of ${known.join(", ")}.`);
}

/** What is defined alone: options that were not given must not be sent. */
export function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
