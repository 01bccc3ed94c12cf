/** The folder that `serve` keeps everything in: at most one `serve` uses it at a time. */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Result } from "../task/result.ts";
import type { Charge, GuardState } from "./guard.ts";

const GUARD = fileURLToPath(new URL("guard.ts", import.meta.url));
const LOCK_FILE = "lock";
const PID_FILE = "pid";

/** The objects' storage inside the folder. */
export const OBJECTS = "objects";

export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  /** Resolves if the guard, and with it the lock, is lost. */
  readonly lost: Promise<void>;
  /** Names the workerd that must not outlive this process; null once it is gone. */
  guard(workerd: number | null): void;
  /** Writes a file that only this user may read. The error is for people. */
  write(name: string, text: string): Result<null, string>;
  /** Gives the folder back. */
  release(): Promise<void>;
}

/** Makes the folder if need be and takes its lock. The error says who has it, or what is wrong with it. */
export async function openDataFolder(given: string): Promise<Result<DataFolder, string>> {
  const path = resolve(given);
  try {
    makeFolder(join(path, OBJECTS));
    for (const folder of [path, join(path, OBJECTS)]) accessSync(folder, constants.W_OK);
  } catch (error) {
    return { ok: false, error: unusable(given, error) };
  }
  const guard = fork(GUARD, [join(path, LOCK_FILE)], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const state = await stateOf(guard);
  if (state.state === "locked") return { ok: true, value: held(given, path, guard) };
  if (guard.connected) guard.disconnect();
  if (state.state === "failed") return { ok: false, error: unusable(given, state.why) };
  return {
    ok: false,
    error: `The data folder ${given} is in use by another serve${holder(path)}: stop that, or set PRINIA_DATA to another folder.`,
  };
}

/** `mkdirSync` has `recursive`, which spins for ever where a parent is there and refuses, as /proc does (Node 24). */
function makeFolder(path: string): void {
  if (!existsSync(dirname(path))) makeFolder(dirname(path));
  // Tasks may hold anything, so what is made here is for this user alone.
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
}

function unusable(given: string, why: unknown): string {
  const reason = why instanceof Error ? why.message : String(why);
  return `The data folder ${given} cannot be used (${reason}): set PRINIA_DATA to a folder that this user may write to.`;
}

function stateOf(guard: ChildProcess): Promise<GuardState> {
  const { promise, resolve } = Promise.withResolvers<GuardState>();
  guard.once("message", (state: GuardState) => resolve(state));
  guard.once("error", (error) => resolve({ state: "failed", why: error.message }));
  guard.once("exit", (code, signal) => resolve({ state: "failed", why: `its guard ended with ${signal ?? code}` }));
  return promise;
}

/** For people only: the lock decides, whatever this file says. */
function holder(path: string): string {
  try {
    const pid = Number.parseInt(readFileSync(join(path, PID_FILE), "utf8"), 10);
    return Number.isNaN(pid) ? "" : ` (process ${pid})`;
  } catch {
    return "";
  }
}

function held(given: string, path: string, guard: ChildProcess): DataFolder {
  const gone = once(guard, "exit").then(() => {});
  const send = (charge: Charge): void => {
    if (guard.connected) guard.send(charge);
  };
  const write = (name: string, text: string): Result<null, string> => {
    try {
      writeFileSync(join(path, name), text, { mode: 0o600 });
      return { ok: true, value: null };
    } catch (error) {
      return { ok: false, error: unusable(given, error) };
    }
  };
  // Without it a refusal names no process: not worth failing for.
  write(PID_FILE, `${process.pid}\n`);
  return {
    path,
    lost: gone,
    guard: (workerd) => send({ workerd }),
    write,
    release() {
      if (guard.connected) guard.disconnect();
      return gone;
    },
  };
}
