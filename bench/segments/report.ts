/** Plays scenes on both layouts by turns, and tells the medians. */

import { type Figure, SCENES, type Scene } from "./scenes.ts";

/** Plays a scene on a queue of its own. */
export type Stage = (scene: Scene) => Promise<Figure[]>;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

interface Told {
  readonly phase: string;
  /** A task. */
  readonly rows: number;
  readonly bytes: number;
  readonly micros: number;
}

/** Rows are the same each time; of times and bytes the median is told. */
function told(plays: readonly (readonly Figure[])[]): Told[] {
  return (plays[0] ?? []).map(({ phase, rows, tasks }, i) => {
    const of = (value: (figure: Figure) => number) => median(plays.map((play) => (play[i] ? value(play[i]) : 0)));
    const [bytes, ms] = [of((figure) => figure.bytes), of((figure) => figure.ms)];
    return { phase, rows: rows / tasks, bytes: bytes / tasks, micros: (ms * 1_000) / tasks };
  });
}

/**
 * @param only scenes whose name has this in it; all, when it is left out
 * @param times how often each scene is played
 */
export async function play(rows: Stage, segments: Stage, only: string | undefined, times: number): Promise<void> {
  for (const scene of SCENES) {
    if (only !== undefined && !scene.name.includes(only)) continue;
    const plays: Record<"rows" | "segments", Figure[][]> = { rows: [], segments: [] };
    for (let time = 0; time < times; time++) {
      plays.rows.push(await rows(scene));
      plays.segments.push(await segments(scene));
    }
    tell(scene.name, told(plays.rows), told(plays.segments));
  }
}

function tell(name: string, rows: readonly Told[], segments: readonly Told[]): void {
  console.log(`\n${name}`);
  console.table(
    rows.map((row, i) => {
      const segment = segments[i] ?? row;
      return {
        phase: row.phase,
        "rows/task": round(row.rows, 3),
        "in segments": round(segment.rows, 4),
        "bytes/task": round(row.bytes, 0),
        "in segments ": round(segment.bytes, 0),
        "µs/task": round(row.micros, 1),
        "in segments  ": round(segment.micros, 1),
        ratio: round(segment.micros / row.micros, 2),
      };
    }),
  );
}
