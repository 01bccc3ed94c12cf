/** `npm run token`: mints a bearer token, in a checkout. */

import { readFileSync } from "node:fs";
import { mint } from "./commands/token.ts";
import { EXIT } from "./exit.ts";
import { usageOf } from "./mint.ts";

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

try {
  const { env, argv } = process;
  const { log: out, error: err } = console;
  await mint(argv.slice(2), { env, out, err, readFile: readIfThere }, usageOf("npm run -s token --"));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = EXIT.usage;
}
