/** The figures as tables, for people: on the terminal and in docs/performance.md. */

import type { Growth } from "./growth.ts";
import type { Line } from "./measure.ts";
import { type Spread, show, showSpread } from "./numbers.ts";
import type { Start } from "./startup.ts";

export type Table = readonly (readonly string[])[];

/** What the workload is about, by which it is held against its ceiling: a rate, a latency or a ratio. */
const mainOf = ({ id }: Line): "perSecond" | "p50" | "ratio" =>
  id === "W4" ? "p50" : id === "W5" ? "ratio" : "perSecond";

export function workloadTable(lines: readonly Line[]): Table {
  const manyPartitions = lines.some((line) => line.partitions > 1);
  const head = ["", "workload", ...(manyPartitions ? ["partitions"] : []), "tasks/s", "p50 ms", "p99 ms"];
  const rows = lines.map((line) => [
    line.id,
    line.name,
    ...(manyPartitions ? [String(line.partitions)] : []),
    line.ratio ? `ratio ${showSpread(line.ratio)}` : showSpread(line.perSecond),
    showSpread(line.p50),
    showSpread(line.p99),
    ...ceilingCells(line),
  ]);
  return [[...head, "same SQL, no protocol", "bare echo"], ...rows];
}

function ceilingCells(line: Line): string[] {
  const main = mainOf(line);
  // An open loop goes at the rate that it is told: of no ceiling is that a share.
  if (line.name.startsWith("open loop")) return ["", ""];
  const own = line[main];
  return ([line.ceiling.sql, line.ceiling.echo] as const).map((ceiling) => {
    const bound = ceiling[main];
    if (!own || !bound) return "";
    const unit = main === "p50" ? " ms" : main === "perSecond" ? "/s" : "";
    return `${show(bound.median)}${unit}: ${shareOf(own, bound, main === "p50")} %`;
  });
}

/** Of a latency, the bound is the smaller of the two. */
const shareOf = (own: Spread, bound: Spread, isLatency: boolean): string =>
  Math.round((isLatency ? bound.median / own.median : own.median / bound.median) * 100).toLocaleString("en");

export function costTable(lines: readonly Line[]): Table {
  const rows = lines.flatMap(({ id, name, partitions, cost }) =>
    cost === undefined
      ? []
      : [
          [
            id,
            partitions > 1 ? `${name}, ${partitions} partitions` : name,
            ...[cost.rows, cost.commits, cost.frames, cost.requests, cost.dollars].map(show),
          ],
        ],
  );
  return [["", "workload", "rows", "commits", "frames in", "requests", "$ a million tasks"], ...rows];
}

export function growthTable(growth: readonly Growth[]): Table {
  const rows = growth.map(({ mix, verb, few, many }) => [
    mix,
    verb,
    ...[few.rowsRead, many.rowsRead, many.rowsRead / few.rowsRead, few.ms, many.ms, many.ms / few.ms].map(show),
  ]);
  const head = ["backlog", "verb", "rows read, few", "many", "ratio", "ms, few", "many", "ratio"];
  return [head, ...rows];
}

export const startTable = (starts: readonly Start[]): Table => [
  ["from", "to", "ms"],
  ...starts.map(({ from, to, ms }) => [from, to, showSpread(ms)]),
];

/** For a terminal: columns are padded. */
export function plain(table: Table): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function markdown([head = [], ...rows]: Table): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
