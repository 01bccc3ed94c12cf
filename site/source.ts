/** A page that shows a file of the repository. */

import { extname } from "node:path";
import { read } from "./files.ts";

const LANGUAGES: Readonly<Record<string, string>> = {
  ".ts": "ts",
  ".js": "js",
  ".json": "json",
  ".toml": "toml",
  ".yaml": "yaml",
  ".html": "html",
};

/** @param path from the root of the checkout */
export function sourcePage(path: string): string {
  const text = read(path);
  // Longer than any fence in it.
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `# \`${path}\`\n\n${fence}${LANGUAGES[extname(path)] ?? "txt"}\n${text.trimEnd()}\n${fence}\n`;
}
