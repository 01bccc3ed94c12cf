// docs/traits.md names what there is: each name is held against the exports by the compiler, through a file made here.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const page = readFileSync(new URL("../../docs/traits.md", import.meta.url), "utf8");
const SEED = new URL("../../../shared/seed/", import.meta.url);

interface Row {
  /** `Backend::poll`. */
  readonly seed: string;
  /** `Backend.poll`; empty where there is none. */
  readonly name: string;
  readonly note: string;
}

const rows = page.split("\n").flatMap((line): Row[] => {
  const [, seed, name, note] = /^\| `([^`]+)` \| (?:`([^`]+)`)? ?\| ?(.*?) ?\|$/.exec(line) ?? [];
  return seed === undefined ? [] : [{ seed, name: name ?? "", note: note ?? "" }];
});

/** The entry that has a name. */
const entryOf = ({ note }: Row): string => (note.includes("`prinia/memory`") ? "memory.ts" : "client/index.ts");

test("every name of the page is exported: the compiler reads the file that is made of them", async () => {
  const named = rows.filter((row) => row.name !== "");
  const bases = Map.groupBy(named, entryOf);
  const imports = [...bases].map(([entry, of]) => {
    const names = [...new Set(of.map((row) => row.name.split(".")[0]))].sort();
    return `import type {\n${names.map((name) => `  ${name},\n`).join("")}} from "../../src/${entry}";`;
  });
  const members = [...new Set(named.map((row) => row.name).filter((name) => name.includes(".")))].sort();
  const lines = members.map((name) => {
    const [base, member] = name.split(".");
    return `  readonly "${name}": ${base}["${member}"];`;
  });
  const values = [...new Set(named.map((row) => row.name).filter((name) => !name.includes(".")))].sort();
  const whole = values.map((name) =>
    /^[a-z]/.test(name) ? `  readonly ${name}: typeof ${name};` : `  readonly ${name}: ${name};`,
  );
  const text = [
    "// Made from docs/traits.md by test/unit/traits.test.ts (`npx vitest run --project unit test/unit/traits.test.ts -u`).",
    ...imports.toSorted(),
    "",
    "/** Each name of the page, so that the compiler looks it up. */",
    "export interface Named {",
    ...whole,
    ...lines,
    "}",
    "",
  ].join("\n");
  await expect(text).toMatchFileSnapshot("../types/named.ts");
});

test("where there is no name there is a reason", () => {
  expect(rows.length).toBeGreaterThan(60);
  expect(rows.filter((row) => row.name === "" && row.note.trim() === "")).toEqual([]);
});

test.skipIf(!existsSync(SEED))("every item of the seed is on the page", () => {
  const source = readdirSync(SEED)
    .map((file) => readFileSync(new URL(file, SEED), "utf8"))
    .join("\n")
    .replaceAll(/^\d+/gm, "");
  const items = source.matchAll(/^\s*(?:pub )?(?:trait|struct|type|fn|mod) (\w+)/gm);
  const known = new Set(rows.flatMap((row) => row.seed.split("::")));
  const sections = page.match(/^## .*$/gm)?.join(" ") ?? "";
  // Private modules, of which only the items are seen.
  const hidden = new Set(["impls", "sink", "expose"]);
  const missing = [...items]
    .map(([, name = ""]) => name)
    .filter((name) => !known.has(name) && !sections.includes(name));
  expect(missing.filter((name) => !hidden.has(name))).toEqual([]);
});
