/** Runs the workloads, round after round, and beside each the ceiling; what it cost is read off the queue and the wire. */

import { setTimeout as sleep } from "node:timers/promises";
import { type Spread, spreadOf } from "./numbers.ts";
import type { Options } from "./options.ts";
import { dollarsAMillion } from "./price.ts";
import { type Ceiling, ceilingsOf } from "./raw/ceilings.ts";
import { startPlain } from "./raw/server.ts";
import { type Stats, startServer, statsOf } from "./server.ts";
import { sentSoFar } from "./wire.ts";
import { workloadsOf } from "./workloads/all.ts";
import type { Run, Scene, Workload } from "./workloads/workload.ts";

/** Each for one task. */
interface Cost {
  readonly rows: number;
  readonly commits: number;
  readonly frames: number;
  readonly requests: number;
  /** Dollars a million. */
  readonly dollars: number;
}

type Name = "perSecond" | "p50" | "p99" | "ratio";

/** A workload after all its rounds. */
export interface Line {
  readonly id: string;
  readonly name: string;
  readonly partitions: number;
  readonly perSecond: Spread | undefined;
  /** ms. */
  readonly p50: Spread | undefined;
  readonly p99: Spread | undefined;
  readonly ratio: Spread | undefined;
  readonly cost: Readonly<Record<keyof Cost, number>> | undefined;
  readonly ceiling: Readonly<Record<keyof Ceiling, Readonly<Record<Name, Spread | undefined>>>>;
}

interface Round {
  readonly run: Run;
  readonly cost: Cost | undefined;
  readonly ceiling: Ceiling;
}

/** All workloads that are asked for, at each number of partitions. @param say told of each round */
export async function measure(options: Options, say: (text: string) => void): Promise<Line[]> {
  const raw = await startPlain();
  try {
    const lines: Line[] = [];
    for (const partitions of options.partitions) lines.push(...(await measureAt(options, partitions, raw.url, say)));
    return lines;
  } finally {
    await raw.stop();
  }
}

/** The longest run takes some twenty seconds here. */
const PATIENCE_MS = 120_000;

const queueOf = (workload: number, round: number): string => `bench-${workload}-${round}`;

async function measureAt(
  options: Options,
  partitions: number,
  raw: string,
  say: (text: string) => void,
): Promise<Line[]> {
  const workloads = workloadsOf(options.sizes).filter(({ id }) => options.only.includes(id));
  const rounds = Array.from({ length: options.repeat }, (_, round) => round);
  const server = await startServer(partitions === 1 ? {} : variableFor(workloads.length, rounds, partitions));
  try {
    const { partitions: known } = await statsOf(server.url, queueOf(0, 0));
    if (known !== partitions) throw new Error(`the server has ${known} partitions for a queue, not ${partitions}`);
    const done = workloads.map((): Round[] => []);
    const rateOf = (name: string) =>
      done[workloads.findIndex((one) => one.name === name)]?.at(-1)?.run.perSecond ?? 1000;
    const ceilings = ceilingsOf(options.sizes);
    for (const round of rounds) {
      const beside = new Map<string, Ceiling>();
      for (const [index, workload] of workloads.entries()) {
        const object = `${partitions}-${workload.id}-${round}/0`;
        const ceiling = beside.get(workload.id) ?? (await ceilings[workload.id]?.(raw, object));
        if (!ceiling) throw new Error(`${workload.id} has no ceiling`);
        beside.set(workload.id, ceiling);
        const scene = { url: server.url, queue: queueOf(index, round), partitions, closed: rateOf };
        done[index]?.push({ ...(await playRound(workload, scene)), ceiling });
      }
      say(`round ${round + 1} of ${options.repeat}, ${partitions} partition${partitions === 1 ? "" : "s"}`);
    }
    return workloads.map((workload, index) => lineOf(workload, partitions, done[index] ?? []));
  } finally {
    await server.stop();
  }
}

/** Every queue that will be used, each with so many partitions. */
function variableFor(workloads: number, rounds: readonly number[], partitions: number): Record<string, string> {
  const names = Array.from({ length: workloads }, (_, index) => rounds.map((round) => queueOf(index, round))).flat();
  const all = names.flatMap((name) => [name, `${name}-few`]);
  return { PRINIA_PARTITIONS: all.map((name) => `${name}=${partitions}`).join(",") };
}

async function playRound(workload: Workload, scene: Scene): Promise<Omit<Round, "ceiling">> {
  await workload.prepare?.(scene);
  const before = { stats: await statsOf(scene.url, scene.queue), sent: sentSoFar() };
  const run = await inTime(workload, scene);
  const after = { stats: await statsOf(scene.url, scene.queue), sent: sentSoFar() };
  if (workload.isBilled === false) return { run, cost: undefined };
  const each = (name: keyof Stats): number => (Number(after.stats[name]) - Number(before.stats[name])) / run.tasks;
  const usage = {
    rows: each("rowsWritten") + each("alarmsSet"),
    frames: (after.sent.frames - before.sent.frames) / run.tasks,
    requests: (after.sent.requests - before.sent.requests) / run.tasks,
  };
  const dollars = dollarsAMillion({ ...usage, seconds: run.ms / 1000 / run.tasks });
  return { run, cost: { ...usage, commits: each("commits"), dollars } };
}

/** A task that never comes would be waited for without an end. */
async function inTime(workload: Workload, scene: Scene): Promise<Run> {
  const over = new AbortController();
  const late = sleep(PATIENCE_MS, undefined, { signal: over.signal }).then(async () => {
    const { counts } = await statsOf(scene.url, scene.queue);
    throw new Error(`${workload.name} (${scene.queue}) did not end in ${PATIENCE_MS} ms: ${JSON.stringify(counts)}`);
  });
  try {
    return await Promise.race([workload.run(scene), late]);
  } finally {
    late.catch(() => undefined);
    over.abort();
  }
}

function lineOf({ id, name }: Workload, partitions: number, rounds: readonly Round[]): Line {
  const seen = (runs: readonly (Run | undefined)[]) => {
    const of = (key: Name) => spreadOf(runs.map((run) => run?.[key]));
    return { perSecond: of("perSecond"), p50: of("p50"), p99: of("p99"), ratio: of("ratio") };
  };
  const median = (key: keyof Cost) => spreadOf(rounds.map(({ cost }) => cost?.[key]))?.median ?? 0;
  const isBilled = rounds.some(({ cost }) => cost !== undefined);
  const cost = {
    ...{ rows: median("rows"), commits: median("commits"), frames: median("frames") },
    ...{ requests: median("requests"), dollars: median("dollars") },
  };
  const ceiling = {
    sql: seen(rounds.map((round) => round.ceiling.sql)),
    echo: seen(rounds.map((round) => round.ceiling.echo)),
  };
  return { id, name, partitions, ...seen(rounds.map(({ run }) => run)), cost: isBilled ? cost : undefined, ceiling };
}
