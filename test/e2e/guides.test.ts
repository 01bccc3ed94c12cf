// docs/guides: every block of TypeScript compiles; those that name a file are run, and print what stands below them.

import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type Project, projectOf } from "../support/blocks.ts";
import { ROOT } from "../support/processes.ts";

interface Program {
  readonly guide: string;
  readonly file: string;
  /** What it prints, as the guide says. */
  readonly printed: string | undefined;
}

const guides = globSync("docs/guides/*.md", { cwd: ROOT });
const files: Record<string, string> = {};
const programs: Program[] = [];

for (const guide of guides) {
  const text = readFileSync(join(ROOT, guide), "utf8");
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, code = ""]) => ({
    language,
    code,
  }));
  for (const [at, { language, code }] of blocks.entries()) {
    if (language !== "ts") continue;
    const named = /^\/\/ ([\w.-]+\.ts)\n/.exec(code)?.[1];
    const file = named ?? `${basename(guide, ".md")}-${at}.ts`;
    if (file in files) throw new Error(`two guides have a ${file}`);
    files[file] = `${code}\nexport {};\n`;
    const next = blocks[at + 1];
    if (named) programs.push({ guide, file, printed: next?.language === "txt" ? next.code : undefined });
  }
}

let project: Project;
beforeAll(() => {
  project = projectOf(files);
});

test("there are guides, and each but the table of none has a program", () => {
  expect(guides.length).toBeGreaterThanOrEqual(8);
  expect(guides.filter((guide) => !programs.some((program) => program.guide === guide))).toEqual([]);
});

test("they compile, as strictly as this project", async () => {
  await project.check();
});

test.concurrent.each(programs)("$guide: $file prints what stands below it", async ({ file, printed }) => {
  expect(printed).toBeDefined();
  expect(await project.run(["--no-warnings", file])).toBe(printed);
});
