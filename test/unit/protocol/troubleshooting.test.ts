/** docs/troubleshooting.md has an entry for each code that the server or the SDK may answer, and for each error of the SDK. */

import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { PROBLEM_TYPE, STATUS_OF } from "../../../src/protocol/problem.ts";
import { PASSING_CODES, type PriniaErrorCode } from "../../../src/task/errors.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PAGE = readFileSync(`${ROOT}docs/troubleshooting.md`, "utf8");
const CODES: readonly PriniaErrorCode[] = [...(Object.keys(STATUS_OF) as (keyof typeof STATUS_OF)[]), "unreachable"];

/** Sections by each code that their heading names. */
const sections = new Map(
  PAGE.split(/^(?=### )/m)
    .slice(1)
    .flatMap((section) => {
      const [heading = "", ...lines] = section.split("\n");
      const text = lines.join("\n").split(/^## /m)[0]?.trim() ?? "";
      return heading
        .replace("### ", "")
        .split(", ")
        .map((code) => [code, text] as const);
    }),
);

test("each code has a row that says what to do, in the order of the codes, and a section to which the row leads", () => {
  const rows = [...PAGE.matchAll(/^\| \[`(\w+)`\]\(#([\w-]+)\) \| (.+) \| (.+) \|$/gm)];
  expect(rows.map(([, code]) => code)).toEqual(CODES);
  for (const [, code = "", anchor = "", meaning = "", advice = ""] of rows) {
    expect(anchor.split("-"), code).toContain(code);
    expect(Math.min(meaning.length, advice.length), code).toBeGreaterThan(10);
  }
});

test("each section says something, and none is of a code that there is not", () => {
  expect([...sections.keys()].toSorted()).toEqual([...CODES].toSorted());
  for (const [code, text] of sections) expect(text.length, code).toBeGreaterThan(60);
});

test("what may pass by itself is known to the table of codes, and refusals are problems", () => {
  expect([...PASSING_CODES].filter((code) => !CODES.includes(code))).toEqual([]);
  expect(PAGE).toContain(PROBLEM_TYPE);
});

test("each class of error that the package exports is named", () => {
  const entries = globSync("src/{client,worker}/index.ts", { cwd: ROOT }).map((path) =>
    readFileSync(ROOT + path, "utf8"),
  );
  const declared = globSync("src/{task,backend,worker}/**/*.ts", { cwd: ROOT }).flatMap((path) =>
    [...readFileSync(ROOT + path, "utf8").matchAll(/^export class (\w+) extends (?:\w*Error)\b/gm)].map(
      ([, name = ""]) => name,
    ),
  );
  const exported = declared.filter((name) => entries.some((text) => new RegExp(`\\b${name}\\b`).test(text)));
  expect(exported.length).toBeGreaterThan(7);
  expect(exported.filter((name) => !PAGE.includes(`\`${name}\``))).toEqual([]);
});
