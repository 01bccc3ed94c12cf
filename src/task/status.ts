/** The six states of a task, and who moves a task in and out of each. */

/**
 * - `Pending`: waits to be claimed, now or at its `runAt`. In: push, snooze, release, reschedule, resume, an orphaned
 *   `Queued` task. Out: claim, cancel, delete.
 * - `Queued`: claimed, not started. In: claim. Out: start, every ack, snooze, release, orphaned, reschedule, cancel.
 * - `Running`: an execution is under way. In: start, claim with autoStart. Out: as from `Queued`, and timed out.
 * - `Done`: succeeded; terminal. In: ack ok. Out: vacuum, delete.
 * - `Failed`: failed, and will be tried again at its `runAt`. In: ack err, orphaned or timed out while attempts are
 *   left. Out: claim, reschedule, resume, cancel, delete.
 * - `Killed`: failed for good; terminal. In: ack err, orphaned or timed out on the last attempt, that attempt burned by
 *   workers that died over a `Queued` task, abort, cancel. Out: reschedule, resume, vacuum, delete.
 */
export const STATUSES = ["Pending", "Queued", "Running", "Done", "Failed", "Killed"] as const;

export type Status = (typeof STATUSES)[number];

/** The place of a status in `STATUSES`, which is how storage spells it. */
export const STATUS_CODE = {
  Pending: 0,
  Queued: 1,
  Running: 2,
  Done: 3,
  Failed: 4,
  Killed: 5,
} as const satisfies Record<Status, number>;

/** A number for each status. */
export type Counts = Record<Status, number>;

export const noCounts = (): Counts => ({ Pending: 0, Queued: 0, Running: 0, Done: 0, Failed: 0, Killed: 0 });

export const isTerminal = (status: Status): status is "Done" | "Killed" => status === "Done" || status === "Killed";

export const isLeased = (status: Status): status is "Queued" | "Running" => status === "Queued" || status === "Running";
