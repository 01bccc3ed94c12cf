// docs/guides and other pages: every block of TypeScript compiles; those that name a file are run, and print what stands
// below them.

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
/** Pages with blocks that other tests hold: the README, docs/workers.md and docs/writing-a-backend.md. */
const ELSEWHERE = ["docs/workers.md", "docs/writing-a-backend.md"];
const pages = globSync("docs/**/*.md", { cwd: ROOT }).filter((page) => !ELSEWHERE.includes(page));

/** What the blocks of other pages leave to the reader. */
const THE_READERS = `
import type { DurableBackend } from "prinia";
declare global {
  const emails: DurableBackend<{ readonly to: string }, unknown>;
  const audit: DurableBackend<{ readonly to: string }, unknown>;
  const exporter: { send(span: object): void };
  const mailServer: string;
  const traceparent: string;
}
`;
const files: Record<string, string> = {};
const programs: Program[] = [];

for (const guide of pages) {
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
  project = projectOf({ ...files, "readers.d.ts": THE_READERS });
});

test("there are guides, and each has a program; blocks of other pages are found, too", () => {
  expect(guides.length).toBeGreaterThanOrEqual(8);
  expect(guides.filter((guide) => !programs.some((program) => program.guide === guide))).toEqual([]);
  expect(Object.keys(files)).toEqual(
    expect.arrayContaining([/^monitoring-/, /^traits-/].map((name) => expect.stringMatching(name))),
  );
});

test("they compile, as strictly as this project", async () => {
  await project.check();
});

test.concurrent.each(programs)("$guide: $file prints what stands below it", async ({ file, printed }) => {
  expect(printed).toBeDefined();
  expect(await project.run(["--no-warnings", file])).toBe(printed);
});
