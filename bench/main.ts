/** `npm run bench`: how fast a queue is on this machine, what a task costs, and what the machine would do without one. */

import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { measureGrowth } from "./growth.ts";
import { measure } from "./measure.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import { rewrite } from "./page.ts";
import { costTable, growthTable, markdown, plain, startTable, type Table, workloadTable } from "./report.ts";
import { measureStarts } from "./startup.ts";
import { countSent } from "./wire.ts";

async function main(options: Options): Promise<void> {
  countSent();
  const lines = options.workloads ? await measure(options, (text) => console.error(text)) : undefined;
  const growth = options.growth ? await measureGrowth(options.rows, options.calls) : undefined;
  const starts = options.startup ? await measureStarts(options.repeat, options.isolates) : undefined;
  const tables: Record<string, Table> = {
    ...(lines && { workloads: workloadTable(lines), costs: costTable(lines) }),
    ...(growth && { growth: growthTable(growth) }),
    ...(starts && { starts: startTable(starts) }),
  };
  const machine = `${cpus().length} cores, Node ${process.versions.node}`;
  const about = `Medians of ${options.repeat} [least – most]; plain workerd, durable, 100-byte payload; ${machine}.`;
  console.log(`${about}\n`);
  for (const [name, table] of Object.entries(tables)) console.log(`${name}\n${plain(table)}\n`);
  const figures = { date: new Date().toISOString(), machine, repeat: options.repeat, lines, growth, starts };
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(figures, null, 2)}\n`);
  if (options.docs === undefined) return;
  const day = new Intl.DateTimeFormat("en", { dateStyle: "long" }).format(new Date());
  const noted = (table: Table) => `\n${about.replace(/\.$/, "")}, ${day}.\n\n${markdown(table)}\n`;
  await rewrite(options.docs, Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, noted(table)])));
}

function options(): Options | null {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(1);
  }
}

const asked = options();
if (asked === null) console.log(USAGE);
else await main(asked);
