/** What cases expect: that nothing changes, that something is refused, that it comes about in a while. */

import { expect } from "vitest";
import type { LeasedTask, Task } from "../../../src/backend/task.ts";
import { PriniaError, type PriniaErrorCode } from "../../../src/task/errors.ts";
import { HOUR, look, push, type Stage, type Status } from "./arrange.ts";
import type { Consumer } from "./consumer.ts";

// What must not change.

/** Tasks as they are now; `act` must leave them so. */
export async function untouched<T>(
  { store }: Pick<Stage, "store">,
  ids: readonly string[],
  act: () => Promise<T>,
): Promise<T> {
  const snapshot = async () => {
    const { tasks } = await store.listTasks({ order: "oldest", limit: 1_000 });
    return tasks.filter(({ id }) => ids.includes(id));
  };
  const before = await snapshot();
  expect(before).toHaveLength(new Set(ids).size);
  const answer = await act();
  expect(await snapshot()).toStrictEqual(before);
  return answer;
}

/** A task that nobody has anything to do with, and that must be as it was pushed at the end. */
export async function withControl<T>(bench: Stage, act: () => Promise<T>): Promise<T> {
  const control = await push(bench, { args: "control", runAt: bench.now() + HOUR, priority: -1 });
  const answer = await act();
  // Whatever changes a task that anybody can see gives it another revision.
  expect(await look(bench, control)).toMatchObject({ args: "control", status: "Pending", attempt: 0, revision: 1 });
  return answer;
}

// What must fail.

export async function thrown(promise: Promise<unknown>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([promise]);
  if (outcome.status === "fulfilled")
    throw new Error(`It was not refused, but answered ${JSON.stringify(outcome.value)}.`);
  return outcome.reason;
}

export interface Refusal {
  readonly path?: string;
  readonly taskStatus?: Status;
}

/** The call is refused with this code, and in words that say more. */
export async function refused(
  promise: Promise<unknown>,
  code: PriniaErrorCode,
  more: Refusal = {},
): Promise<PriniaError> {
  const error = await thrown(promise);
  expect(error).toBeInstanceOf(PriniaError);
  const { path, taskStatus, detail } = error as PriniaError;
  expect({ code: (error as PriniaError).code, path, taskStatus }).toEqual({
    path: undefined,
    taskStatus: undefined,
    ...more,
    code,
  });
  expect(detail).not.toBe("");
  expect(detail).not.toMatch(/ at .*\.[jt]s:\d|SQLITE|valibot/i);
  return error as PriniaError;
}

// What comes about in a while.

const PATIENCE_MS = 25_000;

/** Looks until it holds: what is said through a worker's feed takes its way, and an alarm rings a moment late. */
export async function eventually<T>({ isVirtual }: Pick<Stage, "isVirtual">, look: () => Promise<T> | T): Promise<T> {
  // Where time stands still, all that is to come comes in a few turns of the event loop.
  const end = Date.now() + (isVirtual ? 500 : PATIENCE_MS);
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, isVirtual ? 0 : 10));
    }
  }
}

/** Waits until a task has a status, and gives it. */
export const until = (bench: Stage, id: string, status: Status): Promise<Task> =>
  eventually(bench, async () => {
    const task = await look(bench, id);
    expect(task.status).toBe(status);
    return task;
  });

/** The next task that comes to a worker with room, however many times it is told before that there is none. */
export async function arrival(consumer: Consumer): Promise<LeasedTask> {
  for (;;) {
    const task = await consumer.next();
    if (task !== null) return task;
  }
}

/** An instant that was now, as exact as the clock of the place allows. */
export function expectNow({ isVirtual, now }: Pick<Stage, "isVirtual" | "now">, instant: number | undefined): void {
  const late = now() - (instant ?? Number.NaN);
  if (isVirtual) expect(late).toBe(0);
  else expect(Math.abs(late)).toBeLessThan(60_000);
}

/** Long enough for a wait to have reached the queue. */
export const arrived = ({ advance, isVirtual }: Pick<Stage, "advance" | "isVirtual">): Promise<void> =>
  advance(isVirtual ? 1 : 150);
