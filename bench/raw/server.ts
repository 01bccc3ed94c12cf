/** The benchmark's own Worker on plain workerd: bundled and configured as `serve` does it. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorker } from "../../src/cli/bundle.ts";
import { startWorkerd } from "../../src/cli/workerd.ts";
import { compatibilityOf, workerdConfig } from "../../src/cli/workerd-config.ts";

const WRANGLER = new URL("../../wrangler.toml", import.meta.url);
const ENTRY = fileURLToPath(new URL("worker.ts", import.meta.url));

export interface PlainServer {
  /** Without a slash at the end. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a Worker that exports the same classes as the server, in a folder that goes afterwards.
 *
 * @param entry its main module; the benchmark's own when not given
 * @param variables names of environment variables that it is given
 */
export async function startPlain(entry: string = ENTRY, variables: readonly string[] = []): Promise<PlainServer> {
  const folder = await prepared(entry, variables);
  const workerd = startWorkerd(folder, "workerd.capnp");
  const remove = () => rm(folder, { recursive: true, force: true });
  const port = await Promise.race([workerd.listening, workerd.exited]);
  if (typeof port === "string") {
    await remove();
    throw new Error(`workerd ended before it listened: ${port}`);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      await workerd.stop(0);
      await remove();
    },
  };
}

/** A folder with all that workerd needs. */
export async function prepared(entry: string | undefined, variables: readonly string[]): Promise<string> {
  const bundle = await bundleWorker(entry);
  if (!bundle.ok) throw new Error(bundle.error);
  const compatibility = compatibilityOf(await readFile(WRANGLER, "utf8"));
  if (!compatibility) throw new Error("wrangler.toml has no compatibility_date");
  const folder = await mkdtemp(join(tmpdir(), "prinia-bench-"));
  await mkdir(join(folder, "objects"));
  await writeFile(join(folder, "worker.js"), bundle.value);
  const address = "127.0.0.1:0";
  const config = workerdConfig({ address, compatibility, bundle: "worker.js", objects: "objects", variables });
  await writeFile(join(folder, "workerd.capnp"), config);
  return folder;
}
