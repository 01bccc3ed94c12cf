/** The tables of docs/performance.md: each stands between two marks, and is written anew by the benchmark. */

import { readFile, writeFile } from "node:fs/promises";

/** @throws Error when the page has no such marks */
export async function rewrite(path: string, tables: Readonly<Record<string, string>>): Promise<void> {
  let page = await readFile(path, "utf8");
  for (const [name, table] of Object.entries(tables)) page = replaced(page, name, table);
  await writeFile(path, page);
}

function replaced(page: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no place for the table ${name}: ${begin} … ${end}`);
  return `${page.slice(0, from + begin.length)}\n${table}\n${page.slice(to)}`;
}
