/** Sums over queues, from their snapshots. */

import { totalsOf as sumsOf } from "../task/totals.ts";
import type { Snapshot, Totals } from "./api.ts";

/** The oldest reading among the snapshots, or now when there is none. */
export const asOf = (snapshots: readonly Snapshot[], now: number): number =>
  snapshots.reduce((oldest, { at }) => Math.min(oldest, at), now);

export const totalsOf = (snapshots: readonly Snapshot[], now: number): Totals => ({
  ...sumsOf(snapshots.map(({ info }) => info)),
  asOf: asOf(snapshots, now),
});
