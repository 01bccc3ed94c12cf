/** When to poll again. */

import { type Duration, durationMs } from "../task/duration.ts";
import { PriniaError } from "../task/errors.ts";
import { type Clock, sleep } from "./clock.ts";
import type { WorkerContext } from "./context.ts";
import { Race } from "./strategy/race.ts";
import { SharedTicks } from "./strategy/shared-ticks.ts";
import { unlessAborted } from "./strategy/unless-aborted.ts";

/** What a strategy may look at. */
export interface PollContext {
  readonly worker: WorkerContext;
  readonly clock: Clock;
  /** How many tasks the poll before brought; 0 before the first. */
  readonly prevCount: number;
  /** Fires when the polling ends. */
  readonly signal: AbortSignal;
}

/**
 * Each tick of the stream is a poll. When it ends, the polling ends. `ticks` is called once for each worker, and again
 * when a worker starts anew: one strategy serves any number of them.
 */
export interface PollStrategy {
  readonly ticks: (context: PollContext) => AsyncIterable<unknown>;
}

export interface BackoffStrategyOptions {
  /** The longest wait, before the jitter; one minute by default. */
  readonly max?: Duration | undefined;
  /** Each wait is so many times the one before; 2 by default. */
  readonly factor?: number | undefined;
  /** 0.1, the default, varies each wait by up to 10 %, up and down. */
  readonly jitter?: number | undefined;
  /** From 0 to 1. */
  readonly random?: (() => number) | undefined;
}

/** A strategy of even steps, which can be made to slow down. */
export interface IntervalStrategy extends PollStrategy {
  /** Waits longer and longer while polls bring nothing, and begins anew as soon as one does. */
  readonly withBackoff: (options?: BackoffStrategyOptions) => PollStrategy;
}

/**
 * Polls at once, and then so long after each poll.
 *
 * @throws PriniaError `bad_request` when it is no duration, or none at all
 */
export function interval(every: Duration): IntervalStrategy {
  const everyMs = step(every, "interval");
  return {
    ticks: async function* ({ clock, signal }) {
      for (let first = true; first || (await waited(clock, everyMs, signal)); first = false) yield;
    },
    withBackoff: (options = {}) => backoff({ ...options, base: everyMs }),
  };
}

/**
 * Polls at once, and then after `base` while polls bring something; each poll that brings nothing makes the wait longer.
 *
 * @throws PriniaError `bad_request` when an option makes no sense
 */
export function backoff({
  base,
  max = "1m",
  factor = 2,
  jitter = 0.1,
  random = Math.random,
}: BackoffStrategyOptions & { readonly base: Duration }): PollStrategy {
  const baseMs = step(base, "base");
  const maxMs = Math.max(baseMs, durationMs(max, "max"));
  check(factor >= 1 && Number.isFinite(factor), "factor", "at least 1");
  check(jitter >= 0 && jitter <= 1, "jitter", "from 0 to 1");
  return {
    ticks: async function* (context) {
      let empty = 0;
      for (;;) {
        yield;
        empty = context.prevCount > 0 ? 0 : empty + 1;
        const plainMs = Math.min(maxMs, baseMs * factor ** Math.max(0, empty - 1));
        const waitMs = plainMs * (1 + jitter * (2 * random() - 1));
        if (!(await waited(context.clock, waitMs, context.signal))) return;
      }
    },
  };
}

/**
 * Polls when a stream says so. All workers hear each tick of it; those that come while a worker polls are one to it.
 *
 * @param source a stream that all workers share; what makes one gives each worker its own
 */
export function stream(
  source: AsyncIterable<unknown> | ((context: PollContext) => AsyncIterable<unknown>),
): PollStrategy {
  if (typeof source === "function") return { ticks: source };
  const shared = new SharedTicks(source);
  return { ticks: ({ signal }) => shared.ticks(signal) };
}

/**
 * Polls each time that a promise resolves.
 *
 * @param wait makes the next one; when the polling ends it is not waited for any longer
 */
export const future = (wait: (context: PollContext) => Promise<unknown>): PollStrategy => ({
  ticks: async function* (context) {
    while (await unlessAborted(wait(context), context.signal)) yield;
  },
});

/**
 * Polls whenever one of several strategies says so. The others keep their place: what they are waiting for goes on, and
 * counts when it comes. It ends when all have ended.
 */
export const race = (...strategies: readonly [PollStrategy, ...PollStrategy[]]): PollStrategy => ({
  ticks: (context) => new Race(strategies.map((strategy) => strategy.ticks(context)[Symbol.asyncIterator]())),
});

/** @returns false when the signal fired */
const waited = (clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> =>
  sleep(clock, ms, signal).then(
    () => true,
    () => false,
  );

function step(duration: Duration, name: string): number {
  const ms = durationMs(duration, name);
  check(ms > 0, name, "longer than nothing: polls would never rest");
  return ms;
}

function check(isGood: boolean, name: string, should: string): void {
  if (!isGood) throw new PriniaError({ code: "bad_request", detail: `\`${name}\` must be ${should}.`, path: name });
}
