/** A Worker on plain workerd, in a folder that goes afterwards: on the layout that its bundle was made with. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { startWorkerd } from "../../src/cli/workerd.ts";
import { type Compatibility, compatibilityOf } from "../../src/cli/workerd-config.ts";
import { esbuildOverlay, ROOT } from "./overlay.ts";

/** As the configuration names them. */
export const BUNDLE = "worker.js";
export const OBJECTS = "objects";

export type Layout = "rows" | "segments";

export interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

/** DISK names a folder to be written in, instead of the system's temporary one. */
export async function startServer(
  layout: Layout,
  entry: string,
  config: (compatibility: Compatibility) => string,
): Promise<Server> {
  const folder = mkdtempSync(join(process.env.DISK ?? tmpdir(), "prinia-segments-"));
  mkdirSync(join(folder, OBJECTS));
  await build({
    entryPoints: [join(ROOT, entry)],
    outfile: join(folder, BUNDLE),
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    plugins: layout === "segments" ? [esbuildOverlay] : [],
    logLevel: "warning",
  });
  const compatibility = compatibilityOf(readFileSync(join(ROOT, "wrangler.toml"), "utf8"));
  if (!compatibility) throw new Error("wrangler.toml has no compatibility_date");
  writeFileSync(join(folder, "workerd.capnp"), config(compatibility));
  const workerd = startWorkerd(folder, "workerd.capnp");
  return {
    url: `http://127.0.0.1:${await workerd.listening}`,
    async stop() {
      await workerd.stop(1_000);
      rmSync(folder, { recursive: true });
    },
  };
}
