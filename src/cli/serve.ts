/** `npm run serve`: the Worker on plain workerd, for one machine without an account. */

import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { SERVE_GRACE_MS } from "../limits.ts";
import type { Result } from "../task/result.ts";
import { findAddress, inUrl } from "./address.ts";
import { bundleWorker } from "./bundle.ts";
import { type DataFolder, OBJECTS, openDataFolder } from "./data-folder.ts";
import { PAGES_FOLDER } from "./pages-folder.ts";
import { PARTITIONS, readSettings, type Settings } from "./settings.ts";
import { startWorkerd, type Workerd } from "./workerd.ts";
import { compatibilityOf, workerdConfig } from "./workerd-config.ts";

const BUNDLE_FILE = "worker.js";
const CONFIG_FILE = "workerd.capnp";
const WRANGLER_FILE = new URL("../../wrangler.toml", import.meta.url);

/** What ends the wait for, and then the life of, workerd. */
type Turn =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "exited"; readonly how: string }
  | { readonly type: "unguarded" }
  | { readonly type: "asked" };

async function main(asked: AbortSignal): Promise<number> {
  const settings = readSettings(process.env, process.argv.slice(2));
  if (!settings.ok) return complain(settings.error);
  // workerd takes the Worker's variables from its environment, which is ours.
  if (settings.value.partitions !== "") process.env[PARTITIONS] = settings.value.partitions;
  const folder = await openDataFolder(settings.value.data);
  if (!folder.ok) return asked.aborted ? 0 : complain(folder.error);
  try {
    const ready = await prepare(settings.value, folder.value);
    if (asked.aborted) return 0;
    return ready.ok ? await run(settings.value, folder.value, asked) : complain(ready.error);
  } finally {
    await folder.value.release();
  }
}

async function prepare({ host, port, variables }: Settings, folder: DataFolder): Promise<Result<null, string>> {
  const address = await findAddress(host, port);
  if (!address.ok) return address;
  const compatibility = compatibilityOf(readFileSync(WRANGLER_FILE, "utf8"));
  if (compatibility === undefined) return { ok: false, error: "wrangler.toml has no compatibility_date." };
  const bundle = await bundleWorker();
  if (!bundle.ok) return bundle;
  const config = workerdConfig({
    address: address.value,
    compatibility,
    bundle: BUNDLE_FILE,
    objects: OBJECTS,
    variables,
    // `npm run serve` builds them if need be. Where only this program is, as in a copy of the sources, it does without.
    pages: existsSync(PAGES_FOLDER) ? PAGES_FOLDER : undefined,
  });
  const written = folder.write(BUNDLE_FILE, bundle.value);
  return written.ok ? folder.write(CONFIG_FILE, config) : written;
}

async function run(settings: Settings, folder: DataFolder, asked: AbortSignal): Promise<number> {
  const workerd = startWorkerd(folder.path, CONFIG_FILE);
  folder.guard(workerd.pid ?? null);
  const ends: Promise<Turn>[] = [
    workerd.exited.then((how) => ({ type: "exited", how })),
    folder.lost.then(() => ({ type: "unguarded" })),
    aborted(asked).then(() => ({ type: "asked" })),
  ];
  let turn = await Promise.race([...ends, workerd.listening.then((port): Turn => ({ type: "listening", port }))]);
  const listened = turn.type === "listening";
  if (turn.type === "listening") {
    announce(settings, turn.port);
    turn = await Promise.race(ends);
  }
  // Ctrl-C reaches the whole process group, so that workerd may be seen dead before our own signal is.
  if (turn.type === "exited") await sleep(50);
  const code = asked.aborted ? 0 : complain(whatWentWrong(turn, listened));
  await end(workerd, folder);
  return code;
}

/** Killing it is safe, since every answer that it gave is on the disk. */
async function end(workerd: Workerd, folder: DataFolder): Promise<void> {
  await workerd.stop(SERVE_GRACE_MS);
  folder.guard(null);
}

function whatWentWrong(turn: Turn, listened: boolean): string {
  if (turn.type === "unguarded")
    return "The process that holds the lock of the data folder is gone, so Prinia stops too.";
  const how = turn.type === "exited" ? turn.how : "no reason";
  return `workerd ended ${listened ? "by itself" : "before it listened"} (${how}); what it had to say stands above.`;
}

function announce({ host, data, configured }: Settings, port: number): void {
  if (!configured) {
    console.error(
      "Nobody may use it yet: set PRINIA_SECRET, or PRINIA_AUTH=off for an open server. Until then it answers 503 to all but /v1/health.",
    );
  }
  console.log(`Prinia listens on http://${inUrl(host)}:${port} (data in ${data})`);
}

function complain(error: string): number {
  console.error(error);
  return 1;
}

const aborted = (signal: AbortSignal): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener("abort", () => resolve(), { once: true });
  return promise;
};

const asked = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => asked.abort());
process.exitCode = await main(asked.signal);
