/** `node bench/segments/workerd.ts [scene [times]]`: both layouts on plain workerd, each commit on the disk; `rows` is the bill. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { startWorkerd } from "../../src/cli/workerd.ts";
import { compatibilityOf } from "../../src/cli/workerd-config.ts";
import { esbuildOverlay, ROOT } from "./overlay.ts";
import { play, type Stage } from "./report.ts";
import type { Figure } from "./scenes.ts";

const ENTRY = join(ROOT, "bench/segments/edge/object.ts");

async function start(plugins: (typeof esbuildOverlay)[]) {
  const folder = mkdtempSync(join(process.env.DISK ?? tmpdir(), "prinia-segments-"));
  mkdirSync(join(folder, "objects"));
  await build({
    entryPoints: [ENTRY],
    outfile: join(folder, "worker.js"),
    bundle: true,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:*"],
    plugins,
    logLevel: "warning",
  });
  writeFileSync(join(folder, "config.capnp"), config());
  const workerd = startWorkerd(folder, "config.capnp");
  const url = `http://127.0.0.1:${await workerd.listening}`;
  return {
    play: (async ({ name }) =>
      (await (await fetch(`${url}/${encodeURIComponent(name)}`)).json()) as Figure[]) satisfies Stage,
    async stop() {
      await workerd.stop(1_000);
      rmSync(folder, { recursive: true });
    },
  };
}

function config(): string {
  const compatibility = compatibilityOf(readFileSync(join(ROOT, "wrangler.toml"), "utf8"));
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "objects", disk = (path = "objects", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${compatibility?.date}",
  durableObjectNamespaces = [(className = "Stand", uniqueKey = "stand", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [(name = "STAND", durableObjectNamespace = "Stand")],
);
`;
}

const [only, times = "3"] = process.argv.slice(2);
const rows = await start([]);
const segments = await start([esbuildOverlay]);
try {
  await play(rows.play, segments.play, only, Number(times));
} finally {
  await rows.stop();
  await segments.stop();
}
