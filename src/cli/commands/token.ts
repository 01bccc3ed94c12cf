/** `prinia token`: mints a bearer token, as `npm run token` does. */

import { sign } from "hono/jwt";
import { MAX_SOCKET_TOKEN_MS } from "../../limits.ts";
import type { Command } from "../command.ts";
import { UsageError } from "../exit.ts";
import { claimsAt, findSecret, readTokenRequest, usageOf } from "../mint.ts";
import type { Terminal } from "../terminal.ts";

/** Where wrangler, too, looks for secrets: in the directory of the project. */
const DEV_VARS = ".dev.vars";

export const token: Command = {
  name: "token",
  description: "Mint a token with the server's secret",
  args: Object.fromEntries(
    ["queues", "scope", "task", "sub", "ttl"].map((name) => [name, { type: "string", description: "" } as const]),
  ),
  variadic: false,
  usage: usageOf("prinia token"),
  run: (args, terminal) => mint(args, terminal, usageOf("prinia token")),
};

/** @throws UsageError */
export async function mint(
  args: readonly string[],
  terminal: Pick<Terminal, "env" | "out" | "err" | "readFile">,
  usage: string,
): Promise<void> {
  const request = readTokenRequest(args);
  if (!request.ok) throw new UsageError(`${request.error}\n\n${usage}`);
  if (request.value === null) return terminal.out(usage);
  const secret = findSecret(terminal.env, terminal.readFile(DEV_VARS));
  if (secret === undefined) {
    throw new UsageError(
      `There is no secret to sign with: set PRINIA_SECRET to the server's, or write it to ${DEV_VARS}.\n\n${usage}`,
    );
  }
  if (request.value.ttlMs > MAX_SOCKET_TOKEN_MS)
    terminal.err("This token is for requests only: a WebSocket takes none that lasts longer than 24h.");
  terminal.out(await sign({ ...claimsAt(request.value, Date.now()) }, secret, "HS256"));
}
