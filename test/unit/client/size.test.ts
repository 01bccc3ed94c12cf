// What a program pays for what it imports: bundled, minified, gzipped.
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build, stop } from "esbuild";
import { afterAll, expect, test } from "vitest";

const src = resolve(import.meta.dirname, "../../../src");

afterAll(() => stop());

/** Bytes of a bundle of these names, each with the entry that exports it. */
async function sizeOf(names: Readonly<Record<string, readonly string[]>>): Promise<number> {
  const contents = Object.entries(names)
    .map(([entry, exported]) => `export { ${exported.join(", ")} } from "./${entry}";`)
    .join("\n");
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: src, loader: "ts" },
    ...{ bundle: true, minify: true, format: "esm", platform: "neutral", mainFields: ["module", "main"] },
    write: false,
    logLevel: "silent",
  });
  return gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
}

// Partitions cost what is written beside each: their number is learnt, batches are split, credit is spread.
test("what is needed to push is under 5.5 KB, 0.65 of which splits batches by partition", async () => {
  const size = await sizeOf({ "client/index.ts": ["DurableSink", "task"] });
  expect(size).toBeGreaterThan(1_000);
  expect(size).toBeLessThan(5_632);
});

test("a worker over sockets is under 13.75 KB, 1.5 of which spreads it over partitions", async () => {
  const names = { "client/index.ts": ["DurableSource"], "worker/index.ts": ["Worker"] };
  expect(await sizeOf(names)).toBeLessThan(14_080);
});

test("a queue over HTTP, with all that it can do and a worker's polls", async () => {
  const size = await sizeOf({ "client/index.ts": ["DurableBackend", "http"] });
  expect(size).toBeGreaterThan(1_000);
  expect(size).toBeLessThan(15_872);
});

test("a worker over sockets, and a queue with all that it can do", async () => {
  const names = { "client/index.ts": ["DurableBackend", "socket"], "worker/index.ts": ["Worker"] };
  expect(await sizeOf(names)).toBeLessThan(21_248);
});

test("an import pays for nothing that it does not name", async () => {
  expect(await sizeOf({ "client/index.ts": ["PriniaError"] })).toBeLessThan(600);
});
