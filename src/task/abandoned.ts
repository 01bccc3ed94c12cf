/** Leases without a holder: what is said of them, and whether who held them is to blame. */

/** The error of an execution whose worker is gone; one that says goodbye was silent for no time at all. */
export const silentFor = (worker: string, ms: number): string => `abandoned: worker ${worker} was silent for ${ms} ms`;

/** Of a task that nobody started in time. */
export const notStarted = (worker: string, ms: number): string =>
  `abandoned: worker ${worker} did not start it within ${ms} ms`;

/** Of a task whose worker lost its name to another. */
export const supersededWorker = (worker: string): string => `abandoned: worker ${worker} was superseded`;

/**
 * Whether a worker lives, as far as one can tell before its silence has lasted long enough to be sure: one that died just
 * after a sign of life is overdue to start before it counts as dead, and must not pass for slow each time.
 *
 * @param heardAt its last sign of life, ms
 */
export const isSpeaking = (heardAt: number, orphanAfterMs: number, now: number): boolean =>
  heardAt + orphanAfterMs / 2 > now;
