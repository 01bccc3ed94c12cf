/** A server of its own for a benchmark: `npm run serve` on plain workerd, with a folder that goes afterwards. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SERVE = fileURLToPath(new URL("../src/cli/serve.ts", import.meta.url));

export interface BenchServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts it on a free port; durable, on the disk, as in use. @param more variables of the environment */
export async function startServer(more: Readonly<Record<string, string>> = {}): Promise<BenchServer> {
  const data = await mkdtemp(join(tmpdir(), "prinia-bench-"));
  const env = { ...process.env, PORT: "0", PRINIA_DATA: data, PRINIA_AUTH: "off", ...more };
  const child = spawn(process.execPath, [SERVE], { env, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(child.stdout)) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url === undefined) continue;
    return {
      url,
      async stop() {
        child.kill("SIGTERM");
        await once(child, "exit");
        await rm(data, { recursive: true, force: true });
      },
    };
  }
  throw new Error("the server ended before it listened");
}
