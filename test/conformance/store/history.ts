/** Cases of the store: the history of a queue, and what noting it costs. */

import { expect } from "vitest";
import { seriesOf } from "../../../src/store/history.ts";
import { loadTally, saveTally } from "../../../src/store/tally.ts";
import { reschedule } from "../../../src/store/tasks.ts";
import { START, type StoreBench, type StoreCases } from "../../support/store.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FIRST = START - (START % MINUTE);

const minutesOf = (bench: StoreBench) => seriesOf(bench.tx()).minutes;

/** Rows that the history cost while `work` ran. */
function turnedBy(bench: StoreBench, commits: readonly (() => unknown)[]): number {
  return commits.reduce((rows, commit) => {
    commit();
    return rows + bench.turned;
  }, 0);
}

export const historyCases: StoreCases = {
  "the first commits of a queue write no row for the history, and it is there all the same": (bench) => {
    expect(seriesOf(bench.tx())).toEqual({ minutes: [], hours: [] });
    const commits = [() => bench.push({}, {}), () => bench.push({ delayMs: 9 }), () => bench.claim(bench.worker(), 1)];
    expect(turnedBy(bench, commits)).toBe(0);
    const { minutes, hours } = seriesOf(bench.tx());
    expect(minutes).toMatchObject([{ at: FIRST, pushed: 3, done: 0, waits: [[0, 1]], waiting: 2, nextAt: START }]);
    expect(hours).toMatchObject([{ at: START - (START % HOUR), pushed: 3 }]);
  },

  "a minute with many commits costs one row, written by the first commit after it": (bench) => {
    const session = bench.worker();
    const commits = Array.from({ length: 20 }, () => () => bench.push({}));
    expect(turnedBy(bench, commits)).toBe(0);
    for (let round = 1; round <= 3; round++) {
      bench.now += MINUTE;
      expect(turnedBy(bench, [...commits, () => bench.claim(session, 5)])).toBe(1);
      expect(bench.sql.all("SELECT name FROM state WHERE name = 'history'")).toHaveLength(1);
    }
    expect(minutesOf(bench).map(({ at, pushed }) => [at, pushed])).toEqual(
      [0, 1, 2, 3].map((round) => [FIRST + round * MINUTE, 20]),
    );
  },

  "hours go by without a commit and cost nothing; what stood all the while is known to the end": (bench) => {
    bench.push({}, { delayMs: 2 * HOUR });
    bench.now += 5 * HOUR;
    const waited = { pushed: 2, waiting: 2, nextAt: START };
    expect(minutesOf(bench)).toMatchObject([{ at: FIRST, ...waited }]);
    const session = bench.worker();
    expect(bench.turned).toBe(1);
    expect(turnedBy(bench, [() => bench.claim(session, 1), () => bench.claim(session, 1)])).toBe(0);
    expect(minutesOf(bench)).toMatchObject([
      { at: FIRST, ...waited },
      { at: FIRST + 5 * HOUR, pushed: 0, waiting: 0, nextAt: null },
    ]);
  },

  "a minute of which no chart would show anything leaves no point, and costs nothing": (bench) => {
    bench.push({});
    for (const name of ["a", "b", "c"]) {
      bench.now += MINUTE;
      bench.worker(name);
      expect(bench.turned).toBe(name === "a" ? 1 : 0);
    }
    bench.now += MINUTE;
    bench.push({});
    expect(bench.turned).toBe(0);
    expect(minutesOf(bench).map(({ at }) => at)).toEqual([FIRST, FIRST + 4 * MINUTE]);
  },

  "a task that is put off changes how the queue stands, though nothing is counted": (bench) => {
    const id = bench.pushOne();
    bench.now += MINUTE;
    bench.commit((tx) => reschedule(tx, id, START + 9 * HOUR));
    bench.now += MINUTE;
    bench.worker();
    expect(minutesOf(bench)).toMatchObject([
      { nextAt: START },
      { at: FIRST + MINUTE, pushed: 0, waiting: 1, nextAt: START + 9 * HOUR },
    ]);
  },

  "what a commit drains still stood at the end of the minute before": (bench) => {
    const session = bench.worker();
    bench.push({ priority: 1, runAt: START - 50 }, {});
    bench.now += MINUTE;
    bench.claim(session, 2);
    expect(minutesOf(bench)).toMatchObject([
      { waiting: 2, nextAt: START - 50 },
      { waiting: 0, nextAt: null, waits: [[16, 2]] },
    ]);
  },

  "a clock that goes back has the minute go on": (bench) => {
    bench.push({});
    bench.now -= 3 * HOUR;
    expect(turnedBy(bench, [() => bench.push({}), () => bench.push({})])).toBe(0);
    expect(minutesOf(bench)).toMatchObject([{ at: FIRST, pushed: 3 }]);
    bench.now = START + MINUTE;
    bench.push({});
    expect(minutesOf(bench).map(({ at, pushed }) => [at, pushed])).toEqual([
      [FIRST, 3],
      [FIRST + MINUTE, 1],
    ]);
  },

  "all of it is in the rows: nothing is lost with the memory, nor by a commit that fails": (bench) => {
    bench.push({});
    bench.now += MINUTE;
    const fail = () =>
      bench.commit((tx) => {
        tx.sql.all("UPDATE task SET random = 1");
        throw new Error("undone");
      });
    expect(fail).toThrow("undone");
    bench.tally = loadTally(bench.sql);
    bench.push({}, {});
    expect(bench.turned).toBe(1);
    bench.tally = loadTally(bench.sql);
    expect(minutesOf(bench).map(({ at, pushed }) => [at, pushed])).toEqual([
      [FIRST, 1],
      [FIRST + MINUTE, 2],
    ]);
  },

  "a queue that is older than its history begins with what it does from now on": (bench) => {
    bench.push({}, {}, {});
    const { minute: _, ...older } = bench.tally;
    saveTally(bench.sql, older as typeof bench.tally);
    bench.tally = loadTally(bench.sql);
    expect(minutesOf(bench)).toEqual([]);
    bench.push({});
    expect(bench.turned).toBe(1);
    expect(minutesOf(bench)).toMatchObject([{ at: FIRST, pushed: 1, waiting: 4 }]);
  },
};
