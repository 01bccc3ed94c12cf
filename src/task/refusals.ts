/** Refusals that every store gives in the same words. */

import { MAX_LEASES, RETRY_AFTER_MS } from "../limits.ts";
import { countsOf, type Layout, writtenOut } from "./layout.ts";
import { fail } from "./result.ts";

export const taskNotFound = (id: string) =>
  fail("task_not_found", `There is no task with the id ${JSON.stringify(id)} in this queue.`);

export const scheduleNotFound = (name: string) =>
  fail("schedule_not_found", `There is no schedule ${JSON.stringify(name)} in this queue.`);

export const workerNotFound = (worker: string) =>
  fail("worker_not_found", `Worker ${JSON.stringify(worker)} has no such session here: register it again.`);

export const tooManyLeases = (worker: string) =>
  fail(
    "too_many_requests",
    `Worker ${JSON.stringify(worker)} holds ${MAX_LEASES} leases, which is the most: report on some before it polls for more.`,
    { retryAfterMs: RETRY_AFTER_MS },
  );

/** More came at once than an object takes in. Nothing of it was done. */
export const tooBusy = () =>
  fail("overloaded", "This queue has more to do than it can keep in line just now: try again.", {
    retryAfterMs: RETRY_AFTER_MS,
  });

export const nameTaken = (worker: string) =>
  fail("superseded", `Another worker took the name ${JSON.stringify(worker)}: stop, do not take it back.`);

export const queueNotFound = (queue: string) =>
  fail("queue_not_found", `The queue ${JSON.stringify(queue)} was never used: push a task to it first.`);

/** A queue cannot be dropped while so many of its tasks are leased. */
export const stillLeased = (leased: number) =>
  fail("wrong_status", `${leased} tasks of this queue are leased: wait for their workers, or drop it with \`force\`.`);

/** A server that is set to another number of keyed partitions than the queue has: a key must not move. */
export function otherKeyed(queue: string, keyed: number, layout: Layout) {
  const partitions = Math.max(layout.partitions, keyed + layout.draining);
  return fail(
    "not_configured",
    `The queue ${JSON.stringify(queue)} has ${keyed} keyed partitions since its first use, and this server is set to ${layout.keyed}: a key must not move. Write ${writtenOut(queue, { ...layout, partitions, keyed })}.`,
    countsOf(layout, keyed),
  );
}
