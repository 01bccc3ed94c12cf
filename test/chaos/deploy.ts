/** A new version of the code, to be deployed in the middle of the work. */

import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../support/cleanup.ts";
import { ROOT } from "../support/processes.ts";

const MARKED = "src/http/version.ts";

/** A copy of the sources that calls itself by another version; what it does is the same. @returns where it is */
export function newVersion(version: string): string {
  const folder = temporaryFolder();
  for (const part of ["src", "package.json", "wrangler.toml"])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const file = join(folder, MARKED);
  const source = readFileSync(file, "utf8");
  const marked = source.replace(/VERSION = "[^"]+"/, `VERSION = ${JSON.stringify(version)}`);
  if (marked === source) throw new Error(`${MARKED} names no version`);
  writeFileSync(file, marked);
  return folder;
}
