/**
 * Makes the pages of the site. The Markdown in docs/ reads well on its own, where it is: its links name files of the
 * repository. Here it is put beside the pages that are made, and links to other files lead to pages that show these.
 */

import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { apiPages } from "./api.ts";
import { configOf } from "./config.ts";
import { type Pages, ROOT, read } from "./files.ts";
import { httpPage, openApi } from "./http.ts";
import { type Linked, linksOf, siteOf } from "./links.ts";
import { slugOf } from "./slug.ts";
import { sourcePage } from "./source.ts";

/** All pages of the site, their links included. */
export function pages(): Pages {
  const made: Pages = new Map([["reference/http.md", httpPage()], ...apiPages()]);
  const linked = new Set<string>();
  const add = ({ page, text }: Linked): void => {
    const { rewritten, sources } = linksOf(page, text);
    made.set(siteOf(page), rewritten);
    for (const source of sources) linked.add(source);
  };
  for (const page of [...globSync("docs/**/*.md", { cwd: ROOT }), "README.md", "CHANGELOG.md", "examples/README.md"]) {
    add({ page, text: read(page) });
  }
  // Pages of sources may link to further sources, and so on: a set that grows is walked to its end.
  for (const source of linked) {
    if (source.endsWith(".md")) add({ page: source, text: read(source) });
    else made.set(siteOf(source), sourcePage(source));
  }
  return made;
}

/** Writes the pages, what they show, and the site's configuration. What has not changed is left alone. */
export function writePages(folder: string): void {
  const made = pages();
  for (const old of globSync("**/*.md", { cwd: folder })) if (!made.has(old)) rmSync(join(folder, old));
  for (const [path, text] of made) write(join(folder, path), text);
  for (const file of globSync("docs/**/*.{png,json,yaml}", { cwd: ROOT })) {
    // Pictures are part of pages; the rest is downloaded as it is.
    const to = file.endsWith(".png") ? siteOfAsset(file) : `public/${siteOfAsset(file)}`;
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, to), { preserveTimestamps: true });
  }
  write(join(folder, "public/openapi.json"), `${JSON.stringify(openApi(), null, 2)}\n`);
  // As data, not as a module of ours: the compiler that VitePress brings is older than this project's settings.
  const anchors = `config.markdown.anchor = { slugify: ${slugOf} };`;
  const config = `const config = ${JSON.stringify(configOf(folder), null, 2)};\n${anchors}\nexport default config;\n`;
  write(join(folder, ".vitepress/config.mjs"), config);
}

const siteOfAsset = (path: string): string => path.replace(/^docs\//, "");

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    if (readFileSync(path, "utf8") === text) return;
  } catch {
    // It is new.
  }
  writeFileSync(path, text);
}
