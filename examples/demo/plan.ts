/** Files become tasks, and it is known beforehand how each will end. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { NewTask } from "prinia";

/** What a task asks for. */
export interface FileArgs {
  readonly path: string;
  /** The attempt that succeeds; those before it fail on purpose. */
  readonly succeedsAt?: number;
}

/** A task to be pushed, and what must become of it. */
export interface Planned {
  readonly task: NewTask<FileArgs>;
  readonly status: "Done" | "Killed";
  /** Executions that it must have had. */
  readonly attempts: number;
}

/** Attempts of a task that fails for good: few, and soon. */
const ATTEMPTS = 3;
const SOON = { type: "fixed", baseMs: 100, jitter: 0 } as const;

/** The regular files below a folder, sorted; those alone whose names end so. */
export async function filesIn(folder: string, ending = ""): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * One task for each file. Among them stand three that are in trouble: a file that is not there, a folder, and one that
 * fails at first and succeeds at its second attempt.
 */
export function planFor(files: readonly string[], folder: string): Planned[] {
  const middle = Math.floor(files.length / 2);
  return [
    ...files.slice(0, middle).map(fine),
    ...troubled(files[0] ?? folder, folder),
    ...files.slice(middle).map(fine),
  ];
}

const fine = (path: string): Planned => ({ task: { args: { path } }, status: "Done", attempts: 1 });

function troubled(file: string, folder: string): Planned[] {
  const task = (args: FileArgs) => ({ args, maxAttempts: ATTEMPTS, backoff: SOON });
  return [
    { task: task({ path: join(folder, "this file does not exist") }), status: "Killed", attempts: ATTEMPTS },
    { task: task({ path: folder }), status: "Killed", attempts: ATTEMPTS },
    { task: task({ path: file, succeedsAt: 2 }), status: "Done", attempts: 2 },
  ];
}
