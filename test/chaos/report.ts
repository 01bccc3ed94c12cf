/** What a run of chaos found, as one table. */

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Battle } from "./arena.ts";
import type { Kind } from "./checker/violation.ts";

/** A line of the table. */
export interface Row {
  readonly part: string;
  readonly operations: number;
  /** By kind. */
  readonly faults: ReadonlyMap<string, number>;
  readonly lost: number;
  /** Executions that were doubled, and explained by a lease that ended. */
  readonly doubled: number;
  readonly unexplained: number;
  /** All else that must not be. */
  readonly violations: number;
  /** From each restart to the first delivery, ms. */
  readonly recoveries: readonly number[];
  /** For people: what was wrong. */
  readonly details: readonly string[];
}

const LOST: ReadonlySet<Kind> = new Set(["lost push", "lost ack"]);

/** The line of a battle. */
export function rowOf(part: string, battle: Battle, faults: Row["faults"], recoveries: readonly number[] = []): Row {
  const { violations, failures, doubled, figures } = battle;
  const lost = violations.filter(({ kind }) => LOST.has(kind)).length;
  const unexplained = violations.filter(({ kind }) => kind === "unexplained execution").length;
  return {
    ...{ part, faults, recoveries, lost, unexplained },
    operations: figures.operations,
    doubled: doubled.length,
    violations: violations.length - lost - unexplained + failures.length,
    details: [...violations.map(({ kind, detail }) => `${kind}: ${detail}`), ...failures.map(String)],
  };
}

export const isClean = ({ lost, unexplained, violations }: Row): boolean => lost + unexplained + violations === 0;

const total = (rows: readonly Row[], key: "operations" | "lost" | "doubled" | "unexplained" | "violations"): number =>
  rows.reduce((sum, row) => sum + row[key], 0);

export function show(rows: readonly Row[]): void {
  const sum: Row = {
    part: "all",
    operations: total(rows, "operations"),
    faults: new Map([["", rows.reduce((count, { faults }) => count + countOf(faults), 0)]]),
    lost: total(rows, "lost"),
    doubled: total(rows, "doubled"),
    unexplained: total(rows, "unexplained"),
    violations: total(rows, "violations"),
    recoveries: rows.flatMap(({ recoveries }) => recoveries),
    details: [],
  };
  console.table(
    [...rows, sum].map((row) => ({
      part: row.part,
      operations: row.operations,
      faults: countOf(row.faults),
      lost: row.lost,
      "doubled, explained": row.doubled,
      "doubled, unexplained": row.unexplained,
      "invariant violations": row.violations,
      "recovery ms": spread(row.recoveries),
    })),
  );
  const kinds = rows.flatMap(({ faults }) => [...faults]);
  if (kinds.length > 0) console.log(`faults by kind: ${kinds.map(([kind, count]) => `${kind} ${count}`).join(", ")}`);
}

const countOf = (faults: Row["faults"]): number => [...faults.values()].reduce((sum, count) => sum + count, 0);

/** The median and the most. */
function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.length === 0 ? "" : `${sorted[sorted.length >> 1]} / ${sorted.at(-1)}`;
}

/** Keeps a history for whoever looks into what went wrong. @returns the file */
export function keep(part: string, { history, violations }: Battle): string {
  const file = join(mkdtempSync(join(tmpdir(), "prinia-chaos-")), `${part}.json`);
  writeFileSync(file, JSON.stringify({ violations, entries: history.entries }));
  return file;
}
