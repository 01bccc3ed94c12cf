/** Changesets become a version and lines of the changelog, as docs/releasing.md says. */

import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/cleanup.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PARTS = [".changeset", "CHANGELOG.md", "package.json", "package-lock.json"];
const isChangeset = (name: string): boolean => name.endsWith(".md") && name !== "README.md";

test("a release takes every changeset into the version and into the changelog, and leaves none", () => {
  const folder = temporaryFolder();
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  const before: string = JSON.parse(read("package.json")).version;
  expect(read("CHANGELOG.md")).toContain(`\n## ${before}\n`);
  const mine = '---\n"prinia": minor\n---\n\nQueues can sing.\nSoftly.\n';
  writeFileSync(join(folder, ".changeset/a-song.md"), mine);
  const { release } = JSON.parse(read("package.json")).scripts as { release: string };
  expect(release).toMatch(/^changeset version && /);
  execFileSync(process.execPath, [join(ROOT, "node_modules/@changesets/cli/bin.js"), "version"], { cwd: folder });
  const after: string = JSON.parse(read("package.json")).version;
  // A minor change at least, whatever else waits in the checkout.
  expect(after).toMatch(/\.0$/);
  expect(after).not.toBe(before);
  const changelog = read("CHANGELOG.md");
  expect(changelog.match(/^## .*$/gm)?.slice(0, 2)).toEqual([`## ${after}`, `## ${before}`]);
  expect(changelog).toContain("\n- Queues can sing.\n  Softly.\n");
  expect(readdirSync(join(folder, ".changeset")).filter(isChangeset)).toEqual([]);
});

test("each changeset that waits is of this package, and says something", () => {
  for (const name of readdirSync(join(ROOT, ".changeset")).filter(isChangeset)) {
    const text = readFileSync(join(ROOT, ".changeset", name), "utf8");
    expect(text, name).toMatch(/^---\n"prinia": (?:major|minor|patch)\n---\n\n\S[\s\S]{10,}\n$/);
  }
});
