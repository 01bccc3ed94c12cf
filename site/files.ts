/** The files that the site is made of, and where they are. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the checkout, with a slash at the end. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A file of the checkout, by its path from the root. */
export const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Pages by their path in the site, such as `design/rows.md`. */
export type Pages = Map<string, string>;
