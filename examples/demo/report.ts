/** What the demo shows: a bar while it runs, a table at its end. */

import cliProgress from "cli-progress";

/** Progress where nobody looks at a terminal is told in so many lines. */
const QUARTERS = 4;

export interface Progress {
  step(): void;
  end(): void;
}

/** A bar that moves on a terminal; a line per quarter elsewhere. */
export function progressOf(total: number): Progress {
  return process.stdout.isTTY ? barOf(total) : linesOf(total);
}

function barOf(total: number): Progress {
  const format = "{bar} {percentage} %  {value} of {total} tasks  {eta_formatted} left";
  const bar = new cliProgress.SingleBar(
    { format, hideCursor: true, etaBuffer: 500 },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0);
  return { step: () => bar.increment(), end: () => bar.stop() };
}

function linesOf(total: number): Progress {
  let done = 0;
  return {
    step: () => {
      done++;
      const quarter = (QUARTERS * done) / total;
      const before = (QUARTERS * (done - 1)) / total;
      if (Math.floor(quarter) > Math.floor(before)) console.log(`${done} of ${total} tasks have their result`);
    },
    end: () => undefined,
  };
}

/** Prints rows, aligned. */
export function printTable(rows: readonly (readonly [name: string, value: string])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  console.log();
  for (const [name, value] of rows) console.log(`  ${name.padEnd(width)}  ${value}`);
  console.log();
}

/** "p50 12 ms, p99 40 ms" */
export function percentiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => Math.round(sorted[Math.ceil(sorted.length * part) - 1] ?? 0);
  return `p50 ${whole(at(0.5))} ms, p99 ${whole(at(0.99))} ms`;
}

/** A number with its thousands apart, the same on every machine. */
export const whole = (value: number): string => Math.round(value).toLocaleString("en");
