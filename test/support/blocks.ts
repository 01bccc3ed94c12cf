/** The fenced blocks of a page, and programs made of them, in a project as a reader would have one. */

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "./cleanup.ts";
import { ROOT } from "./processes.ts";

const run = promisify(execFile);

/** The blocks of a language, in order. */
export function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, code = ""]) => code);
}

/** What a `diff` block has before and after. */
export const sidesOf = (diff: string): { before: string; after: string } => {
  const side = (sign: string) => diff.replaceAll(new RegExp(`^[^${sign} ].*\n`, "gm"), "").replaceAll(/^./gm, "");
  return { before: side("-"), after: side("+") };
};

/** The blocks that are files: those whose first line names one. */
export const filesOf = (page: string): Record<string, string> =>
  Object.fromEntries(
    blocksOf(page, "ts").flatMap((code) => {
      const name = /^\/\/ ([\w-]+\.ts)\n/.exec(code)?.[1];
      return name === undefined ? [] : [[name, code]];
    }),
  );

/** Writes files so that what they import of this package are its sources: for this process. Gives their folder. */
export function onSources(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const sourceOf = (entry: string): string =>
    join(ROOT, exports[`.${entry}`].default.replace("./dist/", "src/").replace(/js$/, "ts"));
  for (const [name, text] of Object.entries(files)) {
    const rewritten = text.replaceAll(
      /from "prinia([/\w]*)"/g,
      (_, entry) => `from ${JSON.stringify(sourceOf(entry))}`,
    );
    writeFileSync(join(folder, name), rewritten);
  }
  return folder;
}

export interface Project {
  readonly folder: string;
  /** Compiles all of it as strictly as this project; rejects with what the compiler says. */
  check(): Promise<void>;
  /** Runs a file of it with arguments, and resolves to what it prints. */
  run(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
}

/** A folder with these files, in which this package is installed as it was built. */
export function projectOf(files: Readonly<Record<string, string>>): Project {
  const folder = temporaryFolder();
  const packages = join(folder, "node_modules");
  mkdirSync(packages);
  symlinkSync(ROOT, join(packages, "prinia"));
  symlinkSync(join(ROOT, "node_modules/@types"), join(packages, "@types"));
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    // What a block declares may be for the reader to use.
    compilerOptions: { types: ["node"], paths: {}, noUnusedLocals: false, noUnusedParameters: false },
    include: ["*.ts"],
    exclude: [],
  };
  const all = { "package.json": '{"type": "module"}', "tsconfig.json": JSON.stringify(config), ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  return {
    folder,
    async check() {
      const command = [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder];
      await run(process.execPath, command).catch((error: { stdout: string }) => {
        throw new Error(`The compiler refuses it:\n${error.stdout}`);
      });
    },
    async run(command, env = {}) {
      const { stdout } = await run(process.execPath, [...command], { cwd: folder, env: { ...process.env, ...env } });
      return stdout;
    },
  };
}
