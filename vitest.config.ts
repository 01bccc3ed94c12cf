import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { overlayPlugin } from "./bench/segments/overlay.ts";

/** Real time on a shared machine: where nobody looks on, a second chance; where one develops, none. */
const retry = process.env.CI ? 1 : 0;

export default defineConfig({
  test: {
    // What the server logs of what it does is asserted where it matters, and says nothing to who reads the result.
    onConsoleLog: (text) => !/^\{"type":"[a-z_]+",/.test(text),
    // V8's own coverage cannot see into workerd; istanbul instruments the source, and so counts in every project.
    // Pages run in a browser, where it sees nothing: of the board that is all but its plain modules.
    coverage: {
      provider: "istanbul",
      include: ["src/**/*.ts"],
      exclude: ["src/docs/**"],
      reporter: ["text-summary", "html", "lcovonly"],
    },
    projects: [
      { test: { name: "unit", include: ["test/{unit,types,model}/**/*.test.ts"], isolate: false, maxWorkers: 2 } },
      // The prototype of docs/design/segments.md: the suite of the store on it, and what it costs. `npm run segments` has more.
      {
        plugins: [overlayPlugin()],
        test: { name: "segments", include: ["test/segments/*.test.ts"], isolate: false, maxWorkers: 2 },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                PRINIA_AUTH: "off",
                FUZZ: process.env.PRINIA_FUZZ ?? "",
                HOSTILE: process.env.PRINIA_HOSTILE ?? "",
              },
            },
          }),
        ],
        // Each file has a runtime of its own, which takes seconds to start: two at once keep both cores at work.
        test: { name: "worker", include: ["test/worker/**/*.test.ts"], maxWorkers: 2, retry },
      },
      {
        test: {
          name: "e2e",
          include: ["test/{e2e,browser,chaos}/**/*.test.ts"],
          globalSetup: ["test/support/build.ts"],
          // They wait for most of their time: two at once keep two cores as busy as one can without making them late.
          maxWorkers: 2,
          retry,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Real processes and real time: after the others, so that these have the machine to themselves.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
