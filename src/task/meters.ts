/** What a queue has done since its first task: numbers that only grow, for who looks now and then and takes the difference. */

import { type Histogram, type Percentiles, percentiles } from "./histogram.ts";

export interface Meters {
  readonly pushed: number;
  /** Leases given, also those that began in a push. */
  readonly claimed: number;
  /** Of these, to tasks that had run before. */
  readonly retried: number;
  readonly done: number;
  /** Attempts that failed and will be made again. */
  readonly failed: number;
  readonly killed: number;
  /** Leases taken back from a worker that was silent, or whose name another took. */
  readonly orphaned: number;
  /** Leases taken back because an execution took longer than it may. */
  readonly timedOut: number;
  /** Executions that ended, however. */
  readonly ended: number;
  /** From due to claimed, of all leases together, ms. */
  readonly waitedMs: number;
  /** From started to ended, of all executions together, ms. */
  readonly ranMs: number;
}

export const noMeters = (): Meters => ({
  pushed: 0,
  claimed: 0,
  retried: 0,
  done: 0,
  failed: 0,
  killed: 0,
  orphaned: 0,
  timedOut: 0,
  ended: 0,
  waitedMs: 0,
  ranMs: 0,
});

/** Of two parts of a queue, or of what was and what came. */
export function addMeters(a: Meters, b: Meters): Meters {
  return {
    pushed: a.pushed + b.pushed,
    claimed: a.claimed + b.claimed,
    retried: a.retried + b.retried,
    done: a.done + b.done,
    failed: a.failed + b.failed,
    killed: a.killed + b.killed,
    orphaned: a.orphaned + b.orphaned,
    timedOut: a.timedOut + b.timedOut,
    ended: a.ended + b.ended,
    waitedMs: a.waitedMs + b.waitedMs,
    ranMs: a.ranMs + b.ranMs,
  };
}

/** What is measured and paid beside the meters. */
interface Measured {
  /** From due to claimed, and from started to ended. */
  readonly waits: Histogram;
  readonly runs: Histogram;
  readonly rowsWritten: number;
  readonly alarmsSet: number;
  readonly commits: number;
}

/** What the stats of a queue add to its other numbers; percentiles in ms. */
export interface AddedStats extends Omit<Measured, "waits" | "runs"> {
  readonly waitMs: Percentiles | null;
  readonly runMs: Percentiles | null;
}

export const statsOf = ({ waits, runs, rowsWritten, alarmsSet, commits }: Measured): AddedStats => ({
  waitMs: percentiles(waits),
  runMs: percentiles(runs),
  rowsWritten,
  alarmsSet,
  commits,
});
