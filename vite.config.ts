/** The pages that the Worker serves: `vite build` makes the board, `vite build --mode docs` the API reference. */

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const path = (below: string): string => fileURLToPath(new URL(below, import.meta.url));

export default defineConfig(({ mode }) => {
  const page = mode === "docs" ? "docs" : "board";
  return {
    root: path(`src/${page}`),
    base: `/${page}/`,
    // All but the page itself is named after its content, so that it can be cached for good.
    publicDir: false,
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir: path(`build/pages/${page}`),
      emptyOutDir: true,
      target: "es2024",
      // Under the policy of the pages `data:` is for images alone.
      assetsInlineLimit: 0,
      // The browsers that have modules of this age preload by themselves.
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: page === "docs" ? 2_000 : 200,
    },
  };
});
