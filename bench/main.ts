/** `npm run bench`: how fast one queue is on this machine, and what a task costs in rows. */

import { startServer } from "./server.ts";
import { type Figure, WORKLOADS } from "./workloads.ts";

const RUNS = 5;

interface Stats {
  readonly rowsWritten: number;
  readonly counts: Record<string, number>;
}

/** The median, and in brackets the least and the most. */
function spread(values: readonly number[], digits: number): string {
  if (values.length === 0) return "";
  const sorted = values.toSorted((a, b) => a - b);
  const show = (value: number | undefined) => (value ?? 0).toLocaleString("en", { maximumFractionDigits: digits });
  return `${show(sorted[Math.floor(sorted.length / 2)])} [${show(sorted[0])} – ${show(sorted.at(-1))}]`;
}

const pick = (figures: readonly Figure[], key: keyof Figure): number[] =>
  figures.flatMap((figure) => figure[key] ?? []);

async function rowsPerTask(url: string, queue: string): Promise<number> {
  const stats = (await (await fetch(`${url}/v1/queues/${queue}/stats`)).json()) as Stats;
  return stats.rowsWritten / Object.values(stats.counts).reduce((sum, count) => sum + count, 0);
}

const server = await startServer();
try {
  const table = [];
  for (const [index, workload] of WORKLOADS.entries()) {
    const figures: Figure[] = [];
    const rows: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const queue = `bench-${index}-${run}`;
      figures.push(await workload.run(server.url, queue));
      rows.push(await rowsPerTask(server.url, queue));
    }
    table.push({
      workload: workload.name,
      "tasks/s": spread(pick(figures, "perSecond"), 0),
      "p50 ms": spread(pick(figures, "p50"), 2),
      "p99 ms": spread(pick(figures, "p99"), 2),
      "rows/task": spread(rows, 2),
    });
  }
  console.log(`Median of ${RUNS} runs [least – most]; plain workerd, durable, one queue, 100-byte payload.`);
  console.table(table);
} finally {
  await server.stop();
}
