/** Where a task stands in the storage: what the column `place` holds. */

/** In the index of tasks of the future. */
export const SCHEDULED = 0;
/** In the index of tasks that may be claimed. */
export const READY = 1;
/** In the line of those that came in order, and are found by their sequence. */
export const IN_LINE = 2;
/** Leased, and in the index of leases. */
export const LISTED = 3;

export type Place = typeof SCHEDULED | typeof READY | typeof IN_LINE | typeof LISTED;

/** Of a task that waits, in an index. */
export const placeCode = (place: "ready" | "scheduled" | null): typeof READY | typeof SCHEDULED | null =>
  place === null ? null : place === "ready" ? READY : SCHEDULED;
