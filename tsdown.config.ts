import { defineConfig } from "tsdown";

// One output file per source file: a consumer's bundler drops what it doesn't use file by file, and all entries share
// one copy of a class, so that `instanceof` holds across them.
export default defineConfig({
  entry: [
    "src/client/index.ts",
    "src/worker/index.ts",
    "src/server.ts",
    "src/memory.ts",
    "src/sqlite/index.ts",
    "src/msgpack.ts",
    "src/cli/main.ts",
  ],
  root: "src",
  unbundle: true,
  format: "esm",
  // Any home: no `.mjs`, no shims. What a home has of its own stays an import.
  platform: "neutral",
  target: "es2024",
  // TypeScript 7 itself writes the declarations: rolldown-plugin-dts calls its binary with this file.
  tsconfig: "tsconfig.build.json",
  dts: true,
  // Of the directives in the sources the declarations lose this one, and TypeScript then knows no AsyncDisposable.
  banner: ({ fileName }) =>
    fileName === "worker/worker.d.ts" ? '/// <reference lib="esnext.disposable" />' : undefined,
  // Packages under `dependencies` are imported anyway; nothing else may be copied into dist.
  deps: { neverBundle: [/^node:/, /^cloudflare:/], onlyBundle: [] },
  report: false,
  failOnWarn: true,
  suppressWarnings: "TypeScript 7.0 does not yet have a stable API",
});
