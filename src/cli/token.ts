/** `npm run token`: mints a bearer token. */

import { readFileSync } from "node:fs";
import { sign } from "hono/jwt";
import { MAX_SOCKET_TOKEN_MS } from "../limits.ts";
import { claimsAt, findSecret, readTokenRequest, USAGE } from "./mint.ts";

/** Where wrangler, too, looks for secrets: in the directory of the project, which npm makes the current one. */
const DEV_VARS = ".dev.vars";

async function main(args: readonly string[]): Promise<number> {
  const request = readTokenRequest(args);
  if (!request.ok) return complain(`${request.error}\n\n${USAGE}`);
  if (request.value === null) {
    console.log(USAGE);
    return 0;
  }
  const secret = findSecret(process.env, readIfThere(DEV_VARS));
  if (secret === undefined) {
    return complain(
      `There is no secret to sign with: set PRINIA_SECRET to the server's, or write it to ${DEV_VARS}.\n\n${USAGE}`,
    );
  }
  if (request.value.ttlMs > MAX_SOCKET_TOKEN_MS) {
    console.error("This token is for requests only: a WebSocket takes none that lasts longer than 24h.");
  }
  console.log(await sign({ ...claimsAt(request.value, Date.now()) }, secret, "HS256"));
  return 0;
}

function complain(error: string): number {
  console.error(error);
  return 2;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

process.exitCode = await main(process.argv.slice(2));
