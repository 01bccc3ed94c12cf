/** The journal of one operation: what happened, for the tally, for those who wait, and for the alarm. */

import { countDay, slotAt } from "../task/activity.ts";
import { record } from "../task/histogram.ts";
import { earliest } from "../task/instant.ts";
import { addMeters } from "../task/meters.ts";
import { type Counts, noCounts, STATUSES, type Status } from "../task/status.ts";
import type { LostReason } from "../task/task.ts";
import type { Tally } from "./tally.ts";

/** A lease that was taken back from a session that did not ask for it. */
export interface Lost {
  readonly session: number;
  readonly id: string;
  readonly lease: string;
  readonly reason: LostReason;
}

/**
 * Written by the operations of the store, read after them: an operation that fails has its journal thrown away with
 * its savepoint, so nobody is told of what did not happen.
 */
export class Journal {
  /** Of what came before in the same transaction, and is not in the tally yet. */
  readonly #before: Journal | null;
  readonly deltas: Counts = noCounts();
  pushed = 0;
  done = 0;
  failed = 0;
  killed = 0;
  /** Leases of tasks that had run before. */
  retried = 0;
  /** Leases that were taken back, by why. */
  orphaned = 0;
  timedOut = 0;
  /** Durations in ms, for the histograms. */
  readonly waits: number[] = [];
  readonly runs: number[] = [];
  /** Sequences that became terminal. */
  readonly finished: number[] = [];
  /** Rows that went, by sequence, with their ids. */
  readonly gone: { readonly seq: number; readonly id: string }[] = [];
  /** Sequences whose progress changed. */
  readonly progressed: number[] = [];
  /** Every sequence that changed, for watchers. */
  readonly touched: number[] = [];
  /** Whether workers came, went or changed, for watchers. */
  workersChanged = false;
  /** Which came, went, or were given up; for the feed. */
  readonly workers: { readonly worker: string; readonly event: "registered" | "left" | "dead" }[] = [];
  readonly lost: Lost[] = [];
  /** The earliest instant at which the object must wake because of this operation. */
  wakeAt: number | null = null;
  /** The earliest end of a retention that this operation began. */
  expiresAt: number | null = null;
  /** Whether marks in the tally moved, so that it must be written though nothing else happened. */
  tallyChanged = false;

  constructor(before: Journal | null = null) {
    this.#before = before;
  }

  /** How many more tasks wait than the tally says, or fewer. */
  get waiting(): number {
    return this.deltas.Pending + this.deltas.Failed + (this.#before?.waiting ?? 0);
  }

  moved(from: Status | null, to: Status | null, count = 1): void {
    if (from) this.deltas[from] -= count;
    if (to) this.deltas[to] += count;
  }

  wake(at: number): void {
    if (this.wakeAt === null || at < this.wakeAt) this.wakeAt = at;
  }

  expires(at: number): void {
    if (this.expiresAt === null || at < this.expiresAt) this.expiresAt = at;
  }

  /** Takes over what a part of the operation wrote. */
  absorb(other: Journal): void {
    for (const status of STATUSES) this.deltas[status] += other.deltas[status];
    this.pushed += other.pushed;
    this.done += other.done;
    this.failed += other.failed;
    this.killed += other.killed;
    this.retried += other.retried;
    this.orphaned += other.orphaned;
    this.timedOut += other.timedOut;
    for (const list of ["waits", "runs", "finished", "progressed", "touched"] as const) {
      for (const one of other[list]) this[list].push(one);
    }
    for (const one of other.gone) this.gone.push(one);
    for (const one of other.workers) this.workers.push(one);
    for (const one of other.lost) this.lost.push(one);
    this.workersChanged ||= other.workersChanged;
    if (other.wakeAt !== null) this.wake(other.wakeAt);
    if (other.expiresAt !== null) this.expires(other.expiresAt);
    this.tallyChanged ||= other.tallyChanged;
  }

  /** Whether the tally changes by it. */
  get isEmpty(): boolean {
    return this.touched.length === 0 && this.gone.length === 0 && !this.workersChanged;
  }

  /** Adds it all up. */
  addTo(tally: Tally, now: number): void {
    for (const status of STATUSES) tally.counts[status] += this.deltas[status];
    let [waitedMs, ranMs] = [0, 0];
    for (const wait of this.waits) {
      record(tally.waits, wait);
      waitedMs += wait;
    }
    for (const run of this.runs) {
      record(tally.runs, run);
      ranMs += run;
    }
    const { pushed, retried, done, failed, killed, orphaned, timedOut } = this;
    const counted = { pushed, retried, done, failed, killed, orphaned, timedOut };
    const [claimed, ended] = [this.waits.length, this.runs.length];
    tally.meters = addMeters(tally.meters, { ...counted, claimed, ended, waitedMs, ranMs });
    if (this.pushed > 0) countDay(tally, now, this.pushed);
    if (this.pushed + this.done + this.failed + this.killed > 0) {
      const slot = slotAt(tally, now);
      slot.pushed += this.pushed;
      slot.done += this.done;
      slot.failed += this.failed;
      slot.killed += this.killed;
    }
    if (this.expiresAt !== null) expire(tally, this.expiresAt);
  }
}

/** Notes the end of a retention, also for the pass under way: it may have gone by the row already. */
function expire(tally: Tally, at: number): void {
  tally.retentionAt = earliest(tally.retentionAt, at);
  if (tally.retentionCursor > 0) tally.retentionNext = earliest(tally.retentionNext, at);
}
