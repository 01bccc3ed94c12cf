/** Who had the processor: this program and what it started, as Linux counts. */

import { readdirSync, readFileSync } from "node:fs";

/** Hundredths of a second, of which Linux counts processor time. */
const TICKS_PER_SECOND = 100;

/** Processor time so far, in seconds, by the name of the program. */
export function processorTimes(): Map<string, number> {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => statOf(Number(pid)));
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const times = new Map<string, number>();
  for (const { pid, name, seconds } of all) {
    if (isOurs(pid, parents)) times.set(name, (times.get(name) ?? 0) + seconds);
  }
  return times;
}

function isOurs(pid: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = pid; at !== undefined; at = parents.get(at)) if (at === process.pid) return true;
  return false;
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly seconds: number;
}

function statOf(pid: number): Stat[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name stands in brackets and may hold any of them: the fields are counted from behind it.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const name =
      pid === process.pid ? "workers (this program)" : text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
    const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    return [{ pid, parent: Number(fields[1]), name, seconds }];
  } catch {
    // It ended meanwhile.
    return [];
  }
}
