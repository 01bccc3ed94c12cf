// What a deployment uploads, and what each fresh isolate must compile: bundled as `serve` does it, minified, gzipped. And
// what a browser loads before it shows the board.
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build, stop } from "esbuild";
import { build as buildPage } from "vite";
import { afterAll, expect, test, vi } from "vitest";

const src = resolve(import.meta.dirname, "../../src");
const KB = 1024;

afterAll(async () => {
  vi.unstubAllEnvs();
  await stop();
});

async function sizeOf(entry: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [resolve(src, entry)],
    ...{ bundle: true, minify: true, format: "esm", target: "es2024", conditions: ["workerd", "worker", "browser"] },
    external: ["cloudflare:*"],
    write: false,
    logLevel: "silent",
  });
  return gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
}

test("the API, which is all of the Worker but its objects, is under 60 KB", async () => {
  const size = await sizeOf("service.ts");
  expect(size).toBeGreaterThan(10 * KB);
  expect(size).toBeLessThan(60 * KB);
});

test("the whole Worker, with both kinds of object and their store, is under 112 KB", async () => {
  const size = await sizeOf("index.ts");
  expect(size).toBeGreaterThan(20 * KB);
  expect(size).toBeLessThan(112 * KB);
});

test("the scripts and styles of the board, all together, are under 60 KB", async () => {
  // The tests' own would leave in what is for developing.
  vi.stubEnv("NODE_ENV", "production");
  const configFile = resolve(src, "../vite.config.ts");
  const made = await buildPage({ configFile, mode: "board", logLevel: "silent", build: { write: false } });
  const output = "output" in made ? made.output : [];
  const files = output.filter(({ fileName }) => /\.(?:js|css)$/.test(fileName));
  const sizes = files.map((file) => gzipSync(file.type === "chunk" ? file.code : file.source, { level: 9 }).length);
  const size = sizes.reduce((sum, one) => sum + one, 0);
  expect(files.map(({ fileName }) => fileName)).toEqual(expect.arrayContaining([expect.stringMatching(/\.css$/)]));
  expect(size).toBeGreaterThan(10 * KB);
  expect(size).toBeLessThan(60 * KB);
});
