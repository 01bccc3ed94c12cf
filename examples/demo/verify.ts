/** Checks that nothing was lost, done twice, or done wrong. */

import { isDeepStrictEqual } from "node:util";
import type { Page, Task } from "prinia";
import { type Digest, digestFile } from "./digest.ts";
import type { FileQueue, Outcome } from "./load.ts";
import type { FileArgs } from "./plan.ts";

type FileTask = Task<FileArgs, Digest>;

/** Results that are computed again. */
const SAMPLE = 200;
const PAGE = 1_000;

/** What was found wrong, in words; nothing when all is well. `sampled` results were computed again. */
export interface Verdict {
  readonly faults: readonly string[];
  readonly sampled: number;
}

/** Compares what came with what was planned, with what the queue says, and with the files themselves. */
export async function verify(queue: FileQueue, outcomes: readonly Outcome[]): Promise<Verdict> {
  const ids = new Set(outcomes.map(({ id }) => id));
  const faults = ids.size === outcomes.length ? [] : [`${outcomes.length} tasks were pushed, but have ${ids.size} ids`];
  faults.push(...outcomes.flatMap(faultOf));
  const tasks = new Map((await allTasks(queue)).map((task) => [task.id, task]));
  if (tasks.size !== ids.size) faults.push(`${ids.size} tasks were pushed, but the queue has ${tasks.size}`);
  faults.push(...outcomes.flatMap((outcome) => faultOfTask(outcome, tasks.get(outcome.id))));
  const sample = sampleOf(outcomes.filter(({ planned }) => planned.status === "Done"));
  for (const outcome of sample) faults.push(...(await faultOfDigest(outcome)));
  return { faults, sampled: sample.length };
}

/** Each task has one result, and the one that was planned. */
function faultOf({ id, planned, results }: Outcome): string[] {
  const [result] = results;
  if (!result) return [`task ${id} has no result`];
  if (results.length > 1) return [`task ${id} has ${results.length} results`];
  if (result.status !== planned.status) return [`task ${id} should be ${planned.status}, but is ${result.status}`];
  const { attempts } = planned;
  return result.attempt === attempts
    ? []
    : [`task ${id} should have had ${attempts} attempts, but had ${result.attempt}`];
}

/** Each execution is remembered once, and at most one of them succeeded. */
function faultOfTask({ id, planned }: Outcome, task: FileTask | undefined): string[] {
  if (!task) return [`task ${id} is not in the queue any more`];
  const outcomes = task.runs.map(({ outcome }) => outcome ?? "not ended");
  const expected = [...new Array(planned.attempts - 1).fill("failed"), planned.status === "Done" ? "done" : "killed"];
  if (isDeepStrictEqual(outcomes, expected)) return [];
  return [`task ${id} should have run as ${expected.join(", ")}, but ran as ${outcomes.join(", ") || "never"}`];
}

/** The result is what the file gives now. */
async function faultOfDigest({ id, planned, results }: Outcome): Promise<string[]> {
  const { path } = planned.task.args;
  const [result] = results;
  const value = result?.status === "Done" ? result.value : undefined;
  return isDeepStrictEqual(value, await digestFile(path)) ? [] : [`the result of task ${id} does not fit ${path}`];
}

function sampleOf<T>(all: readonly T[]): T[] {
  const step = Math.max(1, Math.floor(all.length / SAMPLE));
  return all.filter((_, at) => at % step === 0).slice(0, SAMPLE);
}

async function allTasks(queue: FileQueue): Promise<FileTask[]> {
  const all: FileTask[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page: Page<FileTask> = await queue.listTasks({ limit: PAGE, cursor });
    all.push(...page.tasks);
    cursor = page.nextCursor;
  }
  return all;
}
