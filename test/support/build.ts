/** Before all: the package as users get it, which examples and the README import by its name, and the pages. Made anew when they are old. */

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
  await run("The pages", "src/cli/pages.ts", "--if-old");
  const newest = Math.max(...globSync(MADE_FROM, { cwd: ROOT }).map(modified));
  if (modified("dist/client/index.js") > newest) return;
  await run("The package", "node_modules/tsdown/dist/run.mjs");
}

async function run(what: string, program: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [join(ROOT, program), ...args], { cwd: ROOT }).catch(
    (error: { stdout: string; stderr: string }) => {
      throw new Error(`${what} could not be made ready:\n${error.stdout}${error.stderr}`);
    },
  );
}
