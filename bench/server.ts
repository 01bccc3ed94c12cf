/** A server of its own for a benchmark: `npm run serve` on plain workerd, with a folder that goes afterwards. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { plainFetch } from "./wire.ts";

const SERVE = fileURLToPath(new URL("../src/cli/serve.ts", import.meta.url));

export interface BenchServer {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts it on a free port; durable, on the disk, as in use.
 *
 * @param variables added to its environment
 */
export async function startServer(variables: Readonly<Record<string, string>> = {}): Promise<BenchServer> {
  const data = await mkdtemp(join(tmpdir(), "prinia-bench-"));
  const env = { ...process.env, PORT: "0", HOST: "", PRINIA_DATA: data, PRINIA_AUTH: "off", ...variables };
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

/** The numbers of a queue that a benchmark looks at. */
export interface Stats {
  readonly partitions: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly rowsWritten: number;
  readonly alarmsSet: number;
  readonly commits: number;
}

export const statsOf = async (url: string, queue: string): Promise<Stats> =>
  (await (await plainFetch(`${url}/v1/queues/${queue}/stats`)).json()) as Stats;
