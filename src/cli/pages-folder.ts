/** Where the pages are once they are built: the folder that wrangler.toml names under `assets`. */

import { fileURLToPath } from "node:url";

export const PAGES_FOLDER = fileURLToPath(new URL("../../build/pages", import.meta.url));

/** Each is a folder of its own, named as its address is. */
export const PAGES = ["board", "docs"] as const;
