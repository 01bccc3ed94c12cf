/** The package as its users get it: packed from a copy of the sources, and installed into the project of a user. */

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "./cleanup.ts";
import { ROOT } from "./processes.ts";

const run = promisify(execFile);

/** What a checkout has besides what a build needs: the work of tools, and files that are nobody else's. */
const LEFT_OUT = /^(\..*|node_modules|dist|build|coverage)$/;

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  /** Commands and the files that they are. */
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

export interface Packed {
  /** The project of a user. */
  readonly consumer: string;
  /** Where it has the package. */
  readonly folder: string;
  /** Where it was built. */
  readonly source: string;
  /** All files of the package, from its own folder. */
  readonly files: readonly string[];
  readonly manifest: Manifest;
}

/**
 * Builds and packs what is in the checkout now, as `npm publish` does, and has npm install it into an empty project.
 *
 * @param programs a folder whose files the project of the user gets
 * @param types packages of types that this project has
 */
export async function pack(programs: string, types: readonly string[]): Promise<Packed> {
  const source = temporaryFolder();
  cpSync(ROOT, source, { recursive: true, filter: isPart });
  symlinkSync(join(ROOT, "node_modules"), join(source, "node_modules"));
  const { filename, files } = await npmPack(source);
  const consumer = temporaryFolder();
  await npmInstall(consumer, join(source, filename));
  const folder = join(consumer, "node_modules/prinia");
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const name of types) link(consumer, name);
  cpSync(programs, consumer, { recursive: true });
  return { consumer, folder, source, files, manifest };
}

const isPart = (path: string): boolean => relative(ROOT, path) === "" || !LEFT_OUT.test(basename(path));

async function npmPack(folder: string): Promise<{ readonly filename: string; readonly files: readonly string[] }> {
  // `prepack` builds it, on the Node that runs the tests.
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    npm_config_update_notifier: "false",
  };
  // Else what the build says stands before the JSON.
  const args = ["pack", "--json", "--offline", "--foreground-scripts=false"];
  const { stdout } = await run("npm", args, { cwd: folder, env }).catch(
    (error: { readonly stdout: string; readonly stderr: string }) => {
      throw new Error(`The package could not be built and packed:\n${error.stdout}${error.stderr}`);
    },
  );
  // A list or, of a later npm, an object by name.
  const [packed] = Object.values<{ filename: string; files: { path: string }[] }>(JSON.parse(stdout));
  if (packed === undefined) throw new Error(`npm packed nothing:\n${stdout}`);
  return { filename: packed.filename, files: packed.files.map(({ path }) => path) };
}

/**
 * `npm install prinia.tgz` in an empty project. What it depends on is taken from here rather than from a registry; what is a
 * dependency of ours while we develop, and of nobody else's, is missing.
 */
async function npmInstall(consumer: string, archive: string): Promise<void> {
  const ours: Manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const overrides = Object.fromEntries(
    Object.keys(ours.dependencies).map((name) => [name, `file:${join(ROOT, "node_modules", name)}`]),
  );
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ type: "module", private: true, overrides }));
  const quiet = ["--no-audit", "--no-fund", "--update-notifier=false"];
  // Of a folder, unlike of an archive, npm would run the scripts that build it.
  const args = ["install", archive, "--offline", "--ignore-scripts", "--install-links=false", ...quiet];
  await run("npm", args, { cwd: consumer }).catch((error: { readonly stdout: string; readonly stderr: string }) => {
    throw new Error(`The package could not be installed:\n${error.stdout}${error.stderr}`);
  });
}

function link(consumer: string, name: string): void {
  const path = join(consumer, "node_modules", name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(join(ROOT, "node_modules", name), path);
}
