/** What each verb of the store reads, and how long it takes, behind a backlog of a given size. */

import { queueView, statsView } from "../../src/store/info.ts";
import { list } from "../../src/store/list.ts";
import type { FullRow } from "../../src/store/rows.ts";
import { sweep } from "../../src/store/sweep.ts";
import { vacuumSlice } from "../../src/store/vacuum.ts";
import { type CountingDriver, countingDriver, type Storage } from "./counting.ts";
import { Ledger } from "./ledger.ts";
import type { Mix, VerbCost } from "./verb-cost.ts";

const FILL_BATCH = 1000;
/** Finished before all that waits: what a vacuum finds first. */
const FINISHED = 10_000;
const BATCH = 100;

/**
 * Fills an empty object, and asks each verb of it.
 *
 * @param waiting how many tasks stand in the backlog, a multiple of 1,000
 * @param calls how often each verb is called
 */
export function growthOf(storage: Storage, waiting: number, mix: Mix, calls: number): VerbCost[] {
  const driver = countingDriver(storage);
  const ledger = new Ledger(driver);
  finishSome(ledger);
  for (let pushed = 0; pushed < waiting; pushed += FILL_BATCH) fill(ledger, mix, pushed);
  return [...verbsOf(ledger)].map(([verb, call]) => measured(driver, verb, call, calls));
}

function finishSome(ledger: Ledger): void {
  for (let finished = 0; finished < FINISHED; finished += FILL_BATCH) {
    ledger.commit((tx) => ledger.push(tx, FILL_BATCH));
    const rows = ledger.commit((tx) => ledger.claim(tx, FILL_BATCH));
    ledger.commit((tx) => ledger.ack(tx, rows));
  }
}

function fill(ledger: Ledger, mix: Mix, pushed: number): void {
  const priority = mix === "plain" ? 0 : (pushed / FILL_BATCH) % 5;
  ledger.commit((tx) => ledger.push(tx, FILL_BATCH, { priority }));
}

/** Each in the size that it is called with. Those that change nothing come first: they find the backlog as it was made. */
function verbsOf(ledger: Ledger): Map<string, () => unknown> {
  let held: FullRow[] = [];
  const claim = (count: number) => {
    held = ledger.commit((tx) => ledger.claim(tx, count));
  };
  const ack = () => ledger.commit((tx) => ledger.ack(tx, held.splice(0, BATCH)));
  return new Map<string, () => unknown>([
    ["list, newest first", () => list(ledger.tx(), {})],
    ["list, oldest first", () => list(ledger.tx(), { order: "oldest" })],
    ["list by status", () => list(ledger.tx(), { status: "Pending" })],
    // Its bisection reads a row more for each doubling; the page outweighs that.
    ["list by time", () => list(ledger.tx(), { after: ledger.tx().now - 600_000 })],
    ["counters", () => queueView(ledger.tx())],
    ["stats", () => statsView(ledger.tx())],
    ["push 1", () => ledger.commit((tx) => ledger.push(tx, 1))],
    [`push ${BATCH}`, () => ledger.commit((tx) => ledger.push(tx, BATCH))],
    ["claim 1 and ack it", () => [claim(1), ack()]],
    [`claim ${BATCH} and ack them`, () => [claim(BATCH), ack()]],
    [`claim ${BATCH}, list what is leased, and ack them`, () => [claim(BATCH), leased(ledger), ack()]],
    ["sweep", () => ledger.commit((tx) => sweep(tx))],
    [`vacuum ${BATCH}`, () => ledger.commit((tx) => vacuumSlice(tx, { olderThanMs: 0 }, 0, BATCH))],
  ]);
}

const leased = (ledger: Ledger) => (["Queued", "Running"] as const).map((status) => list(ledger.tx(), { status }));

function measured(driver: CountingDriver, verb: string, call: () => unknown, calls: number): VerbCost {
  const before = driver.rowsRead;
  const begun = performance.now();
  for (let i = 0; i < calls; i++) call();
  const ms = (performance.now() - begun) / calls;
  return { verb, rowsRead: (driver.rowsRead - before) / calls, ms };
}
