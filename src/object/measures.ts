/** What a queue has done and what it cost, as it tells the directory: for whoever keeps time series of it. */

import { nextDueAt, oldestDueAt } from "../store/backlog.ts";
import type { Tx } from "../store/tx.ts";
import { earliest } from "../task/instant.ts";
import { mergedHistogram } from "../task/merged.ts";
import { addMeters, noMeters } from "../task/meters.ts";
import type { Measures } from "./api.ts";

export function measuresOf(tx: Pick<Tx, "sql" | "now" | "tally">, sockets: number): Measures {
  const { meters, waits, runs, rowsWritten, alarmsSet, commits } = tx.tally;
  const dueAt = oldestDueAt(tx) ?? nextDueAt(tx);
  return { meters, waits, runs, rowsWritten, alarmsSet, commits, sockets, dueAt };
}

/** Those of a queue, from those of its partitions. */
export function mergedMeasures(all: readonly Measures[]): Measures {
  const sum = (of: (one: Measures) => number): number => all.reduce((total, one) => total + of(one), 0);
  return {
    meters: all.reduce((total, { meters }) => addMeters(total, meters), noMeters()),
    waits: mergedHistogram(all.map(({ waits }) => waits)),
    runs: mergedHistogram(all.map(({ runs }) => runs)),
    rowsWritten: sum((one) => one.rowsWritten),
    alarmsSet: sum((one) => one.alarmsSet),
    commits: sum((one) => one.commits),
    sockets: sum((one) => one.sockets),
    dueAt: earliest(...all.map(({ dueAt }) => dueAt)),
  };
}
