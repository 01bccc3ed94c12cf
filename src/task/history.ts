/** The history of a task's executions: a list in its own row, bounded in number and in size. */

import { MAX_RUN_ERROR_BYTES, MAX_RUNS, MAX_RUNS_BYTES } from "../limits.ts";
import type { ClosedRun } from "./state.ts";
import type { Run } from "./task.ts";
import { byteLength, cutUtf8 } from "./text.ts";

/** What is remembered of an execution that ended. */
export function entryOf(run: ClosedRun, worker: string, endedAt: number, logs: readonly string[] | undefined): Run {
  return {
    attempt: run.attempt,
    worker,
    startedAt: run.startedAt,
    endedAt,
    outcome: run.outcome,
    ...(run.error === undefined ? {} : { error: cutUtf8(run.error, MAX_RUN_ERROR_BYTES) }),
    ...(logs === undefined || logs.length === 0 ? {} : { logs }),
  };
}

/** The list with one more. What is too old goes; what is too large loses its logs, and then its error, from the oldest on. */
export function remembered(runs: readonly Run[], entry: Run): Run[] {
  const kept = [...runs, entry].slice(-MAX_RUNS);
  if (kept.length * PLAIN_RUN_BYTES <= MAX_RUNS_BYTES && kept.every(isPlain)) return kept;
  let bytes = kept.reduce((sum, run) => sum + bytesOf(run), 0);
  for (const cut of [withoutLogs, withoutError]) {
    for (const [place, run] of kept.slice(0, -1).entries()) {
      if (bytes <= MAX_RUNS_BYTES) return kept;
      const less = cut(run);
      bytes -= bytesOf(run) - bytesOf(less);
      kept[place] = less;
    }
  }
  return kept;
}

/** A run without error and logs is never larger: a worker's name of 255 bytes, escaped, and some numbers. */
const PLAIN_RUN_BYTES = 2_048;
const isPlain = ({ error, logs }: Run): boolean => error === undefined && logs === undefined;

const bytesOf = (run: Run): number => byteLength(JSON.stringify(run)) + 1;

const withoutLogs = ({ logs: _, ...run }: Run): Run => run;
const withoutError = ({ error: _, ...run }: Run): Run => run;
