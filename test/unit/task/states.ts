/** A task in each status, frozen, and the words to say what an event makes of it. */

import { transition } from "../../../src/task/machine.ts";
import type { Result } from "../../../src/task/result.ts";
import type { Moment, Past, TaskEvent, TaskState, Transition } from "../../../src/task/state.ts";
import type { Status } from "../../../src/task/status.ts";

export const NOW = 1_000_000;
/** The lease of a task that is leased; another's; one that its holder ended; the one that a claim brings. */
export const LIVE = 7;
export const STALE = 3;
export const ENDED = 5;
export const NEW = 9;

/** What is left of a lease that is gone. */
export const FREE = { token: null, lockAt: null, startedAt: null, deadline: null } as const;

const resting: TaskState = {
  status: "Pending",
  attempt: 1,
  maxAttempts: 3,
  runAt: NOW - 5_000,
  timeoutMs: 10_000,
  backoff: { type: "exponential", baseMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0.1 },
  strikes: 0,
  ...FREE,
  doneAt: null,
  past: null,
};

const IN: Record<Status, Partial<TaskState>> = {
  Pending: { strikes: 1 },
  Queued: { strikes: 1, token: LIVE, lockAt: NOW - 2_000 },
  // Its time is over just now.
  Running: { token: LIVE, lockAt: NOW - 11_000, startedAt: NOW - 10_000, deadline: NOW },
  Done: { doneAt: NOW - 1_000 },
  Failed: {},
  Killed: { attempt: 3, doneAt: NOW - 1_000 },
};

/** A task of this status, with differences if wanted, that nobody can write to. */
export function inStatus(status: Status, differences: Partial<TaskState> = {}): TaskState {
  return deepFrozen({ ...resting, ...IN[status], status, ...differences });
}

export function deepFrozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) deepFrozen(part);
  return Object.freeze(value);
}

/** The middle of chance: no jitter. */
export const MOMENT: Moment = deepFrozen({ now: NOW, random: 0.5 });

/** Puts events to a task, one after the other, all at `NOW`. Answers what the last one did; those before must be taken. */
export function put(task: TaskState, ...events: readonly TaskEvent[]): Result<Transition> {
  let outcome: Result<Transition> | undefined;
  for (const event of events) {
    const state = outcome === undefined ? task : taken(outcome).next;
    outcome = transition(deepFrozen(state), deepFrozen(event), MOMENT);
  }
  if (outcome === undefined) throw new Error("no event was put");
  return outcome;
}

/** What an event that was not refused did; throws otherwise. */
export function taken(outcome: Result<Transition>): Transition {
  if (!outcome.ok) throw new Error(`refused: ${outcome.error.code}: ${outcome.error.detail}`);
  return outcome.value;
}

/** The code of a refusal, or the status that was answered. */
export const verdict = (outcome: Result<Transition>): string =>
  outcome.ok ? outcome.value.answer : outcome.error.code;

/** A lease that its holder ended. */
export const past = (event: Past["event"], status: Status, token: number = LIVE): Past => ({ token, event, status });
