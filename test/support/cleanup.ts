/** What tests leave behind is removed after the file that left it. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const pending: (() => void | Promise<void>)[] = [];

/** Runs `undo` once all tests of the importing file are over; the last one registered runs first. */
export function cleanUp(undo: () => void | Promise<void>): void {
  pending.push(undo);
}

/** An empty folder that is removed after the tests. */
export function temporaryFolder(parent = tmpdir()): string {
  const path = mkdtempSync(join(parent, "prinia-"));
  cleanUp(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** Removes it now: for a program, in which no test will be over. */
export async function cleanedUp(): Promise<void> {
  for (const undo of pending.splice(0).reverse()) await undo();
}

if (process.env.VITEST) afterAll(cleanedUp);
