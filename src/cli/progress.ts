/** A bar for work that takes a while. */

import cliProgress from "cli-progress";
import type { Terminal } from "./terminal.ts";

export interface Progress {
  /** So much is done by now. */
  to(done: number): void;
  end(): void;
}

const NONE: Progress = { to: () => undefined, end: () => undefined };

/** On the standard error, and only where people look. */
export function progressOf(terminal: Terminal, total: number, verb: string): Progress {
  if (!terminal.isTTY || !terminal.canAsk || total === 0) return NONE;
  const bar = new cliProgress.SingleBar(
    { format: `${verb} {bar} {percentage} %  {value} of {total}  {eta_formatted} left`, hideCursor: true },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0);
  return { to: (done) => bar.update(Math.min(done, total)), end: () => bar.stop() };
}
