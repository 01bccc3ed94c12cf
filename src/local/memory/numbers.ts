/** The numbers of a queue: counted as things happen, and never counted again. */

import { type Activity, countDay, type Slot, slotAt } from "../../task/activity.ts";
import { emptyHistogram, type Histogram } from "../../task/histogram.ts";
import { type Counts, noCounts, type Status } from "../../task/status.ts";

export class Numbers implements Activity {
  readonly counts: Counts = noCounts();
  /** From due to claimed. */
  readonly waits: Histogram = emptyHistogram();
  /** From started to ended. */
  readonly runs: Histogram = emptyHistogram();
  recent: Slot[] = [];
  days: Activity["days"] = [];

  pushed(count: number, now: number): void {
    slotAt(this, now).pushed += count;
    countDay(this, now, count);
  }

  /** A task has come (from nowhere), gone (to nowhere), or changed its status. */
  moved(from: Status | null, to: Status | null, now: number): void {
    if (from) this.counts[from]--;
    if (!to) return;
    this.counts[to]++;
    if (to === "Done") slotAt(this, now).done++;
    else if (to === "Failed") slotAt(this, now).failed++;
    else if (to === "Killed") slotAt(this, now).killed++;
  }
}
