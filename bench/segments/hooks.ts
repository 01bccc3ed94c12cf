/**
 * For Node: what is imported with `?segments` behind its path is loaded once more, with all that it imports, on segments.
 * `node --import ./bench/segments/hooks.ts program.ts` runs a program so when SEGMENTS=1.
 */

import { registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { overlaid, ROOT } from "./overlay.ts";

const MARK = "?segments";
const everything = process.env.SEGMENTS === "1";

registerHooks({
  resolve(specifier, context, next) {
    const parent = context.parentURL ?? "";
    const marked = parent.endsWith(MARK);
    if (!parent.startsWith("file:") || !(marked || everything)) return next(specifier, context);
    const importer = fileURLToPath(parent.replace(MARK, ""));
    const instead = overlaid(specifier, importer);
    const found =
      instead === null ? next(specifier, context) : { url: pathToFileURL(instead).href, shortCircuit: true };
    const ours = found.url.startsWith(pathToFileURL(ROOT).href) && !found.url.includes("/node_modules/");
    return marked && ours ? { ...found, url: `${found.url}${MARK}` } : found;
  },
});
