/**
 * `npm run demo -- [folder] [--workers N] [--data DIR]`: the whole way, on real files. A server, two worker processes,
 * one task for each file, all results awaited and checked. Exits with 1 when anything is lost or wrong.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DurableBackend, http, type QueueStats } from "prinia";
import { type FileQueue, type Outcome, runAlone, runLoad } from "./load.ts";
import { filesIn, planFor } from "./plan.ts";
import { Processes } from "./processes.ts";
import { percentiles, printTable, progressOf, whole } from "./report.ts";
import { verify } from "./verify.ts";

const QUEUE = "files";
const DEFAULT_FOLDER = fileURLToPath(new URL("../../node_modules", import.meta.url));
const DEFAULT_ENDING = ".d.ts";
const DEFAULT_WORKERS = "2";
/** Tasks that are run one after the other, to see how long the way is when nobody else is on it. */
const ALONE = 30;
const SHOWN_FAULTS = 10;

const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** A server counts besides what it is billed for. */
type Stats = QueueStats & { readonly rowsWritten?: number };

interface Settings {
  readonly folder: string;
  readonly ending: string;
  readonly workers: number;
  /** Where the server keeps its data; a temporary folder when not given. */
  readonly data: string | undefined;
}

function readSettings(): Settings {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { workers: { type: "string", default: DEFAULT_WORKERS }, data: { type: "string" } },
  });
  const workers = Number(values.workers);
  if (!Number.isInteger(workers) || workers < 1)
    throw new Error(`--workers is ${values.workers}; it takes a number from 1.`);
  const [folder] = positionals;
  return folder === undefined
    ? { folder: DEFAULT_FOLDER, ending: DEFAULT_ENDING, workers, data: values.data }
    : { folder: resolve(folder), ending: "", workers, data: values.data };
}

async function main(processes: Processes, signal: AbortSignal): Promise<number> {
  const settings = readSettings();
  const files = await filesIn(settings.folder, settings.ending);
  if (files.length === 0) throw new Error(`There are no files in ${settings.folder}: name a folder that has some.`);
  const data = settings.data ?? (await mkdtemp(join(tmpdir(), "prinia-demo-")));
  try {
    return await Promise.race([
      run(processes, settings, { files, data, signal }),
      processes.failed,
      rejectedBy(signal),
    ]);
  } finally {
    await processes.stop();
    if (settings.data === undefined) await rm(data, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Circumstances {
  readonly files: readonly string[];
  /** The server's folder. */
  readonly data: string;
  readonly signal: AbortSignal;
}

async function run(processes: Processes, settings: Settings, { files, data, signal }: Circumstances): Promise<number> {
  const plan = planFor(files, settings.folder);
  const url = await processes.serve(data);
  await processes.work(url, QUEUE, settings.workers);
  const queue: FileQueue = new DurableBackend(QUEUE, http({ url }));
  console.log(
    `${whole(files.length)} files in ${settings.folder}, one task each, and three tasks that are in trouble.`,
  );

  const progress = progressOf(plan.length);
  const began = performance.now();
  const outcomes = await runLoad(queue, plan, { signal, onResult: progress.step });
  const tookMs = performance.now() - began;
  progress.end();

  const stats: Stats = await queue.fetchByQueue();
  const verdict = await verify(queue, outcomes);
  const faults = [...faultsOfCounts(outcomes, stats), ...verdict.faults];
  const alone = await runAlone(queue, plan.filter(({ attempts }) => attempts === 1).slice(0, ALONE));
  printTable(rowsOf({ outcomes, tookMs, stats, sampled: verdict.sampled, alone }));
  return conclude(faults);
}

/** The queue's own count: what was pushed is Done or Killed, and nothing else is there. */
function faultsOfCounts(outcomes: readonly Outcome[], { counts }: Stats): string[] {
  const rest = counts.Pending + counts.Queued + counts.Running + counts.Failed;
  if (counts.Done + counts.Killed === outcomes.length && rest === 0) return [];
  return [`${outcomes.length} tasks were pushed, but the queue counts ${JSON.stringify(counts)}`];
}

interface Measured {
  readonly outcomes: readonly Outcome[];
  readonly tookMs: number;
  readonly stats: Stats;
  readonly sampled: number;
  readonly alone: readonly number[];
}

function rowsOf({ outcomes, tookMs, stats, sampled, alone }: Measured): [string, string][] {
  const digests = outcomes.flatMap(({ results: [result] }) => (result?.status === "Done" ? [result.value] : []));
  const killed = outcomes.flatMap(({ results: [result] }) => (result?.status === "Killed" ? [result] : []));
  const retried = outcomes.filter(({ planned }) => planned.status === "Done" && planned.attempts > 1).length;
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  return [
    [
      "files",
      `${whole(digests.length)} done: ${whole(sum(digests.map(({ lines }) => lines)))} lines, ${whole(sum(digests.map(({ words }) => words)))} words`,
    ],
    [
      "failures",
      `${killed.length} tasks failed for good, and ${retried} succeeded at its second attempt, as they should`,
    ],
    ...killed.map(({ attempt, error }): [string, string] => ["", `after ${attempt} attempts: ${error}`]),
    ["throughput", `${whole((1000 * outcomes.length) / tookMs)} tasks/s, all in ${(tookMs / 1000).toFixed(1)} s`],
    ["push to result", percentiles(outcomes.map(({ latencyMs }) => latencyMs))],
    ["", `${percentiles(alone)}, one task at a time`],
    ["rows written", `${((stats.rowsWritten ?? 0) / outcomes.length).toFixed(2)} per task`],
    ["verified", `${whole(outcomes.length)} tasks ended once, as planned; ${sampled} results computed again`],
  ];
}

function conclude(faults: readonly string[]): number {
  if (faults.length === 0) return 0;
  console.error(`${faults.length} faults were found:`);
  for (const fault of faults.slice(0, SHOWN_FAULTS)) console.error(`  ${fault}`);
  if (faults.length > SHOWN_FAULTS) console.error(`  and ${faults.length - SHOWN_FAULTS} more`);
  return 1;
}

const rejectedBy = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });

const processes = new Processes();
const asked = new AbortController();
let askedBy: keyof typeof SIGNAL_EXIT_CODES | undefined;
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => {
    askedBy ??= name;
    asked.abort();
  });
}

// Not by the end of the event loop: a wait that was given up may still be in a pause.
process.exit(
  await main(processes, asked.signal).catch((error: unknown) => {
    if (askedBy) return SIGNAL_EXIT_CODES[askedBy];
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }),
);
