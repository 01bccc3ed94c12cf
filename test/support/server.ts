/** Prinia as a real server: `serve` on plain workerd, and `wrangler dev`. */

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { temporaryFolder } from "./cleanup.ts";
import { type Command, ROOT, runNode, until } from "./processes.ts";

/** Each bundles, and `wrangler dev` starts three processes: several at once take their time. */
export const START_MS = 45_000;

export interface ServerOptions {
  /** Added to the environment. Without any of PRINIA_AUTH and PRINIA_SECRET the server is open. */
  readonly env?: Readonly<Record<string, string>>;
  /** The data folder; a temporary one when not given. */
  readonly data?: string;
  /** A free port when not given. */
  readonly port?: number;
  /** Where the sources are; the project's own when not given. */
  readonly checkout?: string;
}

export interface Server extends Command {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly data: string;
  /** Starts another on the same data, port and environment, from other sources if they are given; this one must be gone. */
  restart(checkout?: string): Promise<Server>;
}

/** The variables that a test must not inherit. */
const CLEAN = {
  PORT: undefined,
  HOST: undefined,
  PRINIA_AUTH: undefined,
  PRINIA_SECRET: undefined,
  PRINIA_SECRET_PREVIOUS: undefined,
  PRINIA_ORIGINS: undefined,
  PRINIA_PARTITIONS: undefined,
};

/** `npm run serve`; resolves when its health is good. */
export async function startServe(options: ServerOptions = {}): Promise<Server> {
  const data = options.data ?? temporaryFolder();
  const env = { PRINIA_DATA: data, PORT: String(options.port ?? 0), ...auth(options.env) };
  const command = spawnServe(env, options.checkout);
  await untilOutput(command, () => /^Prinia listens on /m.test(command.stdout()));
  const port = Number(/:(\d+) \(/.exec(command.stdout())?.[1]);
  return ready(command, { ...options, data, port }, startServe);
}

/** `node src/cli/serve.ts` with just these variables of ours, without waiting for anything. */
export function spawnServe(env: Readonly<Record<string, string>>, checkout: string = ROOT): Command {
  return runNode(["src/cli/serve.ts"], { ...CLEAN, ...env }, checkout);
}

/** `wrangler dev`; resolves when its health is good. */
export async function startDev(options: ServerOptions = {}): Promise<Server> {
  const data = options.data ?? temporaryFolder();
  const port = options.port ?? (await freePort());
  const variables = Object.entries(auth(options.env)).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const command = runNode(
    [
      `${ROOT}node_modules/wrangler/bin/wrangler.js`,
      "dev",
      ...["--persist-to", data, "--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0"],
      ...["--show-interactive-dev-session=false", ...variables],
    ],
    { ...CLEAN, WRANGLER_SEND_METRICS: "false", CI: "1" },
  );
  return ready(command, { ...options, data, port }, startDev);
}

const auth = (env: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  "PRINIA_AUTH" in env || "PRINIA_SECRET" in env ? env : { PRINIA_AUTH: "off", ...env };

async function ready(
  command: Command,
  options: ServerOptions & { readonly data: string; readonly port: number },
  start: (options: ServerOptions) => Promise<Server>,
): Promise<Server> {
  const url = `http://127.0.0.1:${options.port}`;
  await untilOutput(command, () => isHealthy(url));
  return {
    ...command,
    url,
    port: options.port,
    data: options.data,
    restart: (checkout) => start(checkout === undefined ? options : { ...options, checkout }),
  };
}

/** Waits for a sign of life, but no longer than the command lives. */
async function untilOutput(command: Command, condition: () => boolean | Promise<boolean>): Promise<void> {
  let ended = false;
  command.exited.then(() => {
    ended = true;
  });
  try {
    await until(async () => ended || (await condition()), "the server was ready", START_MS);
  } catch (error) {
    throw new Error(`The server was never ready:\n${command.stdout()}${command.stderr()}`, { cause: error });
  }
  if (ended) throw new Error(`The server ended with ${await command.exited}:\n${command.stdout()}${command.stderr()}`);
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/v1/health`, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
