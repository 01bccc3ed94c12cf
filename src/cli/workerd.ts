/** The workerd process: started, watched and stopped. */

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

export interface Workerd {
  /** Undefined when it could not be started; `exited` says why. */
  readonly pid: number | undefined;
  /** The port, once requests are taken. Never settles if that does not happen. */
  readonly listening: Promise<number>;
  /** How it ended, for people. */
  readonly exited: Promise<string>;
  /** Asks it to end, and ends it after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** The file descriptor on which workerd reports the port it listens on. */
const CONTROL_FD = 3;

/**
 * Starts `workerd serve`. What it writes goes to standard error, where logs belong.
 * @param directory where it runs; relative paths of the configuration start there
 */
export function startWorkerd(directory: string, configFile: string): Workerd {
  const child = spawn(workerdBinary(), ["serve", configFile, `--control-fd=${CONTROL_FD}`], {
    cwd: directory,
    stdio: ["ignore", process.stderr, process.stderr, "pipe"],
  });
  const { promise: exited, resolve } = Promise.withResolvers<string>();
  child.once("error", (error) => resolve(error.message));
  child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  return {
    pid: child.pid,
    listening: portOf(child.stdio[CONTROL_FD]),
    exited,
    async stop(graceMs) {
      child.kill("SIGTERM");
      const grace = new AbortController();
      await Promise.race([exited, sleep(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
      grace.abort();
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** The program itself: what npm puts in `.bin` may be a script that would stand between us and it. */
function workerdBinary(): string {
  const main: unknown = createRequire(import.meta.url)("workerd");
  if (typeof main === "object" && main !== null && "default" in main && typeof main.default === "string")
    return main.default;
  throw new TypeError("the workerd package does not say where its program is");
}

function portOf(control: unknown): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  if (control instanceof Readable) {
    createInterface({ input: control }).on("line", (line) => {
      const message: unknown = JSON.parse(line);
      if (typeof message === "object" && message !== null && "port" in message) resolve(Number(message.port));
    });
  }
  return promise;
}
