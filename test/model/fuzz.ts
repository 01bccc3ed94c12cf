/** The model test for as long as one likes, in this process: what `npm run fuzz` and other tools call. */

import { LocalSystem } from "./local.ts";
import { run } from "./run.ts";

interface FuzzOptions {
  /** For how long. */
  readonly seconds: number;
  /** The first seed; each batch of runs takes the next. */
  readonly seed: number;
  /** Is told a line now and then, and of each violation at once. */
  readonly report: (line: string) => void;
  /** On SQLite and in memory by turns, unless one of them is named. */
  readonly driver?: LocalDriver | undefined;
}

export type LocalDriver = "sqlite" | "memory";

interface FuzzViolation {
  readonly driver: string;
  readonly seed: number;
  /** The shortest sequence found, and what the system did wrong at its end. */
  readonly detail: string;
  /** The command that plays it again. */
  readonly replay: string;
}

export interface FuzzResult {
  /** Steps taken, over all runs. */
  readonly operations: number;
  readonly runs: number;
  readonly violations: readonly FuzzViolation[];
}

export const openLocal = (driver: LocalDriver) => async () => new LocalSystem(driver);

/** Lives are longer here than in the tests, and each tenth batch has more tasks than one claim looks at in place. */
export const LONG_LIVES = { runs: 50, steps: 80, burst: 0 } as const;
const CROWDED_LIVES = { runs: 10, steps: 40, burst: 120 } as const;
const REPORT_MS = 10_000;
const MOST_VIOLATIONS = 3;

/** Plays random lives of queues until the time is over, or three violations were found. */
export async function fuzz({ seconds, seed, report, driver }: FuzzOptions): Promise<FuzzResult> {
  const end = Date.now() + seconds * 1_000;
  const violations: FuzzViolation[] = [];
  let [runs, operations, toldAt] = [0, 0, Date.now()];
  for (let batch = 0; Date.now() < end && violations.length < MOST_VIOLATIONS; batch++) {
    const of = driver ?? (batch % 3 === 2 ? "memory" : "sqlite");
    const lives = batch % 10 === 9 ? CROWDED_LIVES : LONG_LIVES;
    const withinMs = Math.max(1, end - Date.now());
    const done = await run({ driver: of, open: openLocal(of), seed: seed + batch, ...lives, withinMs });
    runs += done.runs;
    operations += done.operations;
    if (done.failure) {
      violations.push({ driver: of, ...done.failure });
      report(`${of}: ${done.failure.detail}\n${done.failure.replay}`);
    }
    if (Date.now() - toldAt < REPORT_MS) continue;
    toldAt = Date.now();
    report(`model: ${runs} runs, ${operations} steps, ${violations.length} violations`);
  }
  return { operations, runs, violations };
}
