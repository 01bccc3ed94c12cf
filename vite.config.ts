/** The pages that the Worker serves: `vite build` makes the board, `vite build --mode docs` the API reference. */

import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const path = (below: string): string => fileURLToPath(new URL(below, import.meta.url));

/** What uPlot asks, and what the board's charts always answer: scales are linear, all data have one x. */
const ANSWERED: readonly (readonly [RegExp, string])[] = [
  [/(?<![\w.])[\w.]*distr (?:== (?:2|3|4|100)|>= 3)(?!\d)/gi, "false"],
  [/(?<![\w.])mode == 2(?!\d)/g, "false"],
  [/(?<![\w.])mode == 1(?!\d)/g, "true"],
  // Numbers are written as elsewhere on the board; some browsers name a language that they do not know themselves.
  // Its words for dates and names of months: the board says by itself what a label is.
  [/const _timeAxisVals +=.*\n.*const _timeSeriesVal +=.*/, ""],
  [/isStr\(sv\) \? timeSeriesVal\(.*?\) : sv \|\| _timeSeriesVal\)/, "sv)"],
  [/isArr\(av\) \?\s+timeAxisVals[\s\S]*?av \|\| _timeAxisVals/, "av"],
  [/^\t\t_timeAxisStamps,/m, "0,"],
  // Bands, and series that come and go.
  [/self\.(?:add|set|del)Band = \w+;\s*/g, ""],
  [/self\.(?:add|del)Series = \w+;/g, ""],
  [/flags != 0 && bands\.forEach/, "false && bands.forEach"],
  [/domEnv \? nav\.language : 'en-US'/g, "'en'"],
];

/**
 * Leaves out of uPlot what the board never asks for: what hangs on its name (other kinds of lines, and tools for plugins),
 * and what other kinds of scales need. They are a tenth of the board, and no bundler may drop them by itself.
 */
const leanPlot: Plugin = {
  name: "lean-uplot",
  transform(code, id) {
    if (!/uPlot\.esm\.js/.test(id)) return null;
    const [from, to] = [code.indexOf("\nuPlot.assign = "), code.lastIndexOf("\nexport {")];
    if (from === -1 || to < from || ANSWERED.some(([question]) => code.search(question) === -1))
      throw new Error("uPlot is not written as it was: see what can be left out of it now");
    const lean = code.slice(0, from) + code.slice(to);
    return { code: ANSWERED.reduce((text, [question, answer]) => text.replace(question, answer), lean), map: null };
  },
};

export default defineConfig(({ mode }) => {
  const page = mode === "docs" ? "docs" : "board";
  return {
    root: path(`src/${page}`),
    base: `/${page}/`,
    // All but the page itself is named after its content, so that it can be cached for good.
    publicDir: false,
    plugins: [leanPlot],
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      outDir: path(`build/pages/${page}`),
      emptyOutDir: true,
      target: "es2024",
      // Under the policy of the pages `data:` is for images alone.
      assetsInlineLimit: 0,
      // The browsers that have modules of this age preload by themselves.
      modulePreload: { polyfill: false },
      // A file of its own is smaller, since its names are shorter, and stays in caches when the board changes.
      rolldownOptions: {
        output: { codeSplitting: { groups: [{ name: "uplot", test: /node_modules.uplot/ }] } },
        // A busy machine is no news.
        checks: { pluginTimings: false },
      },
      chunkSizeWarningLimit: page === "docs" ? 2_000 : 200,
    },
  };
});
