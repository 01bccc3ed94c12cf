/** `node bench/partitions.ts`: one queue of 1, 2 and 4 partitions on one machine, in all and each of them. */

import { startServer } from "./server.ts";
import { type BenchSocket, openSocket } from "./socket.ts";
import { drain, fill } from "./workloads.ts";

const RUNS = 5;
const TASKS = 20_000;
const BATCH = 500;
const COUNTS = [1, 2, 4];

/** Tasks a second: of all partitions together, and of the slowest and the fastest of them. */
interface Rates {
  readonly total: number;
  readonly least: number;
  readonly most: number;
}

/** Has each socket do its share, all at once. */
async function together(
  sockets: readonly BenchSocket[],
  work: (socket: BenchSocket) => Promise<number>,
): Promise<Rates> {
  const begun = performance.now();
  const rates = await Promise.all(sockets.map(work));
  const total = (TASKS * 1_000) / (performance.now() - begun);
  return { total, least: Math.min(...rates), most: Math.max(...rates) };
}

async function run(url: string, queue: string, partitions: number): Promise<{ push: Rates; drained: Rates }> {
  const open = () =>
    Promise.all(
      Array.from({ length: partitions }, (_, partition) =>
        openSocket(url, queue, partitions === 1 ? undefined : partition),
      ),
    );
  const share = TASKS / partitions;
  const pushers = await open();
  const push = await together(pushers, (socket) => fill(socket, share, BATCH));
  const workers = await open();
  const drained = await together(workers, (socket) => drain(socket, share, 2 * BATCH));
  for (const socket of [...pushers, ...workers]) socket.close();
  return { push, drained };
}

/** The median, and in brackets the least and the most. */
function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const show = (value: number | undefined) => Math.round(value ?? 0).toLocaleString("en");
  return `${show(sorted[Math.floor(sorted.length / 2)])} [${show(sorted[0])} – ${show(sorted.at(-1))}]`;
}

const names = COUNTS.flatMap((count) => Array.from({ length: RUNS }, (_, n) => `p${count}-${n}=${count}`));
const server = await startServer({ PRINIA_PARTITIONS: names.join(" ") });
try {
  const runs = new Map<number, Awaited<ReturnType<typeof run>>[]>(COUNTS.map((count) => [count, []]));
  // In turns, so that what else the machine does befalls all alike.
  for (let n = 0; n < RUNS; n++)
    for (const count of COUNTS) runs.get(count)?.push(await run(server.url, `p${count}-${n}`, count));
  console.log(
    `Median of ${RUNS} runs [least – most]; plain workerd, durable, ${TASKS} tasks, batches of ${BATCH}, tasks/s.`,
  );
  console.table(
    [...runs].map(([partitions, all]) => ({
      partitions,
      "push, all": spread(all.map(({ push }) => push.total)),
      "push, slowest partition": spread(all.map(({ push }) => push.least)),
      "push, fastest": spread(all.map(({ push }) => push.most)),
      "drain, all": spread(all.map(({ drained }) => drained.total)),
      "drain, slowest partition": spread(all.map(({ drained }) => drained.least)),
      "drain, fastest": spread(all.map(({ drained }) => drained.most)),
    })),
  );
} finally {
  await server.stop();
}
