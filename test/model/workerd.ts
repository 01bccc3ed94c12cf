/** Has the same lives played inside workerd: a test of the worker project does it, for as long as it is told to. */

import { spawn } from "node:child_process";
import { join } from "node:path";
import type { FuzzResult } from "./fuzz.ts";
import type { WorkerdOrder } from "./order.ts";

const root = join(import.meta.dirname, "../..");

/**
 * @param report is told of each violation
 * @throws when the test ended without a result
 */
export async function fuzzWorkerd(order: WorkerdOrder, report: (line: string) => void): Promise<FuzzResult> {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const child = spawn(process.execPath, [vitest, "run", "--project", "worker", "test/worker/model/fuzz.test.ts"], {
    cwd: root,
    env: { ...process.env, PRINIA_FUZZ: JSON.stringify(order) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  await new Promise<void>((resolve, reject) => child.on("error", reject).on("close", () => resolve()));
  const told = /FUZZ (\{.*\})$/m.exec(output)?.[1];
  if (told === undefined) throw new Error(`the test inside workerd gave no result:\n${output}`);
  const result = JSON.parse(told) as FuzzResult;
  for (const { driver, detail, replay } of result.violations) report(`${driver}: ${detail}\n${replay}`);
  return result;
}
