/**
 * The project's own suites, on segments. `npm run segments` plays the project `node`: the whole suite of the store, the
 * SQLite file, the traits on it, and the model. `worker` has what runs in workerd: the suite of the store again, the
 * object, its chaos, its alarms, the traits over its binding.
 */

import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { overlayPlugin } from "./overlay.ts";

const root = new URL("../..", import.meta.url).pathname;

export default defineConfig({
  root,
  test: {
    projects: [
      {
        plugins: [overlayPlugin()],
        test: {
          name: "node",
          root,
          include: [
            "test/segments/{budget,slots}.test.ts",
            "test/unit/{store,sqlite,local}/**/*.test.ts",
            "test/unit/conformance/sqlite.test.ts",
            "test/model/*.test.ts",
          ],
        },
      },
      {
        plugins: [
          overlayPlugin(),
          cloudflareTest({
            wrangler: { configPath: `${root}/wrangler.toml` },
            miniflare: { bindings: { PRINIA_AUTH: "off", FUZZ: process.env.PRINIA_FUZZ ?? "", HOSTILE: "" } },
          }),
        ],
        test: { name: "worker", root, include: ["test/worker/**/*.test.ts"] },
      },
    ],
  },
});
