/** The conformance suite of the store: every adapter of its port passes it. */

import { describe, test } from "vitest";
import type { SqlDriver } from "../../../src/store/driver.ts";
import { StoreBench, type StoreCases } from "../../support/store.ts";
import { bulkCases } from "./bulk.ts";
import { claimCases } from "./claim.ts";
import { deliveryCases } from "./delivery.ts";
import { eventCases } from "./events.ts";
import { feedCases } from "./feed.ts";
import { fencingCases } from "./fencing.ts";
import { fuzzCases } from "./fuzz.ts";
import { historyCases } from "./history.ts";
import { keyCases } from "./keys.ts";
import { listCases } from "./list.ts";
import { livenessCases } from "./liveness.ts";
import { longCases } from "./long.ts";
import { numberCases } from "./numbers.ts";
import { planCases } from "./plans.ts";
import { pushCases } from "./push.ts";
import { recordCases } from "./records.ts";
import { ruleCases } from "./rules.ts";
import { runCases } from "./runs.ts";
import { scheduleCases } from "./schedules.ts";
import { schemaCases } from "./schema.ts";
import { sweepCases } from "./sweep.ts";
import { taskCases } from "./tasks.ts";
import { textCases } from "./texts.ts";
import { updateCases } from "./update.ts";
import { vacuumCases } from "./vacuum.ts";
import { workerCases } from "./workers.ts";

const AREAS: Readonly<Record<string, StoreCases>> = {
  push: pushCases,
  "idempotency keys": keyCases,
  delivery: deliveryCases,
  claim: claimCases,
  "rules and rows": ruleCases,
  events: eventCases,
  fencing: fencingCases,
  runs: runCases,
  "one by id": taskCases,
  update: updateCases,
  bulk: bulkCases,
  workers: workerCases,
  sweep: sweepCases,
  liveness: livenessCases,
  numbers: numberCases,
  history: historyCases,
  feed: feedCases,
  records: recordCases,
  texts: textCases,
  tables: schemaCases,
  plans: planCases,
  "whole lives": fuzzCases,
  list: listCases,
  schedules: scheduleCases,
  vacuum: vacuumCases,
  "long work": longCases,
};

/** Lends an empty database for the time that `body` runs. */
export type LendDatabase = (body: (sql: SqlDriver) => void) => Promise<void>;

/**
 * Registers the suite.
 *
 * @param without names of cases to be left out
 */
export function storeConformance(lend: LendDatabase, without: readonly string[] = []): void {
  const names = Object.values(AREAS).flatMap((cases) => Object.keys(cases));
  for (const name of without) if (!names.includes(name)) throw new Error(`the suite has no case "${name}"`);
  for (const [area, cases] of Object.entries(AREAS)) {
    describe(area, () => {
      for (const [name, body] of Object.entries(cases)) {
        if (!without.includes(name)) test(name, { timeout: 30_000 }, () => lend((sql) => body(new StoreBench(sql))));
      }
    });
  }
}
