/** Before all: the package as users get it, which examples and the README import by its name. Made anew when it is old. */

import { execFile } from "node:child_process";
import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MADE_FROM = ["src/**/*.ts", "package.json", "tsdown.config.ts", "tsconfig*.json"];

const modified = (path: string): number => statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** For `globalSetup`. */
export default async function build(): Promise<void> {
  const newest = Math.max(...globSync(MADE_FROM, { cwd: ROOT }).map(modified));
  if (modified("dist/client/index.js") > newest) return;
  const [node, tsdown] = [process.execPath, join(ROOT, "node_modules/tsdown/dist/run.mjs")];
  await promisify(execFile)(node, [tsdown], { cwd: ROOT }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`The package could not be built:\n${error.stdout}${error.stderr}`);
  });
}
