/** `node bench/segments/whole.ts [times]`: the workloads of `npm run bench`, on both layouts by turns. */

import { workerdConfig } from "../../src/cli/workerd-config.ts";
import { type Figure, WORKLOADS } from "../workloads.ts";
import { BUNDLE, type Layout, OBJECTS, startServer } from "./server.ts";

const start = (layout: Layout) =>
  startServer(layout, "src/index.ts", (compatibility) =>
    workerdConfig({
      address: "127.0.0.1:0",
      compatibility,
      bundle: BUNDLE,
      objects: OBJECTS,
      variables: ["PRINIA_AUTH"],
    }),
  );

interface Stats {
  readonly rowsWritten: number;
  readonly counts: Readonly<Record<string, number>>;
}

async function rowsPerTask(url: string, queue: string): Promise<number> {
  const stats = (await (await fetch(`${url}/v1/queues/${queue}/stats`)).json()) as Stats;
  return stats.rowsWritten / Object.values(stats.counts).reduce((sum, count) => sum + count, 0);
}

const median = (values: readonly number[]): number | undefined => values.toSorted((a, b) => a - b)[values.length >> 1];
const of = (figures: readonly Figure[], key: keyof Figure): string =>
  (median(figures.flatMap((figure) => figure[key] ?? [])) ?? 0).toLocaleString("en", { maximumFractionDigits: 2 });

process.env.PRINIA_AUTH = "off";
const times = Number(process.argv[2] ?? "3");
const servers = { rows: await start("rows"), segments: await start("segments") };
try {
  const table = [];
  for (const [index, workload] of WORKLOADS.entries()) {
    const figures: Record<Layout, Figure[]> = { rows: [], segments: [] };
    const rows: Record<Layout, number> = { rows: 0, segments: 0 };
    for (let time = 0; time < times; time++) {
      for (const layout of ["rows", "segments"] as const) {
        const queue = `bench-${index}-${time}`;
        const { url } = servers[layout];
        figures[layout].push(await workload.run(url, queue));
        rows[layout] = await rowsPerTask(url, queue);
      }
    }
    for (const layout of ["rows", "segments"] as const) {
      table.push({
        workload: workload.name,
        layout,
        "tasks/s": of(figures[layout], "perSecond"),
        "p50 ms": of(figures[layout], "p50"),
        "p99 ms": of(figures[layout], "p99"),
        "rows/task": Number(rows[layout].toFixed(3)),
      });
    }
  }
  console.table(table);
} finally {
  await servers.rows.stop();
  await servers.segments.stop();
}
