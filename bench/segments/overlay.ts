/**
 * Puts the modules of this folder in the place of those of the same path under the project: whoever imports
 * `src/store/rows.ts` gets `bench/segments/store/rows.ts`, but for the modules of this folder themselves. So the whole of
 * Prinia, and every suite, runs on segments without a line of it being changed.
 */

import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = resolve(HERE, "../..");

/** Which folders of the project have their like here. */
const ROOMS: Readonly<Record<string, string>> = {
  "src/store": join(HERE, "store"),
  "test/support": join(HERE, "support"),
  "test/model/oracle": join(HERE, "oracle"),
};

/**
 * @param specifier as it stands in the import
 * @param importer the path of the module that it stands in
 * @returns the path of the module to take instead, or `null`
 */
export function overlaid(specifier: string, importer: string): string | null {
  const from = dirname(importer);
  if (!specifier.startsWith(".") || Object.values(ROOMS).includes(from)) return null;
  const path = relative(ROOT, resolve(from, specifier));
  const room = ROOMS[dirname(path)];
  if (room === undefined) return null;
  const instead = join(room, path.slice(dirname(path).length + 1));
  return existsSync(instead) ? instead : null;
}

/** For vite, and so for vitest. */
export const overlayPlugin = () => ({
  name: "segments",
  enforce: "pre" as const,
  resolveId: (specifier: string, importer: string | undefined): string | null =>
    importer === undefined ? null : overlaid(specifier, importer.replace(/[?#].*$/, "")),
});

/** For bundles. */
export const esbuildOverlay: Plugin = {
  name: "segments",
  setup(build) {
    build.onResolve({ filter: /^\./ }, ({ path, importer }) => {
      const instead = overlaid(path, importer);
      return instead === null ? null : { path: instead };
    });
  },
};
