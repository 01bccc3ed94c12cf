#!/usr/bin/env node
/** `prinia`, as the package installs it. */

import { readFileSync } from "node:fs";
import { prinia } from "./prinia.ts";
import { processTerminal } from "./terminal.ts";

const read = (path: string | URL): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

const { version } = JSON.parse(read(new URL("../../package.json", import.meta.url)) ?? '{"version":"?"}');
process.exitCode = await prinia(process.argv.slice(2), processTerminal(read), version);
// A signal handler or a socket at rest must not keep it up.
setTimeout(() => process.exit(), 2_000).unref();
