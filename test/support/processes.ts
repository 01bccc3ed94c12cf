/** Real processes for tests: each command in a process group of its own, so that all of it can be killed at once. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cleanUp } from "./cleanup.ts";

/** The root of the checkout. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const PINNED_NODE = `${ROOT}node_modules/.bin/node`;
const POLL_MS = 20;
const PATIENCE_MS = 20_000;

export interface Command {
  /** The process that was spawned, and its group. */
  readonly pid: number;
  /** The exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
  /** All that it wrote so far. */
  stdout(): string;
  stderr(): string;
  /** SIGTERM to the process that was spawned; resolves to its exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL to the whole group; resolves when all of it is gone. */
  kill(): Promise<void>;
}

/** Runs a script on the Node of the project. `env` is added to the present environment; undefined removes. */
export function runNode(args: readonly string[], env: Record<string, string | undefined>, cwd: string = ROOT): Command {
  return runProgram(existsSync(PINNED_NODE) ? PINNED_NODE : process.execPath, args, env, cwd);
}

/** Runs any program. */
export function runProgram(
  program: string,
  args: readonly string[],
  env: Record<string, string | undefined>,
  cwd: string,
): Command {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return watched(child);
}

function watched(child: ChildProcess): Command {
  const { pid } = child;
  if (pid === undefined) throw new Error("the process could not be started");
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const { promise: exited, resolve } = Promise.withResolvers<number | null>();
  // Not "close": what is left behind would hold the pipes open.
  child.once("exit", resolve);
  const kill = async (): Promise<void> => {
    signalGroup(pid);
    await until(() => groupOf(pid).length === 0, `the processes of group ${pid} are gone`);
  };
  cleanUp(kill);
  return {
    pid,
    exited,
    stdout: () => stdout,
    stderr: () => stderr,
    stop() {
      child.kill("SIGTERM");
      return exited;
    },
    kill,
  };
}

function signalGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // All of it is gone already.
  }
}

/** A process as the system lists it. */
export interface Listed {
  readonly pid: number;
  readonly group: number;
  readonly command: string;
}

/** The living processes of a group: a dead one that nobody has collected yet does not count. */
export const groupOf = (group: number): Listed[] => processes().filter((process) => process.group === group);

function processes(): Listed[] {
  if (existsSync("/proc/self/stat"))
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap(fromProc);
  const lines = execFileSync("ps", ["-A", "-o", "pid=,pgid=,stat=,args="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [, pid, group, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return state === undefined || state.startsWith("Z")
      ? []
      : [{ pid: Number(pid), group: Number(group), command: command ?? "" }];
  });
}

function fromProc(pid: string): Listed[] {
  try {
    // "pid (name) state parent group …"; the name may hold anything.
    const [state, , group] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trimEnd();
    return state === "Z" || state === "X" ? [] : [{ pid: Number(pid), group: Number(group), command }];
  } catch {
    return [];
  }
}

/** Polls until the condition holds; `what` is for the error when it never does. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  for (const end = Date.now() + patienceMs; Date.now() < end; ) {
    if (await condition()) return;
    await sleep(POLL_MS);
  }
  throw new Error(`Waited ${patienceMs} ms in vain until ${what}.`);
}
