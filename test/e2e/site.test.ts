/** The pages of the site of the documentation: all there, all linked, and made from what the package exports and answers. */

import { globSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { entries, exportsOf } from "../../site/api.ts";
import { type Pages, read } from "../../site/files.ts";
import { openApi } from "../../site/http.ts";
import { linksOf, siteOf } from "../../site/links.ts";
import { NAV } from "../../site/nav.ts";
import { pages } from "../../site/prepare.ts";
import { slugOf } from "../../site/slug.ts";
import { ROOT } from "../support/processes.ts";

let made: Pages;
beforeAll(() => {
  made = pages();
});

const withoutCode = (text: string): string => text.replaceAll(/^( *)(`{3,})[\s\S]*?^\1\2`*$/gm, "");

/** The anchors of a page: those that its headings name, and those that follow from their text. */
function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  return new Set(
    [...withoutCode(text).matchAll(/^#{1,6} (.*?)(?: \{#(\S+)\})?$/gm)].map(([, heading = "", named]) => {
      const slug = named ?? slugOf(heading.replaceAll("`", ""));
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return times === 0 ? slug : `${slug}-${times}`;
    }),
  );
}

describe("pages and links", () => {
  test("the menu has every page of docs but the decisions, which it lists by themselves, and names none that is not there", () => {
    const inMenu = NAV.flatMap((group) => group.pages).map((page) => `${page}.md`);
    const docs = globSync("docs/**/*.md", { cwd: ROOT }).map(siteOf);
    expect(docs.length).toBeGreaterThan(30);
    expect(docs.filter((page) => !page.startsWith("design/") && !inMenu.includes(page))).toEqual([]);
    expect(inMenu.filter((page) => !made.has(page))).toEqual([]);
    const references = [...made.keys()].filter((page) => page.startsWith("reference/"));
    expect(references.length).toBeGreaterThan(6);
    expect(references.filter((page) => !inMenu.includes(page))).toEqual([]);
    expect(new Set(inMenu).size).toBe(inMenu.length);
  });

  test("every link leads to a page, and every anchor to a heading of it", () => {
    const broken: string[] = [];
    let followed = 0;
    for (const [page, text] of made) {
      for (const [, target = ""] of withoutCode(text).matchAll(/\]\(((?:#|\/)[^)\s]+)\)/g)) {
        const [path = "", anchor] = target.split("#");
        if (path !== "" && !path.endsWith(".md")) continue;
        followed++;
        const there = made.get(path === "" ? page : path.slice(1));
        const isFound = there !== undefined && (anchor === undefined || anchorsOf(there).has(anchor));
        if (!isFound) broken.push(`${page}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
    expect(followed).toBeGreaterThan(300);
  });

  test("every script of npm that a page names exists", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = [...made].flatMap(([page, text]) =>
      [...text.matchAll(/npm run (?:-s )?([a-z][a-z:]*)/g)].map(([, script = ""]) => ({ page, script })),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ script }) => !(script in scripts))).toEqual([]);
  });

  test("every variable that a page names is one that something here reads", () => {
    const sources = globSync("{src,test,bench,examples}/**/*.ts", { cwd: ROOT }).concat("vitest.config.ts");
    const known = new Set(sources.flatMap((path) => read(path).match(/\bPRINIA_[A-Z_]+/g) ?? []));
    const named = [...made].flatMap(([page, text]) =>
      [...text.matchAll(/\bPRINIA_[A-Z_]+/g)].map(([variable]) => ({ page, variable })),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ variable }) => !known.has(variable))).toEqual([]);
  });

  test("a link is rewritten in prose alone, and one that leads nowhere is an error", () => {
    const page =
      "[a](semantics.md#order) [b](../examples/worker.ts)\n```md\n[c](none.md)\n```\n![d](board/x.png) [e](#here)\n";
    const { rewritten, sources } = linksOf("docs/board.md", page);
    expect(rewritten).toBe(
      "[a](/semantics.md#order) [b](/source/examples/worker.ts.md)\n```md\n[c](none.md)\n```\n![d](board/x.png) [e](#here)\n",
    );
    expect(sources).toEqual(["examples/worker.ts"]);
    expect(linksOf("docs/README.md", "[board.md](board.md)").rewritten).toBe("[The board](/board.md)");
    expect(() => linksOf("docs/board.md", "[c](none.md)")).toThrow("docs/none.md is linked, and is not there");
  });
});

describe("the reference of the package", () => {
  test("names every value that an entry exports, with its declaration", async () => {
    for (const [path, { name, types }] of entries()) {
      const all = exportsOf(types);
      expect(made.get(path), path).toBeDefined();
      for (const { name: one, code } of all) {
        expect(code, one).toMatch(/^(?:abstract )?(?:class|function|const|interface|type|declare) /);
        expect(
          [...made.values()].some((text) => text.includes(`### \`${one}\` {#${one}}\n`)),
          one,
        ).toBe(true);
      }
      // What only workerd can load has its types looked at alone.
      if (name === "prinia/server" || name === "prinia/consumer") continue;
      const values = Object.keys(await import(`${ROOT}dist/${types.replace(/^dist\//, "").replace(/d\.ts$/, "js")}`));
      expect(values.length).toBeGreaterThan(0);
      const known = all.filter(({ kind }) => kind !== "type").map((one) => one.name);
      expect(known.toSorted()).toEqual(values.toSorted());
    }
  });

  test("has what docstrings say, and no more of a class than is for its users", () => {
    const page = made.get("reference/prinia.md") ?? "";
    expect(page).toContain(
      "### `DurableBackend` {#DurableBackend}\n\nA queue in a Durable Object, with all that it can do.",
    );
    expect(page).not.toContain("#private");
  });
});

test("the reference of the routes has every operation, with its parameters", () => {
  const page = made.get("reference/http.md") ?? "";
  const operations = Object.values(openApi().paths).flatMap((methods) => Object.values(methods));
  expect(operations.length).toBeGreaterThan(30);
  for (const { operationId, parameters = [] } of operations) {
    const [, section = ""] = page.split(` {#${operationId}}\n`);
    expect(section, operationId).not.toBe("");
    const own = section.split("\n### ")[0] ?? "";
    expect(parameters.filter(({ name }) => !own.includes(`| \`${name}\` |`))).toEqual([]);
  }
});
