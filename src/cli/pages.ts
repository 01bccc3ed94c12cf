/** `npm run pages`: builds the pages that the Worker serves. With `--if-old` only when something has changed since. */

import { globSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { PAGES, PAGES_FOLDER } from "./pages-folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MADE_FROM = ["src/board/**/*", "src/docs/**/*", "vite.config.ts", "src/cli/pages.ts", "package-lock.json"];

const modified = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function isOld(): boolean {
  const newest = Math.max(...globSync(MADE_FROM, { cwd: ROOT }).map((path) => modified(join(ROOT, path))));
  return PAGES.some((page) => modified(join(PAGES_FOLDER, page, "index.html")) <= newest);
}

/** Puts the new files beside the old ones, and then removes those: a server that runs has all files of one version. */
async function buildPage(page: string): Promise<void> {
  const outDir = join(PAGES_FOLDER, page);
  const made = await build({
    configFile: join(ROOT, "vite.config.ts"),
    mode: page,
    logLevel: "warn",
    build: { outDir, emptyOutDir: false },
  });
  if (!("output" in made)) throw new TypeError("Vite made something other than one page");
  const files = new Set(made.output.map(({ fileName }) => fileName));
  const old = globSync("assets/*", { cwd: outDir }).filter((name) => !files.has(name.replaceAll("\\", "/")));
  for (const name of old) rmSync(join(outDir, name));
}

async function main(): Promise<number> {
  if (process.argv.includes("--if-old") && !isOld()) return 0;
  // What is built here is served and deployed, also when tests ask for it: theirs is another environment.
  process.env.NODE_ENV = "production";
  try {
    for (const page of PAGES) await buildPage(page);
    return 0;
  } catch (error) {
    console.error(`The pages could not be built. ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

process.exitCode = await main();
