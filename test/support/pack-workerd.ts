/** Workers of a user, bundled from the package that was packed, on one plain workerd. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { compatibilityOf } from "../../src/cli/workerd-config.ts";
import { temporaryFolder } from "./cleanup.ts";
import { ROOT, runProgram, until } from "./processes.ts";
import { freePort } from "./server.ts";

export interface Hosted {
  /** Of the Worker that embeds the queue; without a slash at the end. */
  readonly embedded: string;
  /** Of the Worker that runs the program. */
  readonly program: string;
}

/**
 * Starts two Workers: one embeds the queue, the other runs the program and has a service binding to it.
 *
 * @param project where both are, and the package is found
 * @param url of the server that the program is to use besides
 */
export async function startWorkers(project: string, url: string): Promise<Hosted> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "objects"));
  const ports = { embedded: await freePort(), program: await freePort() };
  await bundle(project, folder);
  writeFileSync(join(folder, "workerd.capnp"), config(ports, url));
  const workerd = runProgram(join(ROOT, "node_modules/.bin/workerd"), ["serve", "workerd.capnp"], {}, folder);
  let ended = false;
  workerd.exited.then(() => {
    ended = true;
  });
  const hosted = { embedded: `http://127.0.0.1:${ports.embedded}`, program: `http://127.0.0.1:${ports.program}` };
  await until(async () => ended || (await answers(`${hosted.embedded}/v1/health`)), "workerd listened");
  if (ended) throw new Error(`workerd ended with ${await workerd.exited}:\n${workerd.stderr()}`);
  return hosted;
}

/** As wrangler does it, and into a folder where nothing else is found. */
async function bundle(project: string, folder: string): Promise<void> {
  await build({
    entryPoints: { embedded: join(project, "embedded.js"), program: join(project, "inside.js") },
    outdir: folder,
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    logLevel: "silent",
  });
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

function config(ports: Readonly<Record<"embedded" | "program", number>>, url: string): string {
  const { date, flags } = compatibilityOf(readFileSync(join(ROOT, "wrangler.toml"), "utf8")) ?? { date: "", flags: [] };
  const alike = `compatibilityDate = ${JSON.stringify(date)}, compatibilityFlags = ${JSON.stringify(flags)}`;
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "program", worker = .program),
    (name = "embedded", worker = .embedded),
    (name = "objects", disk = (path = "objects", writable = true)),
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [
    (name = "program", address = "127.0.0.1:${ports.program}", http = (), service = "program"),
    (name = "embedded", address = "127.0.0.1:${ports.embedded}", http = (), service = "embedded"),
  ],
);

const program :Workerd.Worker = (
  modules = [(name = "program.js", esModule = embed "program.js")], ${alike},
  bindings = [
    (name = "QUEUES", service = (name = "embedded", entrypoint = "PriniaService")),
    (name = "PRINIA_URL", text = ${JSON.stringify(url)}),
  ],
);

const embedded :Workerd.Worker = (
  modules = [(name = "embedded.js", esModule = embed "embedded.js")], ${alike},
  durableObjectNamespaces = [
    (className = "QueueObject", uniqueKey = "prinia-QueueObject", enableSql = true),
    (className = "DirectoryObject", uniqueKey = "prinia-DirectoryObject", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [
    (name = "QUEUE", durableObjectNamespace = "QueueObject"),
    (name = "DIRECTORY", durableObjectNamespace = "DirectoryObject"),
    (name = "PRINIA_AUTH", text = "off"),
  ],
);
`;
}
