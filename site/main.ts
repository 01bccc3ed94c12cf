/** `npm run site`: builds the site of the documentation into build/site. `npm run site:dev` serves it, and follows changes. */

import { watch } from "node:fs";
import { join } from "node:path";
import { build, createServer } from "vitepress";
import { ROOT } from "./files.ts";
import { writePages } from "./prepare.ts";

const PAGES = join(ROOT, "build/site-pages");
const OUT = join(ROOT, "build/site");

writePages(PAGES);
if (process.argv.includes("--dev")) {
  const server = await createServer(PAGES, { host: "127.0.0.1" });
  await server.listen();
  server.printUrls();
  for (const folder of ["docs", "examples"]) {
    watch(join(ROOT, folder), { recursive: true }, () => writePages(PAGES));
  }
} else {
  await build(PAGES, { outDir: OUT });
}
