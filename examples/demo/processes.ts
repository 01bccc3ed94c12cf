/** The processes of the demo: the server and the workers. None is left behind. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const SERVE = fileURLToPath(new URL("../../src/cli/serve.ts", import.meta.url));
const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));

/** How long a process may take to end when it is asked to. `serve` gives its own child 3 s. */
const PATIENCE_MS = { worker: 2_000, server: 6_000 };

interface Child {
  readonly process: ChildProcess;
  readonly exited: Promise<unknown>;
}

export class Processes {
  readonly #children: Child[] = [];
  readonly #failed = Promise.withResolvers<never>();
  #stopping = false;

  constructor() {
    this.#failed.promise.catch(() => undefined);
    // The last resort, should the demo itself fail.
    process.on("exit", () => {
      for (const child of this.#children) child.process.kill();
    });
  }

  /** Rejects when a process ends that was not asked to. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Starts `serve` on a free port, open, with its data in a folder; resolves to its address. */
  async serve(data: string): Promise<string> {
    const child = this.#start("the server", [SERVE], ["ignore", "pipe", "inherit"], {
      ...process.env,
      HOST: "",
      PORT: "0",
      PRINIA_AUTH: "off",
      PRINIA_SECRET: "",
      PRINIA_DATA: data,
    });
    return Promise.race([this.failed, addressOf(child)]);
  }

  /** Starts worker processes; resolves when the server has taken all of them. */
  async work(url: string, queue: string, count: number): Promise<void> {
    const ready = Array.from({ length: count }, () =>
      once(
        this.#start("a worker", [WORKER, url, queue], ["ignore", "inherit", "inherit", "ipc"], process.env),
        "message",
      ),
    );
    await Promise.race([this.failed, Promise.all(ready)]);
  }

  /** Ends all of them, the last one started first. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const workers = this.#children.slice(1);
    await Promise.all(workers.map((worker) => end(worker, PATIENCE_MS.worker)));
    await Promise.all(this.#children.slice(0, 1).map((server) => end(server, PATIENCE_MS.server)));
  }

  #start(
    what: string,
    args: string[],
    stdio: ("ignore" | "pipe" | "inherit" | "ipc")[],
    env: NodeJS.ProcessEnv,
  ): ChildProcess {
    const child = spawn(process.execPath, args, { stdio, env });
    const exited = once(child, "exit");
    exited.then(([code, signal]) => {
      if (!this.#stopping) this.#failed.reject(new Error(`${what} ended by itself (${signal ?? `exit code ${code}`})`));
    }, this.#failed.reject);
    this.#children.push({ process: child, exited });
    return child;
  }
}

async function end({ process: child, exited }: Child, patienceMs: number): Promise<void> {
  child.kill("SIGTERM");
  const patience = new AbortController();
  const late = sleep(patienceMs, true, { signal: patience.signal }).catch(() => false);
  if ((await Promise.race([exited, late])) === true) child.kill("SIGKILL");
  patience.abort();
  await exited;
}

/** The address in the line that `serve` prints when it listens. */
async function addressOf({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error("the server has no output");
  for await (const line of createInterface(stdout)) {
    const url = /^Prinia listens on (\S+)/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error("the server never listened");
}
