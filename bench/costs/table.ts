/** What the costs look like on a screen: arguments in, text out. */

import { parseArgs } from "node:util";
import { carried, costOf, gigabytesOf, kept, type Load, MODES } from "./model.ts";
import { LIMITS, QUEUES } from "./prices.ts";

export const USAGE = `Usage: npm run costs -- [options]

  --tasks-per-second N   of the whole queue (100)
  --partitions N         objects that share it (1)
  --batch N              tasks that travel together (10)
  --payload-bytes N      of a task, as JSON (100)
  --retention-hours N    how long a finished task is kept (24)`;

const OPTIONS = {
  "tasks-per-second": { type: "string", default: "100" },
  partitions: { type: "string", default: "1" },
  batch: { type: "string", default: "10" },
  "payload-bytes": { type: "string", default: "100" },
  "retention-hours": { type: "string", default: "24" },
} as const;

/** @throws Error that names the option which is wrong */
export function loadOf(args: readonly string[]): Load {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true });
  const number = (name: keyof typeof OPTIONS): number => {
    const value = Number(values[name]);
    if (!(value > 0 && Number.isFinite(value)))
      throw new Error(`--${name} is ${values[name]}: give it a number above 0.`);
    return value;
  };
  return {
    tasksPerSecond: number("tasks-per-second"),
    partitions: number("partitions"),
    batch: number("batch"),
    payloadBytes: number("payload-bytes"),
    retentionSeconds: number("retention-hours") * 3_600,
  };
}

const count = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 0 });
const dollars = (value: number): string =>
  `$${value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

/** A table in Markdown. */
export function costTable(load: Load): string {
  const { tasksPerSecond, partitions, batch, payloadBytes, retentionSeconds } = load;
  const head = [
    "",
    "rows a task",
    "rows",
    "requests",
    "awake",
    "kept",
    "a million tasks",
    "a month",
    "carries, tasks/s",
  ];
  const rows = MODES.map((mode) => {
    const cost = costOf(mode, load);
    const { least, most } = carried(mode, load);
    const parts = [cost.rows, cost.requests, cost.duration, cost.storage, cost.perMillion, cost.perMonth].map(dollars);
    return [mode.name, cost.rowsPerTask.toFixed(2), ...parts, `${count(least)} – ${count(most)}`];
  });
  const month = tasksPerSecond * 30 * 86_400;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    `${count(tasksPerSecond)} tasks a second, partitions: ${partitions}, batch: ${batch}, payload: ${payloadBytes} bytes, kept for ${retentionSeconds / 3_600} h`,
    "",
    ...[head, head.map((_, at) => (at === 0 ? "---" : "---:")), ...rows].map(line),
    "",
    `Stored: ${gigabytesOf(load).toFixed(1)} GB; at ${LIMITS.objectGigabytes} GB a partition there is room for ${count(kept(load))} tasks a second.`,
    `Cloudflare Queues: ${dollars(QUEUES.message * 1e6)} a million, ${dollars(QUEUES.message * month)} a month; one queue takes ${count(QUEUES.messagesASecond)} messages a second.`,
  ].join("\n");
}
