/** Any Worker in `wrangler dev`, beside others: they find one another by a registry, which is a folder. */

import { temporaryFolder } from "./cleanup.ts";
import { type Command, ROOT, runNode, until } from "./processes.ts";
import { freePort, START_MS } from "./server.ts";

export interface WranglerOptions {
  /** Path of the configuration, from the root. */
  readonly config: string;
  /** Path of the main module, where it is not the one of the configuration. */
  readonly main?: string;
  readonly vars?: Readonly<Record<string, string>>;
  /** Shared by those that are bound to each other: no other session is seen. */
  readonly registry: string;
}

export interface Running extends Command {
  /** Without a slash at the end. */
  readonly url: string;
}

/** Starts it; resolves when it listens. */
export async function startWrangler(options: WranglerOptions): Promise<Running> {
  const { config, main, vars = {}, registry } = options;
  const port = await freePort();
  const command = runNode(
    [
      `${ROOT}node_modules/wrangler/bin/wrangler.js`,
      "dev",
      ...(main === undefined ? [] : [main]),
      ...["--config", config, "--persist-to", temporaryFolder(), "--ip", "127.0.0.1", "--port", String(port)],
      ...["--inspector-port", "0", "--show-interactive-dev-session=false"],
      ...Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ],
    { WRANGLER_REGISTRY_PATH: registry, WRANGLER_SEND_METRICS: "false", CI: "1" },
  );
  const output = (): string => command.stdout() + command.stderr();
  let ended = false;
  command.exited.then(() => {
    ended = true;
  });
  const isReady = () => ended || command.stdout().includes("Ready on");
  await until(isReady, `${config} was ready`, START_MS).catch((error: unknown) => {
    throw new Error(`It was never ready:\n${output()}`, { cause: error });
  });
  if (ended) throw new Error(`It ended with ${await command.exited}:\n${output()}`);
  return { ...command, url: `http://127.0.0.1:${port}` };
}
