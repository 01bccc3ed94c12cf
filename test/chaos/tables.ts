/** The tables that run inside workerd, where an object can be put to sleep and its storage made to fail. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../support/cleanup.ts";
import { ROOT, runNode } from "../support/processes.ts";
import type { Row } from "./report.ts";

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message?: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Runs them once. */
export async function tables(): Promise<Row> {
  const file = join(temporaryFolder(), "report.json");
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const reporter = ["--reporter=json", `--outputFile=${file}`];
  // This process may be a test's itself.
  const env = { VITEST: undefined, CI: undefined, NODE_ENV: "test" };
  const command = runNode([vitest, "run", "--project", "worker", "test/worker/chaos", ...reporter], env);
  await command.exited;
  const { testResults } = JSON.parse(readFileSync(file, "utf8")) as Report;
  const faults = new Map(testResults.map((one) => [topicOf(one.name), one.assertionResults.length]));
  const failed = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === "failed"),
  );
  const broken = testResults.filter((one) => one.status === "failed" && one.assertionResults.length === 0);
  const details = [
    ...failed.map(({ fullName }) => fullName),
    ...broken.map(({ name, message }) => `${name}: ${message}`),
  ];
  const operations = [...faults.values()].reduce((sum, count) => sum + count, 0);
  return {
    ...{ part: "inside workerd", operations, faults, lost: 0, doubled: 0, unexplained: 0 },
    ...{ violations: details.length, recoveries: [], details },
  };
}

/** `…/storage.test.ts` is of storage. */
const topicOf = (path: string): string => /([^/]+)\.test\.ts$/.exec(path)?.[1] ?? path;
