/** Links of a page of the repository, as they must be in the site. */

import { existsSync, statSync } from "node:fs";
import { posix } from "node:path";
import { ROOT, read } from "./files.ts";

export interface Linked {
  /** Its path from the root of the checkout. */
  readonly page: string;
  readonly text: string;
}

export interface Rewritten {
  readonly rewritten: string;
  /** Files beside docs/ to which it links. */
  readonly sources: readonly string[];
}

/** Where a file of the repository stands in the site. */
export function siteOf(path: string): string {
  if (path === "README.md") return "quick-start.md";
  if (path === "CHANGELOG.md") return "changelog.md";
  const inDocs = /^docs\/(.*)$/.exec(path)?.[1];
  if (inDocs !== undefined) return inDocs.replace(/(^|\/)README\.md$/, "$1index.md");
  return `source/${path.replace(/^\./, "")}${path.endsWith(".md") ? "" : ".md"}`;
}

const FENCE = /^( *)(`{3,})/;
const LINK = /(!?)\[([^\]]*)\]\(([^)\s]+)\)/g;

/** Rewrites the links of a page, but not what looks like one in its code. */
export function linksOf(page: string, text: string): Rewritten {
  const sources: string[] = [];
  let fence = "";
  const lines = text.split("\n").map((line) => {
    const mark = FENCE.exec(line)?.[2] ?? "";
    if (mark !== "" && (fence === "" || line.trim() === fence)) fence = fence === "" ? mark : "";
    if (fence !== "" || mark !== "") return line;
    return line.replaceAll(LINK, (whole, image: string, label: string, target: string) => {
      if (image || /^(?:[a-z]+:|#|\/)/.test(target)) return whole;
      return rewrite(page, label, target, sources);
    });
  });
  return { rewritten: lines.join("\n"), sources };
}

function rewrite(page: string, label: string, target: string, sources: string[]): string {
  const [file = "", anchor] = target.split("#");
  const path = fileAt(posix.normalize(posix.join(posix.dirname(page), file)));
  // A folder without a page of its own, such as that of the pictures: nothing to show.
  if (path === null) return label;
  if (path.startsWith("docs/") && !path.endsWith(".md")) return `[${label}](/${path.slice("docs/".length)})`;
  if (!path.startsWith("docs/")) sources.push(...(isPage(path) ? [] : [path]));
  // The name of a file says something beside the files alone.
  const text = label === posix.basename(path) && label.endsWith(".md") ? titleOf(path) : label;
  return `[${text}](/${siteOf(path)}${anchor === undefined ? "" : `#${anchor}`})`;
}

const titleOf = (path: string): string => /^# (.*)$/m.exec(read(path))?.[1] ?? path;

/** Pages that the site has anyway. */
const isPage = (path: string): boolean => ["README.md", "CHANGELOG.md", "examples/README.md"].includes(path);

function fileAt(path: string): string | null {
  const full = ROOT + path;
  if (!existsSync(full)) throw new Error(`${path} is linked, and is not there`);
  if (!statSync(full).isDirectory()) return path;
  // The decisions stand in the list on the first page of the documentation.
  if (posix.normalize(`${path}/`) === "docs/design/") return "docs/README.md";
  const readme = posix.join(path, "README.md");
  return existsSync(ROOT + readme) ? readme : null;
}
