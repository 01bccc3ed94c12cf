// The benchmark at its smallest: that it runs to its end, measures every workload, and writes its tables.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cleanUp, temporaryFolder } from "../support/cleanup.ts";
import { ROOT, runNode } from "../support/processes.ts";

interface Line {
  readonly id: string;
  readonly cost?: { readonly rows: number };
  readonly ceiling: { readonly sql: { readonly perSecond: { readonly median: number } } };
}

interface Figures {
  readonly lines: readonly Line[];
  readonly growth: readonly { readonly few: { readonly rowsRead: number } }[];
  readonly starts: readonly { readonly ms: { readonly median: number } }[];
}

const TABLES = ["workloads", "costs", "growth", "starts"];

test("every workload has its figures, its price and its ceiling; growth and starts are measured too", async () => {
  const folder = temporaryFolder();
  const [json, page] = [join(folder, "figures.json"), join(folder, "page.md")];
  const marked = (name: string) => `<!-- ${name}: begin -->\nSTALE\n<!-- ${name}: end -->\n`;
  writeFileSync(page, `Before.\n${TABLES.map(marked).join("")}After.\n`);
  const args = ["--tiny", "--all", "--repeat", "1", "--json", json, "--docs", "--page", page];
  const bench = runNode(["bench/main.ts", ...args], {});
  cleanUp(() => bench.kill());
  expect(await bench.exited, bench.stderr()).toBe(0);

  const { lines, growth, starts } = JSON.parse(readFileSync(json, "utf8")) as Figures;
  expect(new Set(lines.map(({ id }) => id))).toEqual(new Set(["W1", "W2", "W3", "W4", "W5", "W6"]));
  expect(lines.filter((line) => !(line.ceiling.sql.perSecond.median > 0))).toEqual([]);
  // W5 goes over several queues: its tasks cost what those of W2 do.
  expect(lines.filter(({ id, cost }) => id !== "W5" && !(cost && cost.rows >= 1))).toEqual([]);
  expect(growth.filter(({ few }) => !(few.rowsRead > 0))).toEqual([]);
  expect(starts.filter(({ ms }) => !Number.isFinite(ms.median))).toEqual([]);
  expect(growth.length * starts.length).toBeGreaterThan(0);

  const written = readFileSync(page, "utf8");
  expect(written).toMatch(/^Before\.\n/);
  expect(written).toMatch(/After\.\n$/);
  expect(written).not.toContain("STALE");
  for (const { id } of lines) expect(written).toContain(`| ${id} |`);
});

test("the page that it keeps has a place for each of its tables", () => {
  const page = readFileSync(join(ROOT, "docs/performance.md"), "utf8");
  for (const name of TABLES) {
    const [begin, end] = [page.indexOf(`<!-- ${name}: begin -->`), page.indexOf(`<!-- ${name}: end -->`)];
    expect(begin).toBeGreaterThan(0);
    expect(end).toBeGreaterThan(begin);
  }
});
