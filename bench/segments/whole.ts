/** `node bench/segments/whole.ts [times]`: the workloads of `npm run bench`, on both layouts by turns. */

import { workerdConfig } from "../../src/cli/workerd-config.ts";
import { statsOf } from "../server.ts";
import { bulkPush, drainBare } from "../workloads/bulk.ts";
import { bareDelivery } from "../workloads/idle.ts";
import { barePushes, socketPushes } from "../workloads/single.ts";
import { FULL, type Run, type Workload } from "../workloads/workload.ts";
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

/** Those in which the layout shows. */
const WORKLOADS: readonly Workload[] = [bulkPush, drainBare, socketPushes, barePushes, bareDelivery].map((workload) =>
  workload(FULL),
);

async function rowsPerTask(url: string, queue: string): Promise<number> {
  const stats = await statsOf(url, queue);
  return stats.rowsWritten / Object.values(stats.counts).reduce((sum, count) => sum + count, 0);
}

const median = (values: readonly number[]): number | undefined => values.toSorted((a, b) => a - b)[values.length >> 1];
const of = (figures: readonly Run[], key: "perSecond" | "p50" | "p99"): string =>
  (median(figures.flatMap((figure) => figure[key] ?? [])) ?? 0).toLocaleString("en", { maximumFractionDigits: 2 });

process.env.PRINIA_AUTH = "off";
const times = Number(process.argv[2] ?? "3");
const servers = { rows: await start("rows"), segments: await start("segments") };
try {
  const table = [];
  for (const [index, workload] of WORKLOADS.entries()) {
    const figures: Record<Layout, Run[]> = { rows: [], segments: [] };
    const rows: Record<Layout, number> = { rows: 0, segments: 0 };
    for (let time = 0; time < times; time++) {
      for (const layout of ["rows", "segments"] as const) {
        const queue = `bench-${index}-${time}`;
        const { url } = servers[layout];
        const scene = { url, queue, partitions: 1, closed: () => 0 };
        await workload.prepare?.(scene);
        figures[layout].push(await workload.run(scene));
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
