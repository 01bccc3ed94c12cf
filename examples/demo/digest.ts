/** What is found out about a file, by the workers and, for a sample, by the demo itself. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

export interface Digest {
  readonly sha256: string;
  readonly bytes: number;
  readonly lines: number;
  readonly words: number;
  /** The most frequent identifiers, at most five, and how often each occurs. */
  readonly identifiers: readonly (readonly [name: string, count: number])[];
}

const MOST_FREQUENT = 5;

/** Reads a file. Rejects as `readFile` does, with ENOENT or EISDIR. */
export async function digestFile(path: string): Promise<Digest> {
  const content = await readFile(path);
  const text = content.toString("utf8");
  return {
    sha256: createHash("sha256").update(content).digest("hex"),
    bytes: content.byteLength,
    lines: (text.match(/\n/g)?.length ?? 0) + (text === "" || text.endsWith("\n") ? 0 : 1),
    words: text.match(/\S+/g)?.length ?? 0,
    identifiers: mostFrequent(text.match(/[A-Za-z_$][\w$]*/g) ?? []),
  };
}

function mostFrequent(names: readonly string[]): Digest["identifiers"] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, MOST_FREQUENT);
}
