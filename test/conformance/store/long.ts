/** Cases of the store: work that takes several slices, and several calls. */

import { expect } from "vitest";
import { MAX_SCANNED } from "../../../src/limits.ts";
import { type LongWork, purge, vacuum } from "../../../src/store/long.ts";
import { cancel } from "../../../src/store/tasks.ts";
import type { VacuumOrder } from "../../../src/store/vacuum.ts";
import type { StoreBench, StoreCases } from "../../support/store.ts";

/** Runs work, each slice in a transaction of its own. */
function inTurns<R>(bench: StoreBench, work: LongWork<R>): R {
  let turn = work.next();
  while (!turn.done) {
    const slice = turn.value;
    turn = work.next(bench.commit((tx) => slice(tx)));
  }
  return turn.value;
}

/** So many waiting tasks, and a few that are Killed behind them. */
function field(bench: StoreBench, waiting: number, killed: number): string[] {
  for (let left = waiting; left > 0; left -= 1000)
    bench.push(...Array.from({ length: Math.min(left, 1000) }, () => ({})));
  const ids = Array.from({ length: killed }, () => bench.pushOne());
  for (const id of ids) bench.commit((tx) => cancel(tx, id));
  return ids;
}

const ALL: VacuumOrder = { olderThanMs: 0 };
const call = (bench: StoreBench, order: VacuumOrder & { limit?: number }, slices = 1) =>
  inTurns(bench, vacuum(order, bench.tally, slices));

export const longCases: StoreCases = {
  "a vacuum that runs out of its slices goes on where it stopped, and ends though most rows stay": (bench) => {
    field(bench, MAX_SCANNED + 10, 3);
    expect(call(bench, ALL)).toEqual({ vacuumed: 0, more: true });
    expect(call(bench, ALL)).toEqual({ vacuumed: 3, more: false });
    expect(call(bench, ALL)).toEqual({ vacuumed: 0, more: true });
    expect(call(bench, ALL)).toEqual({ vacuumed: 0, more: false });
  },

  "a vacuum of another order does not begin where the one before it stopped": (bench) => {
    const early = field(bench, 0, 2);
    field(bench, MAX_SCANNED + 10, 1);
    expect(call(bench, { olderThanMs: 0, status: "Done" })).toEqual({ vacuumed: 0, more: true });
    expect(bench.touching(early, () => call(bench, ALL))).toEqual({ vacuumed: 2, more: true });
    expect(call(bench, ALL)).toEqual({ vacuumed: 1, more: false });
  },

  "a vacuum with enough slices is done at once, and says whether its limit left something": (bench) => {
    field(bench, MAX_SCANNED + 10, 3);
    expect(call(bench, { ...ALL, limit: 2 }, 9)).toEqual({ vacuumed: 2, more: true });
    expect(call(bench, { ...ALL, limit: 1 }, 9)).toEqual({ vacuumed: 1, more: false });
  },

  "a purge that runs out of its slices says so, and the next goes on": (bench) => {
    field(bench, 1_500, 0);
    const session = bench.worker();
    const [held] = bench.claim(session);
    expect(inTurns(bench, purge(1))).toEqual({ purged: 1000, more: true });
    expect(inTurns(bench, purge(1))).toEqual({ purged: 499, more: false });
    expect(bench.view(bench.idOf(held)).status).toBe("Queued");
  },
};
