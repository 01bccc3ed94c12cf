/** When a schedule's ticks are, and which of those that are due become tasks. The expression is read by croner. */

import { Cron } from "croner";
import { LATE_TICK_MS } from "../limits.ts";
import { fail, ok, type Result } from "./result.ts";

/**
 * What becomes of ticks that are over when the queue gets to them, by more than `LATE_TICK_MS`: nothing, one task for all of
 * them, or a task for each.
 */
export const MISSED = ["skip", "one", "all"] as const;
export type Missed = (typeof MISSED)[number];

/** What becomes of a tick while the task of the one before is not yet Done or Killed: a task as always, or nothing. */
export const OVERLAPS = ["allow", "skip"] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** Either `cron` or `everyMs`. */
export interface ScheduleRule {
  /** Five fields, or six with seconds first. */
  readonly cron?: string | undefined;
  /** An IANA name, for `cron`. */
  readonly timeZone?: string | undefined;
  readonly everyMs?: number | undefined;
  /** No tick before, and where an interval is counted from, ms. */
  readonly startAt?: number | undefined;
  /** No tick after, ms. */
  readonly endAt?: number | undefined;
  readonly missed: Missed;
  readonly overlap: Overlap;
  readonly paused: boolean;
}

/** A rule, and when it was first set: an interval without `startAt` is counted from then. */
export interface Timed {
  readonly rule: ScheduleRule;
  readonly createdAt: number;
}

/** Reading one takes a quarter of a millisecond, and a schedule asks for it at each of its ticks. */
const read = new Map<string, Cron>();
const MOST_READ = 256;

function cronOf({ cron = "", timeZone = "UTC" }: ScheduleRule): Cron {
  const key = `${timeZone} ${cron}`;
  const known = read.get(key);
  if (known) return known;
  const made = new Cron(cron, { timezone: timeZone, mode: "5-or-6-parts", paused: true });
  if (read.size >= MOST_READ) read.clear();
  read.set(key, made);
  return made;
}

/** @returns the rule, or `bad_request` at the field that is wrong */
export function checkRule(rule: ScheduleRule, now: number): Result<ScheduleRule> {
  const { cron, timeZone, everyMs, startAt, endAt } = rule;
  if (startAt !== undefined && endAt !== undefined && endAt < startAt)
    return fail("bad_request", "`endAt` must not be before `startAt`.", { path: "endAt" });
  if (everyMs !== undefined) return ok(rule);
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    const detail = `\`timeZone\` must be a name of the IANA database, such as "Europe/Berlin", got ${JSON.stringify(timeZone)}.`;
    return fail("bad_request", detail, { path: "timeZone" });
  }
  try {
    if (cronOf(rule).nextRun(new Date(now)) !== null) return ok(rule);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^Cron\w+: /, "") : String(error);
    const detail = `\`cron\` must be five fields, or six with seconds first, got ${JSON.stringify(cron)}: ${why}`;
    return fail("bad_request", detail, { path: "cron" });
  }
  const detail = `\`cron\` names no moment that will ever come, got ${JSON.stringify(cron)}.`;
  return fail("bad_request", detail, { path: "cron" });
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The first tick after an instant, ms, whether the schedule is paused or not; `null` when there is none. */
export function nextTick({ rule, createdAt }: Timed, after: number): number | null {
  const { everyMs, startAt = createdAt, endAt = Number.POSITIVE_INFINITY } = rule;
  // A tick at `startAt` itself is one.
  const from = Math.max(after, (rule.startAt ?? 0) - 1);
  const at =
    everyMs === undefined
      ? (cronOf(rule).nextRun(new Date(from))?.getTime() ?? null)
      : startAt + (Math.floor((from - startAt) / everyMs) + 1) * everyMs;
  return at !== null && at <= endAt ? at : null;
}

/** The next ticks after an instant, in order, at most so many. */
export function nextTicks(timed: Timed, after: number, most: number): number[] {
  const ticks: number[] = [];
  for (let at = nextTick(timed, after); at !== null && ticks.length < most; at = nextTick(timed, at)) ticks.push(at);
  return ticks;
}

/** The last tick up to an instant, given one that is not after it. */
function lastTick({ rule, createdAt }: Timed, first: number, until: number): number {
  const { everyMs, startAt = createdAt, endAt = until } = rule;
  const end = Math.min(until, endAt);
  if (everyMs !== undefined) return startAt + Math.floor((end - startAt) / everyMs) * everyMs;
  // Ticks are whole seconds: from the next one on, the last of those before is at the end or before it.
  const before = cronOf(rule).previousRuns(2, new Date(Math.floor(end / 1000) * 1000 + 1000));
  return Math.max(first, ...before.map((date) => date.getTime()).filter((at) => at <= end));
}

/** What a look at a schedule that is due comes to. */
export interface Due {
  /** Ticks that become tasks, in order. */
  readonly ticks: readonly number[];
  /** The next one, ms; `null` when there is none. It may be due as well. */
  readonly nextAt: number | null;
}

/**
 * Which ticks become tasks now.
 *
 * @param nextAt the first that was not looked at yet; it is due
 * @param most of those that a task each is made of
 */
export function dueTicks(timed: Timed, nextAt: number, now: number, most: number): Due {
  if (timed.rule.missed === "all") {
    const ticks: number[] = [];
    let at: number | null = nextAt;
    for (; at !== null && at <= now && ticks.length < most; at = nextTick(timed, at)) ticks.push(at);
    return { ticks, nextAt: at };
  }
  const last = lastTick(timed, nextAt, now);
  const isTold = timed.rule.missed === "one" || now - last <= LATE_TICK_MS;
  return { ticks: isTold ? [last] : [], nextAt: nextTick(timed, Math.max(now, last)) };
}

/** The key under which the task of a tick is pushed: whatever happens, there is one of it. */
export const tickKey = (name: string, at: number): string => `schedule/${name}/${new Date(at).toISOString()}`;
