/** `npx vitest run --config bench/segments/vitest.config.ts`: the project's own suites, on segments. */

import { defineConfig } from "vitest/config";
import { overlayPlugin } from "./overlay.ts";

export default defineConfig({
  plugins: [overlayPlugin()],
  root: new URL("../..", import.meta.url).pathname,
  test: { include: ["bench/segments/test/*.test.ts"] },
});
