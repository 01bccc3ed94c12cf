/**
 * The guard of a data folder, a process of its own: it holds the folder's lock, and outlives a `serve` that is killed
 * for just as long as it takes to end the workerd left behind. Nothing else does on every system: workerd does not
 * watch its parent, and a killed parent can do nothing any more.
 *
 * Run as `guard.ts <lock file>` with an IPC channel, whose end means that the parent is gone.
 */

import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { LEFT_BEHIND_MS, LOCK_WAIT_MS } from "../limits.ts";

/** What the guard tells its parent, once. */
export type GuardState =
  | { readonly state: "locked" }
  | { readonly state: "busy" }
  | { readonly state: "failed"; readonly why: string };

/** What the parent tells the guard: the workerd to end, or that there is none any more. */
export interface Charge {
  readonly workerd: number | null;
}

const SQLITE_BUSY = 5;

// Fields of /proc/<pid>/stat, counted from the one behind the name (proc_pid_stat(5)).
const STAT_STATE = 0;
const STAT_THREADS = 17;

/**
 * Takes the lock as SQLite does, because the system gives such a lock back with the process, however it ends: a file
 * with a process id in it must be guessed about once ids are used again, as they are after each start of a container.
 */
function lock(path: string): GuardState {
  try {
    lockDatabase = new DatabaseSync(path, { timeout: LOCK_WAIT_MS });
    lockDatabase.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return { state: "locked" };
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return { state: "busy" };
    return { state: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}

/** Sends a signal, or asks with 0 whether the process is there. */
function signal(pid: number, name: "SIGKILL" | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/**
 * Whether a killed process has let go of its files. On Linux it may stay listed long after that, as a zombie that its
 * new parent is slow to collect; one that has a single thread left is through with everything else.
 */
function hasEnded(pid: number): boolean {
  if (!signal(pid, 0)) return true;
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[STAT_STATE] === "Z" && Number(fields[STAT_THREADS]) <= 1;
  } catch {
    return false;
  }
}

async function endLeftBehind(): Promise<void> {
  if (charge === null) return;
  signal(charge, "SIGKILL");
  for (const end = Date.now() + LEFT_BEHIND_MS; Date.now() < end && !hasEnded(charge); ) await sleep(10);
}

// Held by the module: a database that is collected would give the lock back.
let lockDatabase: DatabaseSync | undefined;
let charge: number | null = null;

// Ctrl-C and a closed terminal reach the whole process group; the guard must see the others go first.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {});

process.on("message", (message: Charge) => {
  charge = message.workerd;
});
process.once("disconnect", async () => {
  await endLeftBehind();
  process.exit(0);
});
process.send?.(lock(process.argv[2] ?? "lock"));
